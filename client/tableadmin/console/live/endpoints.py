"""What is followed at each endpoint, while a page shows the endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING

from tableadmin.console.live.board import Board, Changes
from tableadmin.console.live.operations import Operations
from tableadmin.console.live.service import Service
from tableadmin.console.live.tables import Tables

if TYPE_CHECKING:
    from tableadmin.client import Client

# Seconds for which an endpoint is followed after its last page was closed: a page that is loaded anew is
# closed before it opens.
_LINGER = 15.0


class Endpoint:
    """The board of an endpoint. Tables and operations are followed while somebody looks."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.board = Board()
        self._running: tuple[Tables, Operations, Service] | None = None
        self._timer: Timer | None = None
        self._lock = Lock()

    def start(self) -> None:
        """Follow from now on."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
            if self._running is None:
                operations = Operations(self.board, self.client)
                tables = Tables(self.board, self.client, operations.look)
                self._running = (tables, operations, Service(self.board, self.client))
                for each in self._running:
                    each.start()

    @contextmanager
    def subscribed(self) -> Iterator[Iterator[Changes]]:
        """The changes of the board, for one page."""
        self.start()
        try:
            with self.board.subscribed() as changes:
                yield changes
        finally:
            self._stop_later()

    def look_for_operations(self) -> None:
        """List the operations at once: the page has just begun or changed some."""
        with self._lock:
            if self._running:
                self._running[1].look()

    def close(self) -> None:
        """Follow no more, and end all subscriptions."""
        self._stop()
        self.board.close()

    def _stop_later(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = Timer(_LINGER, self._stop_if_unseen)
            self._timer.daemon = True
            self._timer.start()

    def _stop_if_unseen(self) -> None:
        if not self.board.subscribers:
            self._stop()

    def _stop(self) -> None:
        with self._lock:
            running, self._running = self._running, None
            if self._timer:
                self._timer.cancel()
        for each in running or ():
            each.stop()
