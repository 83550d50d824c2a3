"""Output on a terminal with rich, which wraps wide text and selects the colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from tableadmin.cli.output.blocks import Block, Fields, Lines, Rows, plain_lines
from tableadmin.cli.output.terminal_text import printable

R = TypeVar("R")

_STYLES: Mapping[str, str] = {
    "ACTIVE": "green",
    "ENABLED": "green",
    "CREATING": "yellow",
    "UPDATING": "yellow",
    "DELETING": "yellow",
    "ENABLING": "yellow",
    "DISABLING": "yellow",
}


def draw(blocks: Sequence[Block]) -> None:
    """Print BLOCKS with an empty line between them."""
    console = Console(highlight=False, markup=False, emoji=False)
    for number, block in enumerate(blocks):
        if number:
            console.print()
        for drawn in _drawn(block, console.width):
            console.print(drawn)


def with_progress(responses: Iterable[R], total: int, what: str) -> Iterator[R]:
    """Yield RESPONSES, with a progress bar of TOTAL that disappears at the end."""
    console = Console(stderr=True, highlight=False)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(what))
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(responses, total=total)


def _drawn(block: Block, width: int) -> Iterator[RenderableType]:
    if isinstance(block, Lines):
        yield from map(text, block.lines)
    elif isinstance(block, Fields):
        yield _fields(block)
    elif max(map(len, plain_lines(block))) <= width:
        yield _rows(block)
    else:
        yield from _stacked(block)


def _rows(block: Rows) -> Table:
    table = Table(
        *map(str.upper, block.columns),
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
        show_header=block.headers,
    )
    for row in block.rows:
        table.add_row(*map(text, row))
    return table


def _fields(block: Fields) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in block.rows:
        grid.add_row(label, text(value))
    return grid


def _stacked(block: Rows) -> Iterator[RenderableType]:
    """Return the fields of each row, for a terminal that is narrower than the table."""
    for number, row in enumerate(block.rows):
        if number:
            yield ""
        yield _fields(Fields(list(zip(block.columns, row, strict=True))))


def text(value: str) -> Text:
    """Return VALUE in the colour of the status at its beginning."""
    return Text(printable(value), style=_STYLES.get(value.partition(" ")[0].rstrip(","), ""))
