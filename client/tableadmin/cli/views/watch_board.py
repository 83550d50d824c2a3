"""Show the tables of a watch as an updated table on a terminal."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tableadmin.cli.output.terminal import text
from tableadmin.cli.output.terminal_text import printable
from tableadmin.cli.views.formatting import span, word
from tableadmin.cli.views.unreadable_parts import change_words, unreadable_lines
from tableadmin.cli.views.wide_columns import cells

if TYPE_CHECKING:
    from tableadmin.v1 import TableChange, TableEvent, TableState, WatchEvent

COLUMNS = ("table", "status", "billing", "capacity", "indexes", "ttl", "pitr")

# How long a deleted table is shown, in seconds.
_DELETED_SECONDS = 60.0
# Lines without a table: the column heads, a blank line, the last line and the cursor's line.
_FRAME = 4


@dataclass
class _Row:
    """The last state of a table. `changed` is the monotonic time of the last change, `what` the change."""

    state: TableState
    cells: list[str]
    exists: bool
    what: str = ""
    changed: float = field(default_factory=time.monotonic)


class Board:
    """The states of the tables, redrawn twice a second so that the durations increase."""

    def __init__(self, named: Iterable[str]) -> None:
        # Tables that the command line names. They are shown even after their deletion.
        self._named = frozenset(named)
        self._rows: dict[str, _Row] = {}
        self._complete = False
        self._gap = ""

    def show(self, response: WatchEvent) -> None:
        """Update the board with an event."""
        if response.HasField("gap"):
            self._gap = response.gap.reason
            return
        self._gap = ""
        if response.HasField("table"):
            name = response.table.table_name
            self._rows[name] = _row(response.table, self._rows.get(name))
        else:
            self._complete = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console
        rows = self._visible()
        room = max(1, options.size.height - _FRAME)
        # If not all tables fit, the most recently changed ones are shown.
        latest = sorted(rows, key=lambda each: rows[each].changed, reverse=True)[:room]
        yield Group(*self._drawn({name: rows[name] for name in sorted(latest)}, len(rows) - len(latest)))

    def _visible(self) -> dict[str, _Row]:
        now = time.monotonic()
        return {
            name: row
            for name, row in list(self._rows.items())
            if row.exists or name in self._named or now - row.changed < _DELETED_SECONDS
        }

    def _drawn(self, rows: dict[str, _Row], hidden: int) -> Iterator[RenderableType]:
        table = Table(
            *map(str.upper, (*COLUMNS, "last change")), box=None, pad_edge=False, header_style="bold"
        )
        for row in rows.values():
            table.add_row(*map(text, row.cells), _ago(row), style="" if row.exists else "dim")
        yield table
        yield Text(printable("; ".join(self._notes(rows.values(), hidden))), style="dim", overflow="ellipsis")

    def _notes(self, rows: Collection[_Row], hidden: int) -> Iterator[str]:
        count = len(rows) + hidden
        tables = f"{count} table" if count == 1 else f"{count} tables"
        yield f"watching {tables}" if self._complete else f"{tables} so far"
        if hidden:
            yield f"{hidden} more not shown"
        if self._gap:
            yield f"no updates from the service: {self._gap}"
        yield from unreadable_lines(row.state for row in rows)


def follow(responses: Iterable[WatchEvent], named: Iterable[str]) -> None:
    """Draw RESPONSES until they end. The last state stays on the terminal."""
    board = Board(named)
    console = Console(highlight=False, markup=False, emoji=False)
    with Live(board, console=console, refresh_per_second=2, vertical_overflow="crop"):
        for response in responses:
            board.show(response)


def _row(event: TableEvent, before: _Row | None) -> _Row:
    exists = event.HasField("state")
    absent = [event.table_name, "not there", *[""] * (len(COLUMNS) - 2)]
    row = _Row(event.state, cells(event.state, COLUMNS) if exists else absent, exists=exists)
    row.what = ", ".join(dict.fromkeys(_words(event))) if exists or before else ""
    if before and not row.what:
        row.what, row.changed = before.what, before.changed
    return row


def _words(event: TableEvent) -> Iterator[str]:
    """Describe an event: the changed aspects, the creation or the deletion. "" for a snapshot."""
    kind = word(event, "type")
    if kind in {"CREATED", "DELETED"}:
        yield kind.lower()
    yield from map(_change_words, event.changes)


def _change_words(change: TableChange) -> str:
    aspect = word(change, "aspect")
    if aspect == "UNREADABLE_PART":
        return change_words(change.subject, readable=not change.after)
    return f"{aspect.lower().replace('_', ' ')} {change.subject}".strip()


def _ago(row: _Row) -> Text:
    if not row.what:
        return Text("")
    return Text(printable(f"{span(time.monotonic() - row.changed)} ago: {row.what}"))
