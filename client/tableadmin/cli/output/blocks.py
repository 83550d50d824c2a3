"""The blocks of output, as lines of plain text and of Markdown, and as data for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Fields:
    """Pairs of a label and a value, one on each line."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Rows:
    """A table. The column `named_by` has the names of rows. `none` is the message if there are no rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    none: str = ""
    headers: bool = True
    named_by: int = 0


def of_several(column: str, found: Mapping[str, Rows]) -> Rows:
    """Join the tables of FOUND. If there are several tables, COLUMN has their names."""
    if len(found) == 1:
        return next(iter(found.values()))
    first = next(iter(found.values()))
    named = [[name, *row] for name, each in found.items() for row in each.rows]
    none = "\n".join(each.none for each in found.values() if each.none)
    return Rows([column, *first.columns], named, none, named_by=first.named_by + 1)


@dataclass(frozen=True)
class Lines:
    """Lines of text. `none` is the message if there are no lines."""

    lines: Sequence[str]
    none: str = ""


Block: TypeAlias = Fields | Rows | Lines


def plain_lines(block: Block) -> Iterator[str]:
    """Return the lines of BLOCK, with columns of minimum width."""
    if isinstance(block, Lines):
        return iter(block.lines)
    heads = [[each.upper() for each in block.columns]] if isinstance(block, Rows) and block.headers else []
    return _aligned([*heads, *block.rows])


def names(block: Block) -> Sequence[str]:
    """Return the names in BLOCK: the name of each row, the value of the first field, or the lines."""
    if isinstance(block, Lines):
        return block.lines
    if isinstance(block, Fields):
        return [value for _, value in block.rows[:1]]
    return [row[block.named_by] for row in block.rows]


def block_data(block: Block) -> dict[str, object]:
    """Return BLOCK as data for JSON: `fields`, `rows` with `columns`, or `lines`."""
    if isinstance(block, Fields):
        return {"fields": [list(row) for row in block.rows]}
    if isinstance(block, Rows):
        rows = [list(row) for row in block.rows]
        return {"columns": list(block.columns), "rows": rows, "none": block.none}
    return {"lines": list(block.lines)}


def markdown_lines(block: Block) -> Iterator[str]:
    """Return BLOCK as GitHub Markdown: a table, or a list for lines of text."""
    if isinstance(block, Lines):
        yield from (f"- {line}" for line in block.lines)
        return
    columns = block.columns if isinstance(block, Rows) else ("Setting", "Value")
    yield _markdown_row(columns)
    yield _markdown_row(["---"] * len(columns))
    yield from map(_markdown_row, block.rows)


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(cell.ljust(width) for cell, width in cells).rstrip()
