"""A server in front of endpoints that answer what a test writes down, or not at all."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tableadmin import Client, TableAdminError
from tableadmin.v1 import DeleteTableResponse
from tests.server.harness.scripted_endpoint import Held, ScriptedEndpoint, answer, serving
from tests.server_process import ServerProcess, running_server

LONG_TIMEOUT = 60.0  # far more than any of these tests takes


def write_config(path: Path, endpoints: Mapping[str, Mapping[str, object]], **server: object) -> Path:
    """A configuration file at PATH with these endpoints; values are written as JSON, which is TOML here."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in server.items()]
    for name, endpoint in endpoints.items():
        lines.append(f"[endpoints.{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in endpoint.items()]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="session")
def free_port() -> Iterator[int]:
    """A port at which nothing listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@pytest.fixture(scope="session")
def shared_endpoint() -> Iterator[ScriptedEndpoint]:
    """The endpoint that all tests of a worker share which make none of their own."""
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def scripted(shared_endpoint: ScriptedEndpoint) -> ScriptedEndpoint:
    """The endpoint behind `scripted_server`; see `endpoint`."""
    return shared_endpoint


@pytest.fixture(autouse=True)
def _unscripted(request: pytest.FixtureRequest) -> None:
    """A test finds the endpoint as if no other test had used it."""
    if "shared_endpoint" in request.fixturenames:
        shared: ScriptedEndpoint = request.getfixturevalue("shared_endpoint")
        shared.step = answer({})
        shared.seen.clear()


@pytest.fixture(scope="session")
def scripted_server(
    scripted: ScriptedEndpoint, free_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server with the endpoints `scripted`, the default, and `nowhere`, where nothing listens.

    `hurried` is `scripted` with a read timeout of a second.
    """
    shared = {
        "region": "us-west-2",
        "max_attempts": 1,
        "read_timeout": LONG_TIMEOUT,
        "operations_table": "",  # nobody looks for operations where answers are written down
    }
    config = write_config(
        tmp_path_factory.mktemp("scripted") / "config.toml",
        {
            "scripted": {"endpoint_url": scripted.url, **shared},
            "hurried": {"endpoint_url": scripted.url, **shared, "read_timeout": 1.0},
            "nowhere": {"endpoint_url": f"http://127.0.0.1:{free_port}", **shared},
        },
        default_endpoint="scripted",
    )
    with running_server("--config", str(config)) as process:
        yield process


@pytest.fixture
def endpoint(scripted: ScriptedEndpoint) -> ScriptedEndpoint:
    """The endpoint behind `scripted_client`, which answers `{}` until it is told otherwise."""
    scripted.step = answer({})
    scripted.seen.clear()
    return scripted


@pytest.fixture
def scripted_client(scripted_server: ServerProcess, scripted: ScriptedEndpoint) -> Iterator[Client]:
    """A client of the server in front of `endpoint`, which has answered: its circuit is closed."""
    with Client(scripted_server.address, timeout=60) as client:
        step, scripted.step = scripted.step, answer({})
        wait_for(lambda: answers(client))
        scripted.step = step
        scripted.seen.clear()
        yield client


def answers(client: Client) -> bool:
    """Whether the endpoint of CLIENT answers."""
    try:
        client.describe_limits()
    except TableAdminError:
        return False
    return True


@pytest.fixture
def held() -> Iterator[Held]:
    """An answer that is held back until the test lets it go."""
    step = Held()
    yield step
    step.release()


@contextmanager
def in_front_of(
    endpoint: ScriptedEndpoint, *flags: str, env: Mapping[str, str] | None = None
) -> Iterator[ServerProcess]:
    """A server of the endpoint, which has all the time it wants to answer."""
    alone = ("--read-timeout", str(LONG_TIMEOUT), "--operations-table", "")
    command = ("--endpoint-url", endpoint.url, "--region", "us-west-2", *alone, *flags)
    with running_server(*command, env=env) as server:
        yield server


@contextmanager
def under_way(server: ServerProcess, held: Held) -> Iterator[Future[DeleteTableResponse]]:
    """A call of DeleteTable that the endpoint holds back."""
    with ThreadPoolExecutor(1) as thread, Client(server.address, timeout=LONG_TIMEOUT) as client:
        call = thread.submit(client.delete_table, table_name="Music")
        held.wait()
        yield call


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Return when it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
