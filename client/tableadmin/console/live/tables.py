"""The tables of an endpoint on the board: one watch for all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tableadmin.cli.views.wide_columns import PARTS
from tableadmin.console.live import status, table_rows
from tableadmin.console.live.feed import Feed
from tableadmin.errors import TableAdminError
from tableadmin.v1 import TablePart

if TYPE_CHECKING:
    from collections.abc import Callable

    from tableadmin.client import Client
    from tableadmin.console.live.board import Board
    from tableadmin.streams import Stream
    from tableadmin.v1 import TableEvent, WatchResponse

TABLES = "tables"


class Tables(Feed):
    """Follows the tables that CLIENT sees; calls ON_CHANGE after each change of a table."""

    what = TABLES

    def __init__(self, board: Board, client: Client, on_change: Callable[[], None]) -> None:
        super().__init__(board)
        self._client = client
        self._on_change = on_change
        self._stream: Stream[WatchResponse] | None = None
        # Tables that an earlier watch has told of and this one has not.
        self._unconfirmed: set[str] = set()

    def _follow(self) -> None:
        self._unconfirmed = set(self.board.of_kind(TABLES))
        if not self._unconfirmed:
            self._show_names()
        parts = [TablePart.Value(f"TABLE_PART_{part}") for part in PARTS]
        with self._client.watch(all_tables=True, include_sizes=True, parts=parts) as stream:
            self._stream = stream
            if self.is_stopped:
                return
            for response in stream:
                self._received(response)

    def _interrupt(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def _show_names(self) -> None:
        """Put the names on the board: the list comes at once, the states one by one."""
        try:
            for name in self._client.list_tables.items():
                self.board.put(TABLES, name, table_rows.named(name))
                self._unconfirmed.add(name)
        except TableAdminError:
            # The watch says what is wrong, if it is.
            return

    def _received(self, response: WatchResponse) -> None:
        if response.HasField("gap"):
            status.lost(self.board, TABLES, response.gap.reason)
            return
        status.reached(self.board, TABLES)
        if response.HasField("table"):
            self._put(response.table)
        elif response.HasField("checkpoint"):
            for name in self._unconfirmed:
                self.board.remove(TABLES, name)
            self._unconfirmed = set()

    def _put(self, event: TableEvent) -> None:
        self._unconfirmed.discard(event.table_name)
        if event.HasField("state"):
            self.board.put(TABLES, event.table_name, table_rows.row(event.state))
        else:
            self.board.remove(TABLES, event.table_name)
        self._on_change()
