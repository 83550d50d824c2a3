"""Write responses to standard output as JSON, YAML, names or blocks."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

import click

from tableadmin.cli.output.blocks import Block, Fields, Lines, Rows, markdown_lines, names, plain_lines
from tableadmin.cli.output.terminal_text import printable
from tableadmin.standard_streams import is_terminal

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict


@dataclass(frozen=True)
class Format:
    """A format of --output.

    `write` writes a response, `write_item` a response of a sequence. A response is a list of blocks (rows,
    fields, lines) if `of_blocks` is true, otherwise an AWS-shaped dict.
    """

    write: Callable[[object], None]
    write_item: Callable[[object], None]
    of_blocks: bool = False


def print_response(answer: AwsDict | Sequence[Block], output: str) -> None:
    """Print ANSWER, blocks or a dict, in the format OUTPUT."""
    FORMATS[output].write(answer)


def print_item(answer: object, output: str) -> None:
    """Print ANSWER, one of a sequence, in the format OUTPUT."""
    FORMATS[output].write_item(answer)


def plain(answer: object) -> object:
    """Convert ANSWER to JSON types for JMESPath: times and bytes become text."""
    return json.loads(json.dumps(answer, default=_scalar))


def blocks_of(value: object) -> Sequence[Block]:
    """Convert a JMESPath result to blocks: objects to fields, lists of objects to rows, others to lines."""
    if isinstance(value, dict):
        return [Fields([(name, _cell(each)) for name, each in value.items()])]
    if not isinstance(value, list):
        return [Lines([_cell(value)])]
    if value and all(isinstance(each, dict) for each in value):
        columns = list(dict.fromkeys(name for each in value for name in each))
        return [Rows(columns, [[_cell(each.get(name)) for name in columns] for each in value])]
    return [Lines(["\t".join(map(_cell, each)) if isinstance(each, list) else _cell(each) for each in value])]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _write_json(answer: object) -> None:
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False, default=_scalar))


def _write_json_lines(answer: object) -> None:
    """Write each item of a list response on a line, or another response on one line."""
    for each in _items(answer):
        _write_json_line(each)


def _items(answer: object) -> Sequence[object]:
    if isinstance(answer, dict):
        lists = [each for each in answer.values() if isinstance(each, list)]
        return lists[0] if len(lists) == 1 else [answer]
    return answer if isinstance(answer, list) else [answer]


def _write_json_line(answer: object) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=_scalar))


def _write_yaml(answer: object) -> None:
    import yaml  # noqa: PLC0415 - of use here alone

    plain = json.loads(json.dumps(answer, default=_scalar))
    click.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), nl=False)


def _write_yaml_document(answer: object) -> None:
    click.echo("---")
    _write_yaml(answer)


def _scalar(value: object) -> str:
    """Convert values that JSON lacks, as the AWS CLI does: times to ISO 8601, bytes to base64."""
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(cast("bytes", value)).decode()


def _write_blocks(blocks: object) -> None:
    full = [block for block in cast("Sequence[Block]", blocks) if not _report_if_empty(block)]
    if all(isinstance(block, Lines) for block in full):
        _write_plain(full)
    elif is_terminal(sys.stdout):
        from tableadmin.cli.output.terminal import draw  # noqa: PLC0415 - rich

        draw(full)
    else:
        _write_plain(full)


def _write_markdown(blocks: object) -> None:
    full = [block for block in cast("Sequence[Block]", blocks) if not _report_if_empty(block)]
    for number, block in enumerate(full):
        if number:
            click.echo()
        for line in markdown_lines(block):
            click.echo(printable(line))


def _write_names(blocks: object) -> None:
    for block in cast("Sequence[Block]", blocks):
        if not _report_if_empty(block):
            for name in names(block):
                click.echo(printable(name))


def _report_if_empty(block: Block) -> bool:
    """If BLOCK is empty, say so on standard error, so that a pipe gets no output."""
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


# The formats of --output. A new format needs only an entry here.
FORMATS: Mapping[str, Format] = {
    "table": Format(_write_blocks, _write_json_line, of_blocks=True),
    "wide": Format(_write_blocks, _write_json_line, of_blocks=True),
    "name": Format(_write_names, _write_json_line, of_blocks=True),
    "markdown": Format(_write_markdown, _write_json_line, of_blocks=True),
    "json": Format(_write_json, _write_json_line),
    "jsonl": Format(_write_json_lines, _write_json_line),
    "yaml": Format(_write_yaml, _write_yaml_document),
}
