"""Write indented lines: wrapped and coloured on a terminal, plain elsewhere."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from typing import NamedTuple

import click

from tableadmin.standard_streams import is_terminal, shows_colors

_NARROWEST = 20


class Line(NamedTuple):
    """A text with its indentation, additional indentation of continuation lines, and optional colour."""

    text: str
    indent: int = 0
    hang: int = 2
    colour: str = ""


def line_data(lines: Iterable[Line]) -> list[dict[str, object]]:
    """Return LINES as data for JSON: the text, the indentation in characters and the colour of each."""
    return [{"text": each.text, "indent": each.indent, "colour": each.colour} for each in lines]


def printable(text: str) -> str:
    """Return TEXT with `?` in place of control characters, except white space."""
    return "".join(each if each.isprintable() or each.isspace() else "?" for each in text)


def write(lines: Iterable[Line]) -> None:
    """Print LINES."""
    width = _terminal_width() if is_terminal(sys.stdout) else None
    colours = shows_colors(sys.stdout)
    for line in lines:
        text = "\n".join(wrap_line(line, width))
        click.echo(click.style(text, fg=line.colour) if colours and line.colour else text)


def _terminal_width() -> int:
    import shutil  # noqa: PLC0415 - only a terminal has a width, and shutil loads all compression modules

    return max(shutil.get_terminal_size().columns, _NARROWEST)


def wrap_line(line: Line, width: int | None) -> list[str]:
    """Wrap LINE to at most WIDTH characters. If WIDTH is None, LINE is not wrapped."""
    text, indent = printable(" ".join(line.text.split())), " " * line.indent
    if width is None:
        return [indent + text]
    further = indent + " " * line.hang
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False
    ) or [""]
