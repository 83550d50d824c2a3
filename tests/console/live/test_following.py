"""Tables and operations reach the page while it is open, also through a restart of the server."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic
from typing import Any

import pytest

from tableadmin import Client
from tableadmin.console.console import Console
from tableadmin.console.live import endpoints
from tests.console.browsing import SECONDS, Browser
from tests.server.security.authorization.test_guarded_operations import table
from tests.server_process import running_server

Events = Iterator[tuple[str, Any]]


class Shown:
    """What a page shows after the EVENTS that it has got."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.kinds: dict[str, dict[str, Any]] = {"tables": {}, "operations": {}, "status": {}}

    def until(self, holds: Callable[["Shown"], object]) -> None:
        """Take events until HOLDS is true."""
        end = monotonic() + SECONDS
        while not holds(self):
            assert monotonic() < end, self.kinds
            self._take(*next(self._events))

    @property
    def tables(self) -> dict[str, Any]:
        """The rows of the tables by name."""
        return self.kinds["tables"]

    @property
    def operations(self) -> dict[str, Any]:
        """The rows of the operations by ID."""
        return self.kinds["operations"]

    @property
    def status(self) -> Any:  # noqa: ANN401 - of any shape
        """What is said of the connection to the service."""
        return self.kinds["status"].get("tables", {})

    def _take(self, name: str, data: dict[str, dict[str, Any]]) -> None:
        for kind, known in self.kinds.items():
            if name == "reset":
                known.clear()
            known.update(data.get(kind, {}))
            for key in [key for key, value in known.items() if value is None]:
                del known[key]


def test_a_table_comes_changes_and_goes(browser: Browser, tables: Client, table_name: str) -> None:
    """A table is shown when it is created, when it changes and until it is deleted."""
    with browser.events() as events:
        shown = Shown(events)
        operation = tables.apply([table(table_name)])
        shown.until(lambda shown: table_name in shown.tables)
        assert table_name == shown.tables[table_name]["cells"][0]
        shown.until(lambda shown: operation.ids[0] in shown.operations)
        assert table_name == shown.operations[operation.ids[0]]["table"]
        operation.result(60)
        tables.apply([table(table_name, "genre")]).result(60)
        shown.until(lambda shown: "1" == shown.tables[table_name]["cells"][4])
        tables.delete_table(table_name=table_name)
        shown.until(lambda shown: table_name not in shown.tables)


def test_an_operation_to_its_end(browser: Browser, tables: Client, table_name: str) -> None:
    """The page sees an operation end."""
    with browser.events() as events:
        operation = tables.apply([table(table_name)])
        Shown(events).until(
            lambda shown: shown.operations.get(operation.ids[0], {}).get("state") == "SUCCEEDED"
        )
    tables.delete_table(table_name=table_name)


def test_pages_share_one_watch(browser: Browser, tables: Client, table_name: str) -> None:
    """Two pages see the same tables."""
    with browser.events() as one, browser.events() as other:
        tables.apply([table(table_name)]).result(60)
        for events in (one, other):
            Shown(events).until(lambda shown: table_name in shown.tables)
    tables.delete_table(table_name=table_name)


def test_nobody_looks(tables: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint is followed while a page shows it, and no longer."""
    monkeypatch.setattr(endpoints, "_LINGER", 0.0)
    endpoint = endpoints.Endpoint(tables)
    before = {each for each in threading.enumerate() if each.name.startswith("console-")}
    with endpoint.subscribed() as changes:
        next(changes)
        followers = {each for each in threading.enumerate() if each.name.startswith("console-")} - before
        assert {"console-tables", "console-operations", "console-service"} == {
            each.name for each in followers
        }
    for each in followers:
        each.join(SECONDS)
        assert not each.is_alive()


def test_a_restart_of_the_server() -> None:
    """While no server answers the page is told why, and when one answers again what has changed."""
    with ExitStack() as until_the_end:
        with running_server("--embedded") as first:
            client = until_the_end.enter_context(Client(first.address))
            client.apply([table("Before")]).result(60)
            console = Console(client)
            until_the_end.enter_context(console.running())
            browser = Browser(console.url)
            browser.enter()
            shown = Shown(until_the_end.enter_context(browser.events()))
            shown.until(lambda shown: "isPending" not in shown.tables.get("Before", {"isPending": True}))
        shown.until(lambda shown: shown.status.get("state") == "reconnecting")
        assert shown.status["reason"]
        with running_server("--embedded", listen=first.address):
            shown.until(lambda shown: shown.status["state"] == "live" and "Before" not in shown.tables)
