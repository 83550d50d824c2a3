"""tablectl with a configuration directory of its own, where there is a server and where there is none."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.answered import Answered, answered_runner
from tests.cli.running import PROGRAM, Run, runner
from tests.cli.terminal import Terminal
from tests.engines import EngineUnavailable, dynalite
from tests.engines.fixtures import unavailable
from tests.server_process import ServerProcess, clean_environment, running_server


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing is configured and nothing listens at the default address."""
    return clean_environment(
        XDG_CONFIG_HOME=str(tmp_path), HOME=str(tmp_path), TABLEADMIN_SERVER="127.0.0.1:1"
    )


@pytest.fixture
def served(environment: dict[str, str], embedded_server: ServerProcess) -> dict[str, str]:
    """That environment with a server on the embedded engine as its default."""
    return {**environment, "TABLEADMIN_SERVER": embedded_server.address}


@pytest.fixture
def offline(environment: dict[str, str]) -> Run:
    """Run tablectl where there is no server."""
    return runner(environment)


@pytest.fixture
def tablectl(served: dict[str, str]) -> Run:
    """Run tablectl against the embedded engine."""
    return runner(served)


@pytest.fixture
def answered(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Answered:
    """Run tablectl against a service that answers what the test says."""
    monkeypatch.setattr(os, "environ", environment)
    return answered_runner(capsys, monkeypatch)


@pytest.fixture
def table(tablectl: Run, table_name: str) -> Iterator[str]:
    """A table on the embedded engine: hash key Artist, range key SongTitle, 5/5 provisioned."""
    create = ["--hash-key", "Artist:S", "--range-key", "SongTitle:S", "--read", "5", "--write", "5", "--wait"]
    assert tablectl("table", "create", table_name, *create).returncode == 0
    yield table_name
    tablectl("table", "update", table_name, "--no-deletion-protection")
    tablectl("table", "delete", table_name, "--yes")


@pytest.fixture
def terminal(served: dict[str, str]) -> Callable[..., Terminal]:
    """Run tablectl on a terminal: `terminal(*arguments, columns=80)`."""
    return lambda *arguments, columns=80, **extra: Terminal(
        [str(PROGRAM), *arguments], {**served, **extra}, columns
    )


@pytest.fixture(scope="session")
def slow_server() -> Iterator[ServerProcess]:
    """A server in front of dynalite, whose tables take some seconds to change."""
    with ExitStack() as running:
        try:
            engine = running.enter_context(
                dynalite(create_table_ms=3000, update_table_ms=3000, delete_table_ms=3000)
            )
        except EngineUnavailable as error:
            unavailable(error)
        yield running.enter_context(running_server("--endpoint-url", engine.url, "--region", "us-west-2"))


@pytest.fixture
def slow(environment: dict[str, str], slow_server: ServerProcess) -> dict[str, str]:
    """The environment of a user of that server."""
    return {**environment, "TABLEADMIN_SERVER": slow_server.address}
