"""Answers on standard output: as JSON, as YAML, or as blocks, drawn on a terminal and aligned elsewhere."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TextIO, TypeAlias, cast

import click

from tableadmin.cli.endings import printable

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict


@dataclass(frozen=True)
class Fields:
    """Labels and values, one pair a line."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Rows:
    """A table: the first column names what a row is about. `none` is said when there is no row."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    none: str = ""


@dataclass(frozen=True)
class Lines:
    """Lines of text. `none` is said when there is no line."""

    lines: Sequence[str]
    none: str = ""


Block: TypeAlias = Fields | Rows | Lines


def show(answer: AwsDict | Sequence[Block], output: str) -> None:
    """Print ANSWER, a dict where OUTPUT is json or yaml and blocks where it is table."""
    _WRITERS[output](answer)


def is_terminal(stream: TextIO) -> bool:
    """Whether STREAM can be drawn upon."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _write_json(answer: object) -> None:
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False, default=_scalar))


def _write_yaml(answer: object) -> None:
    import yaml  # noqa: PLC0415 - of use here alone

    plain = json.loads(json.dumps(answer, default=_scalar))
    click.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), nl=False)


def _scalar(value: object) -> str:
    """What JSON has no word for, as the AWS CLI writes it: times in ISO 8601 and bytes in base64."""
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(cast("bytes", value)).decode()


def _write_blocks(blocks: object) -> None:
    full = [block for block in cast("Sequence[Block]", blocks) if not _said_none(block)]
    if all(isinstance(block, Lines) for block in full):
        _write_plain(full)
    elif is_terminal(sys.stdout):
        from tableadmin.cli.terminal import draw  # noqa: PLC0415 - rich

        draw(full)
    else:
        _write_plain(full)


def _said_none(block: Block) -> bool:
    """Say on standard error that BLOCK is empty, if it is: a pipe gets nothing then."""
    empty = not (block.lines if isinstance(block, Lines) else block.rows)
    if empty and not isinstance(block, Fields) and block.none:
        click.echo(block.none, err=True)
    return empty


def _write_plain(blocks: Sequence[Block]) -> None:
    for number, block in enumerate(blocks):
        if number:
            click.echo()
        for line in plain_lines(block):
            click.echo(printable(line))


def plain_lines(block: Block) -> Iterator[str]:
    """The lines of BLOCK in columns that are as wide as they need to be."""
    if isinstance(block, Lines):
        return iter(block.lines)
    rows = (
        block.rows if isinstance(block, Fields) else [[each.upper() for each in block.columns], *block.rows]
    )
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(cell.ljust(width) for cell, width in cells).rstrip()


_WRITERS: Mapping[str, Callable[[object], None]] = {
    "table": _write_blocks,
    "json": _write_json,
    "yaml": _write_yaml,
}
