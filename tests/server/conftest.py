"""A server in front of endpoints that answer what a test writes down, or not at all."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tableadmin import Client
from tests.server.scripted_endpoint import ScriptedEndpoint, answer, serving
from tests.server_process import ServerProcess, running_server

READ_TIMEOUT = 1.0


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
def scripted() -> Iterator[ScriptedEndpoint]:
    """The endpoint behind `scripted_server`; see `endpoint`."""
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def scripted_server(
    scripted: ScriptedEndpoint, free_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server with the endpoints `scripted`, the default, and `nowhere`, where nothing listens."""
    shared = {
        "region": "us-west-2",
        "max_attempts": 1,
        "read_timeout": READ_TIMEOUT,
        "operations_table": "",  # nobody looks for operations where answers are written down
    }
    config = write_config(
        tmp_path_factory.mktemp("scripted") / "config.toml",
        {
            "scripted": {"endpoint_url": scripted.url, **shared},
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
def scripted_client(scripted_server: ServerProcess) -> Iterator[Client]:
    """A client of the server in front of `endpoint`."""
    with Client(scripted_server.address, timeout=10) as client:
        yield client
