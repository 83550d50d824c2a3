"""What an answer is made of: blocks, and their lines where nothing is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Fields:
    """Labels and values, one pair a line."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Rows:
    """A table: the column NAMED_BY names what a row is about. `none` is said when there is no row."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    none: str = ""
    headers: bool = True
    named_by: int = 0


def of_several(column: str, found: Mapping[str, Rows]) -> Rows:
    """The rows that FOUND has by name in one table; if there are several names, COLUMN has them."""
    if len(found) == 1:
        return next(iter(found.values()))
    first = next(iter(found.values()))
    named = [[name, *row] for name, each in found.items() for row in each.rows]
    none = "\n".join(each.none for each in found.values() if each.none)
    return Rows([column, *first.columns], named, none, named_by=first.named_by + 1)


@dataclass(frozen=True)
class Lines:
    """Lines of text. `none` is said when there is no line."""

    lines: Sequence[str]
    none: str = ""


Block: TypeAlias = Fields | Rows | Lines


def plain_lines(block: Block) -> Iterator[str]:
    """The lines of BLOCK in columns that are as wide as they need to be."""
    if isinstance(block, Lines):
        return iter(block.lines)
    heads = [[each.upper() for each in block.columns]] if isinstance(block, Rows) and block.headers else []
    return _aligned([*heads, *block.rows])


def names(block: Block) -> Sequence[str]:
    """What BLOCK is about: the name of each row, the value of the first field, or the lines."""
    if isinstance(block, Lines):
        return block.lines
    if isinstance(block, Fields):
        return [value for _, value in block.rows[:1]]
    return [row[block.named_by] for row in block.rows]


def markdown_lines(block: Block) -> Iterator[str]:
    """The lines of BLOCK as a table of GitHub's Markdown; lines of text as a list."""
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
