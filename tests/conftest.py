"""What all tests share: engines, a server process in front of each, and names that no other test uses."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tableadmin import Client
from tests.engines import Engine
from tests.engines.fixtures import engine, start_engine
from tests.server_process import ServerProcess, running_server

__all__ = ["client", "embedded_server", "engine", "server", "start_engine", "start_server", "table_name"]


@pytest.fixture(scope="session")
def start_server() -> Iterator[Callable[[Engine], ServerProcess]]:
    """Start a server in front of an engine, or return it if it runs already."""
    with ExitStack() as running:

        @cache
        def start(behind: Engine) -> ServerProcess:
            return running.enter_context(
                running_server("--endpoint-url", behind.url, "--region", "us-west-2", "--max-attempts", "1")
            )

        yield start


@pytest.fixture(scope="session")
def server(engine: Engine, start_server: Callable[[Engine], ServerProcess]) -> ServerProcess:
    """A server in front of each engine in turn."""
    return start_server(engine)


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[ServerProcess]:
    """A server with the embedded engine."""
    with running_server("--embedded") as process:
        yield process


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    """A client of the server in front of each engine in turn."""
    with Client(server.address) as connected:
        yield connected


@pytest.fixture
def table_name() -> str:
    """A table name of this test's own."""
    return f"t-{uuid.uuid4().hex[:12]}"
