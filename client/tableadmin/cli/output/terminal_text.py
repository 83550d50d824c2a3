"""Lines that hang together: folded under their indentation and coloured on a terminal, plain elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from typing import NamedTuple, TextIO

import click

_NARROWEST = 20


class Line(NamedTuple):
    """A text, how far it is indented, by how much more its further lines, and its colour if it has one."""

    text: str
    indent: int = 0
    hang: int = 2
    colour: str = ""


def printable(text: str) -> str:
    """TEXT with everything that could steer a terminal replaced by `?`; blanks of any kind stay."""
    return "".join(each if each.isprintable() or each.isspace() else "?" for each in text)


def is_terminal(stream: TextIO) -> bool:
    """Whether STREAM can be drawn upon."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write(lines: Iterable[Line]) -> None:
    """Print LINES."""
    drawn = is_terminal(sys.stdout)
    width = max(shutil.get_terminal_size().columns, _NARROWEST) if drawn else None
    colours = drawn and not os.environ.get("NO_COLOR")
    for line in lines:
        text = "\n".join(folded(line, width))
        click.echo(click.style(text, fg=line.colour) if colours and line.colour else text)


def folded(line: Line, width: int | None) -> list[str]:
    """LINE as lines of at most WIDTH characters; as one where WIDTH is None."""
    text, indent = printable(" ".join(line.text.split())), " " * line.indent
    if width is None:
        return [indent + text]
    further = indent + " " * line.hang
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False
    ) or [""]
