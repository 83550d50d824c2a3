"""A console in front of the server with the embedded engine, and a browser that has entered it."""

from collections.abc import Iterator

import pytest

from tableadmin import Client
from tableadmin.console.console import Console
from tests.console.browsing import Browser
from tests.server_process import ServerProcess


@pytest.fixture
def tables(embedded_server: ServerProcess) -> Iterator[Client]:
    """A client of the service that the console shows."""
    with Client(embedded_server.address) as client:
        yield client


@pytest.fixture
def console(tables: Client) -> Iterator[Console]:
    """A console of this test's own."""
    started = Console(tables)
    with started.running():
        yield started


@pytest.fixture
def stranger(console: Console) -> Browser:
    """A browser that has not shown the token of that console."""
    return Browser(console.url)


@pytest.fixture(scope="session")
def browser(embedded_server: ServerProcess) -> Iterator[Browser]:
    """A browser with the cookie of a console that tests share."""
    with Client(embedded_server.address) as client:
        shared = Console(client)
        with shared.running():
            entered = Browser(shared.url)
            entered.enter()
            yield entered
