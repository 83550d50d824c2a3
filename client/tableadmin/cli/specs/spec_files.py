"""The spec files of a command line, and the options for reading them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from tableadmin.cli.app import options
from tableadmin.cli.output.terminal_text import printable
from tableadmin.cli.requests import json_input
from tableadmin.cli.specs.format_words import READ

if TYPE_CHECKING:
    from tableadmin.formats import Found, FoundTable, Inputs
    from tableadmin.v1 import TableSpec

R = TypeVar("R")


class SpecsError(click.ClickException):
    """A spec file can't be read. The text is one line. The exit code is 1, because usage is correct."""


class LoadedSpec(NamedTuple):
    """A spec, the name of its file, and facts in the file that a spec can't contain.

    `region` is "" if the file does not name a Region. `must_exist` is why the table can't be created from its
    spec, "" if it can.
    """

    spec: TableSpec
    file: str
    region: str = ""
    must_exist: str = ""


class LoadedSpecs(NamedTuple):
    """The specs of files, and a line for each setting in the files that the specs do not contain."""

    specs: Sequence[LoadedSpec]
    notes: Sequence[str]


class SpecOptions(NamedTuple):
    """The options of a command line for spec files."""

    files: Sequence[str]
    parameters: Sequence[str] = ()
    names: Sequence[str] = ()
    stacks: Sequence[str] = ()
    select: Sequence[str] = ()
    unmanaged: Sequence[str] = ()
    parameter_files: Sequence[str] = ()
    protect: bool = False

    def check_needs_files(self) -> None:
        """Raise UsageError for an option that requires -f."""
        given = {
            "--param": self.parameters,
            "--name": self.names,
            "--stack-resources": self.stacks,
            "--select": self.select,
            "--unmanaged": self.unmanaged,
            "--param-file": self.parameter_files,
            "--protect": self.protect,
        }
        for option in (option for option, values in given.items() if values and not self.files):
            raise click.UsageError(f"{option} requires -f FILE")


def spec_options(*, required: bool) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Return a decorator that adds -f and its options. The command gets them as `spec_options`."""

    def decorated(command: Callable[..., R]) -> Callable[..., R]:
        @wraps(command)
        def with_source(*args: object, files: Sequence[str], **others: Any) -> R:  # noqa: ANN401 - click's
            options_of_files = {name: others.pop(name) for name in SpecOptions._fields[1:]}
            options = SpecOptions([*map(json_input.path_of, files)], **options_of_files)
            options.check_needs_files()
            return command(*args, spec_options=options, **others)

        return options.combine_options(_files_option(required=required), *_OPTIONS)(with_source)

    return decorated


def _files_option(*, required: bool) -> Callable[[Callable[..., R]], Callable[..., R]]:
    return click.option(
        "-f",
        "--file",
        "files",
        metavar="FILE|-",
        type=click.Path(allow_dash=True),
        multiple=True,
        required=required,
        help=f"File or folder with tables: {', '.join(READ)}. Can be repeated.",
    )


_OPTIONS = (
    click.option(
        "--param",
        "parameters",
        metavar="KEY=VALUE",
        multiple=True,
        help="Value of a template parameter or a Terraform variable, or a value that is known only after "
        "deployment, such as aws_kms_key.orders.arn=ARN. Can be repeated.",
    ),
    click.option(
        "--param-file",
        "parameter_files",
        metavar="FILE",
        type=click.Path(),
        multiple=True,
        help="File with parameter values: .tfvars, a CloudFormation list of ParameterKey and ParameterValue, "
        "or a YAML or JSON object. --param overrides the file. Can be repeated.",
    ),
    click.option(
        "--name",
        "names",
        metavar="LOGICALID=NAME",
        multiple=True,
        help="Name of a table to which the template gives no name. Can be repeated.",
    ),
    click.option(
        "--stack-resources",
        "stacks",
        metavar="FILE",
        type=click.Path(),
        multiple=True,
        help="File with the output of 'aws cloudformation list-stack-resources' or "
        "'describe-stack-resources', which has the names that CloudFormation generated. Can be repeated.",
    ),
    click.option(
        "--select",
        "select",
        metavar="NAME",
        multiple=True,
        help="Read only the table with this name, address or logical ID. * matches any text, ? matches any "
        "character. Can be repeated.",
    ),
    click.option(
        "--unmanaged",
        "unmanaged",
        metavar="MEMBER",
        multiple=True,
        help="Do not change this member of the tables, for example Tags or SSESpecification.KMSMasterKeyId. "
        "Can be repeated.",
    ),
    click.option(
        "--protect",
        is_flag=True,
        help="Turn on deletion protection and point-in-time recovery for tables whose files do not set "
        "these values.",
    ),
)


def read(spec_options: SpecOptions, region: Callable[[], str] | None = None) -> LoadedSpecs:
    """Read the specs in the files of SPEC_OPTIONS. `-` is standard input. Notes go to standard error.

    REGION returns the Region for a template that needs a Region and does not name one.

    Raises SpecsError if tables can't be read, and UsageError.
    """
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    inputs = formats.Inputs(
        _pairs("--param", spec_options.parameters),
        _pairs("--name", spec_options.names),
        _deployed(spec_options.stacks),
        spec_options.unmanaged,
        region=region,
        defaults=_parameters_in(spec_options.parameter_files),
    )
    try:
        found = formats.join_results([_found(file, inputs) for file in spec_options.files])
        inputs.check_all_used()
        tables, left_out = formats.select_tables(found.tables, spec_options.select)
        _check_readable(tables)
        formats.check_distinct(tables)
    except formats.SpecError as error:
        raise SpecsError(str(error)) from error
    notes = [
        *inputs.notes,
        *found.notes,
        *(note for table in tables for note in table.notes),
        *filter(None, [left_out]),
    ]
    if spec_options.protect:
        notes += [note for table in tables if table.spec for note in formats.protect(table.spec)]
    print_notes(notes)
    return LoadedSpecs(
        [
            LoadedSpec(table.spec, table.file, table.region, table.must_exist)
            for table in tables
            if table.spec
        ],
        notes,
    )


def _pairs(option: str, values: Sequence[str]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise click.BadParameter(f"{name!r} is not KEY=VALUE", param_hint=f"'{option}'")
    return {name: value for name, _, value in pairs}


def _deployed(stacks: Sequence[str]) -> dict[str, str]:
    """Read the files STACKS of deployed stacks."""
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    found: dict[str, str] = {}
    for file in stacks:
        try:
            found |= formats.stack_resources(Path(file).read_bytes(), name=file)
        except formats.SpecError as error:
            raise SpecsError(str(error)) from error
        except OSError as error:
            raise SpecsError(f"{file}: {error.strerror}") from error
    return found


def _parameters_in(files: Sequence[str]) -> dict[str, str]:
    """Read the parameter values in FILES. The last file with a parameter takes precedence."""
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    found: dict[str, str] = {}
    for file in files:
        try:
            found |= formats.parameter_values(Path(file).read_bytes(), name=file)
        except formats.SpecError as error:
            raise SpecsError(str(error)) from error
        except OSError as error:
            raise SpecsError(f"{file}: {error.strerror}") from error
    return found


def _found(file: str, inputs: Inputs) -> Found:
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    if file == "-":
        return formats.find(standard_input(), name="standard input", inputs=inputs)
    try:
        return formats.load(file, inputs=inputs)
    except OSError as error:
        raise SpecsError(f"{file}: {error.strerror}") from error


def standard_input() -> str | bytes:
    """Read standard input."""
    binary = getattr(sys.stdin, "buffer", None)
    return binary.read() if binary else sys.stdin.read()


def _check_readable(tables: Sequence[FoundTable]) -> None:
    """Raise SpecsError if some of TABLES can't be read. Several errors are printed to standard error."""
    errors = [table.refusal for table in tables if table.refusal]
    if not errors:
        return
    if len(errors) == 1:
        raise SpecsError(str(errors[0])) from errors[0]
    for error in errors:
        click.echo(str(error), err=True)
    needs = " ".join(dict.fromkeys(need for error in errors for need in error.needs))
    advice = f"give {needs}, or choose tables with --select" if needs else "choose tables with --select"
    raise SpecsError(f"{len(errors)} of {len(tables)} tables can't be read; {advice}")


def print_notes(notes: Sequence[str]) -> None:
    """Print NOTES to standard error, one on each line."""
    for note in notes:
        click.echo(printable(" ".join(f"note: {note}".split())), err=True)
