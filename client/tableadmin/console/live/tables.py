"""The tables of an endpoint on the board: one watch for all pages."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from tableadmin.cli.views.wide_columns import PARTS
from tableadmin.console.live import status, table_rows
from tableadmin.console.live.feed import Feed
from tableadmin.errors import TableAdminError
from tableadmin.v1 import TablePart

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tableadmin.client import Client
    from tableadmin.console.live.board import Board
    from tableadmin.streams.stream import Stream
    from tableadmin.v1 import TableEvent, WatchEvent

TABLES = "tables"
# As many rows as a large screen shows, and as many tables as are read together after that.
_FIRST_PAGE = 60
_BATCH = 500


class Tables(Feed):
    """Follows the tables that CLIENT sees; calls ON_CHANGE after each change of a table."""

    what = TABLES

    def __init__(self, board: Board, client: Client, on_change: Callable[[], None]) -> None:
        super().__init__(board)
        self._client = client
        self._on_change = on_change
        self._stream: Stream[WatchEvent] | None = None
        # Tables that an earlier watch has told of and this one has not.
        self._unconfirmed: set[str] = set()

    def _follow(self) -> None:
        self._unconfirmed = set(self.board.of_kind(TABLES))
        if not self._unconfirmed:
            self._show_descriptions()
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

    def _show_descriptions(self) -> None:
        """Put all names on the board, and then the descriptions of the tables, the first page first.

        The watch shows a table once all parts are read, and AWS allows 10 reads of backups a second.
        """
        try:
            names = list(self._client.list_tables.items())
            self._unconfirmed.update(names)
            for name in names:
                self.board.put(TABLES, name, table_rows.placeholder_row(name))
            names.sort()
            for start, end in pairwise([0, *range(_FIRST_PAGE, len(names), _BATCH), len(names)]):
                self._put_descriptions(names[start:end])
        except TableAdminError:
            # The watch says what is wrong, if it is.
            return

    def _put_descriptions(self, names: Sequence[str]) -> None:
        if not names or self.is_stopped:
            return
        description = [TablePart.TABLE_PART_DESCRIPTION]
        with self._client.watch(table_names=names, snapshot_only=True, parts=description) as stream:
            self._stream = stream
            for response in stream:
                if response.table.HasField("state"):
                    status.reached(self.board, TABLES)
                    self.board.put(TABLES, response.table.table_name, table_rows.row(response.table.state))

    def _received(self, response: WatchEvent) -> None:
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
