"""The operations in progress on a terminal, one on each line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tableadmin.cli.output.terminal_text import printable
from tableadmin.cli.views.formatting import span
from tableadmin.cli.views.operations.operation_text import (
    call,
    count_states,
    current_step,
    has_ended,
    seconds,
    state,
)

if TYPE_CHECKING:
    from tableadmin.client import Operations
    from tableadmin.v1 import Operation

# The minimum width of table names, in columns.
_NAME = 12
_STYLES = {
    "AWAITING_APPROVAL": "magenta",
    "SCHEDULED": "cyan",
    "RUNNING": "yellow",
    "SUCCEEDED": "green",
    "FAILED": "red",
    "CANCELLED": "yellow",
    "ABORTED": "red",
}
# Lines without an operation: the column heads, the last line and the cursor's line.
_FRAME = 3


class Board:
    """The current states of OPERATIONS, redrawn so that the durations increase."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console
        room = max(1, options.size.height - _FRAME)
        yield from draw_board(self._operations.latest, time.time(), room, options.max_width)


def display(operations: Operations) -> Iterator[Operation]:
    """Yield OPERATIONS as they change. Shows the board below the output until the end."""
    console = Console(highlight=False, markup=False, emoji=False)
    with Live(Board(operations), console=console, refresh_per_second=4, transient=True):
        yield from operations


def draw_board(operations: Sequence[Operation], at: float, room: int, width: int) -> Iterator[Table | Text]:
    """Draw at most ROOM of OPERATIONS in WIDTH columns, unfinished ones first, and count the states."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    # Names may be truncated. The current step gets the remaining width.
    table.add_column("TABLE", no_wrap=True, overflow="ellipsis", max_width=max(_NAME, width // 3))
    for column in ("STATE", "CALL", "TIME"):
        table.add_column(column, no_wrap=True)
    table.add_column("NOW", no_wrap=True, overflow="ellipsis", ratio=1)
    # The sort is stable: unfinished operations come first, otherwise the order does not change.
    shown = sorted(range(len(operations)), key=lambda number: has_ended(operations[number]))[:room]
    for number in sorted(shown):
        table.add_row(*_cells(operations[number], at))
    yield table
    hidden = len(operations) - len(shown)
    more = [f"{hidden} more not shown"] if hidden else []
    leaving = [] if all(map(has_ended, operations)) else ["Ctrl-C does not stop the operations"]
    notes = "; ".join([count_states(operations), *more, *leaving])
    yield Text(notes, style="dim", no_wrap=True, overflow="ellipsis")


def _cells(operation: Operation, at: float) -> list[Text]:
    return [
        Text(printable(operation.table_name or operation.operation_id)),
        Text(state(operation), style=_STYLES.get(state(operation), "")),
        Text(call(operation)),
        Text(span(seconds(operation, at))),
        Text(printable(current_step(operation))),
    ]
