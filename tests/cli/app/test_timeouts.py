"""Every command ends within its timeout, and says who did not respond."""

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Run, process_runner, runner
from tests.server.conftest import write_config
from tests.server_process import running_server

_TIMEOUT = 2.0
# The second after the timeout, and the start of a process on a machine that is busy.
_MARGIN = 1.0 + 4.0


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """An address that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def server(silent: str, tmp_path: Path) -> Iterator[str]:
    """A server with an endpoint that is silent, and one where nothing listens; it has called neither yet."""
    shared = {"region": "us-west-2", "max_attempts": 1}
    endpoints = {
        "silent": {"endpoint_url": f"http://{silent}", **shared},
        "nowhere": {"endpoint_url": "http://127.0.0.1:9", **shared},
    }
    config = write_config(tmp_path / "c.toml", endpoints, default_endpoint="silent")
    with running_server("--config", str(config)) as process:
        yield process.address


@pytest.fixture
def run(environment: dict[str, str], server: str) -> Run:
    """Run tablectl against that server."""
    settings = {**environment, "TABLEADMIN_SERVER": server, "TABLEADMIN_TIMEOUT": f"{_TIMEOUT}s"}
    # A watch looks at the file behind its standard output.
    return lambda *arguments: (process_runner if "watch" in arguments else runner)(settings)(*arguments)


SILENT = "the endpoint 'silent' did not respond before the deadline of the call"
STALLED = "no answer within 2 s: the endpoint 'silent' does not respond"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["table", "list"], f"ListTables: {SILENT}"),
        (["table", "delete", "Music", "--yes"], f"DeleteTable: {SILENT}; a change may have been made"),
        (["operation", "list"], f"ListOperations: {SILENT}"),
        (["operation", "cancel", "id"], f"CancelOperation: {SILENT}; a change may have been made"),
        (["operation", "forget", "id", "--yes"], f"ForgetOperation: {SILENT}; a change may have been made"),
        (["table", "list", "--wide"], STALLED),
        (["watch", "Music"], STALLED),
        (["export", "Music"], STALLED),
        (["wait", "Music", "--for", "table-active", "--timeout", "2s"], "the endpoint has not responded"),
        (["table", "list", "--wide", "--endpoint", "nowhere"], "ListTables: the endpoint cannot be reached"),
        (
            ["wait", "Music", "--for", "table-active", "--timeout", "2s", "--endpoint", "nowhere"],
            "no state has been read yet; DescribeTable: the endpoint ('nowhere' )?cannot be reached",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_endpoints_are_blamed(run: Run, arguments: list[str], reason: str) -> None:
    """Where the endpoint is silent or not there, the command says so, in time."""
    began = time.monotonic()
    ran = run(*arguments)
    assert (1, "") == (ran.returncode, ran.stdout)
    assert re.search(reason, ran.stderr)
    assert time.monotonic() - began < _TIMEOUT + _MARGIN


@pytest.mark.parametrize("scope", ["Music", "--all"])
def test_a_watch_of_an_endpoint_that_is_not_there(run: Run, scope: str) -> None:
    """A watch that has shown no table ends after the timeout, whatever GAPs it has shown, with what to do."""
    began = time.monotonic()
    ran = run("watch", scope, "--endpoint", "nowhere")
    assert (1, ["GAP"]) == (ran.returncode, [json.loads(each)["type"] for each in ran.stdout.splitlines()])
    assert re.search("no answer within 2 s: .*cannot be reached.*'tablectl endpoint list'", ran.stderr)
    assert time.monotonic() - began < _TIMEOUT + _MARGIN


@pytest.mark.parametrize(
    "arguments",
    [["table", "list"], ["watch", "Music"], ["export", "Music"], ["operation", "watch", "id"]],
    ids=" ".join,
)
def test_services_are_blamed(run: Run, silent: str, arguments: list[str]) -> None:
    """Where the service is silent, the command ends in time too."""
    began = time.monotonic()
    ran = run(*arguments, "--server", silent)
    assert 1 == ran.returncode
    assert "the service does not respond" in ran.stderr or f"no answer from {silent} in time" in ran.stderr
    assert time.monotonic() - began < _TIMEOUT + _MARGIN
