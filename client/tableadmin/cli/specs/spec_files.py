"""Files of specs that a command line names, and the parameters of the templates among them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from tableadmin.cli.app.terminal_text import printable

if TYPE_CHECKING:
    from tableadmin.v1 import TableSpec


class SpecsError(click.ClickException):
    """A file of specs that can't be read: the text is one line. The exit code is 1: it is no usage error."""


class LoadedSpec(NamedTuple):
    """A spec and the name of the file that it stands in."""

    spec: TableSpec
    file: str


def _parameters(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> Mapping[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise click.BadParameter(f"{name!r} is not KEY=VALUE", ctx, param)
    return {name: value for name, _, value in pairs}


def files_option(*, required: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """-f, which reaches the command as `files`."""
    return click.option(
        "-f",
        "--file",
        "files",
        metavar="FILE|-",
        type=click.Path(allow_dash=True),
        multiple=True,
        required=required,
        help="Table specs, AWS CLI input, a CloudFormation template or Terraform JSON. Can be repeated.",
    )


parameters_option = click.option(
    "--param",
    "parameters",
    metavar="KEY=VALUE",
    multiple=True,
    callback=_parameters,
    help="Parameter of the CloudFormation templates. Can be repeated.",
)


def read(files: Sequence[str], parameters: Mapping[str, str]) -> list[LoadedSpec]:
    """The specs in FILES, `-` being standard input; what a spec can't hold is said on standard error.

    Raises SpecsError for the first thing that is wrong, a table in two files included.
    """
    found: dict[str, LoadedSpec] = {}
    for loaded in _read_each(files, parameters):
        name = loaded.spec.table_name
        if name in found:
            raise SpecsError(f"{loaded.file}: table {name}: is also in {found[name].file}")
        found[name] = loaded
    return list(found.values())


def _read_each(files: Sequence[str], parameters: Mapping[str, str]) -> Iterator[LoadedSpec]:
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    for file in files:
        notes: list[str] = []
        name = "standard input" if file == "-" else file
        try:
            specs = formats.read(_text(file, name), name=name, parameters=parameters, notes=notes)
        except formats.SpecError as error:
            raise SpecsError(str(error)) from error
        print_notes(notes)
        for spec in specs:
            yield LoadedSpec(spec, name)


def _text(file: str, name: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecsError(f"{name}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from error


def print_notes(notes: Sequence[str]) -> None:
    """Write NOTES on standard error, one a line."""
    for note in notes:
        click.echo(printable(" ".join(f"note: {note}".split())), err=True)
