"""Blocks and lines of tablectl's answers as data for JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tableadmin.cli.output.blocks import Block, Fields, Rows
from tableadmin.cli.output.terminal_text import Line


def section(title: str, block: Block) -> dict[str, object]:
    """BLOCK under TITLE: `fields`, `rows` with `columns`, or `lines`."""
    if isinstance(block, Fields):
        return {"title": title, "fields": [list(row) for row in block.rows]}
    if isinstance(block, Rows):
        rows = [list(row) for row in block.rows]
        return {"title": title, "columns": list(block.columns), "rows": rows, "none": block.none}
    return {"title": title, "lines": list(block.lines)}


def lines(found: Iterable[Line]) -> list[dict[str, object]]:
    """Lines with their indentation in characters, and their colour as tablectl has it."""
    return [{"text": each.text, "indent": each.indent, "colour": each.colour} for each in found]
