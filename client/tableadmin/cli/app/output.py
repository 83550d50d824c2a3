"""Answers on standard output: as JSON, as YAML, or as blocks, drawn on a terminal and aligned elsewhere."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TextIO, cast

import click

from tableadmin.cli.app.blocks import Block, Fields, Lines, plain_lines
from tableadmin.cli.app.exit_codes import printable

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict


def show(answer: AwsDict | Sequence[Block], output: str) -> None:
    """Print ANSWER, a dict where OUTPUT is json or yaml and blocks where it is table."""
    _WRITERS[output](answer)


def show_line(answer: AwsDict, output: str) -> None:
    """Print ANSWER as one of many: a document of its own where OUTPUT is yaml, a line of JSON elsewhere."""
    if output == "yaml":
        click.echo("---")
        _write_yaml(answer)
    else:
        click.echo(json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=_scalar))


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
        from tableadmin.cli.app.terminal import draw  # noqa: PLC0415 - rich

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


_WRITERS: Mapping[str, Callable[[object], None]] = {
    "table": _write_blocks,
    "json": _write_json,
    "yaml": _write_yaml,
}
