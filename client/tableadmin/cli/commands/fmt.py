"""`tablectl fmt`: spec files in the canonical form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.exit_codes import CHANGES_FOUND, CommandFailed
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Lines
from tableadmin.cli.requests import json_input
from tableadmin.cli.specs import formatting, spec_files
from tableadmin.cli.specs.formatting import STANDARD_INPUT, Formatting

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict


@click.command("fmt", cls=Command, example="tablectl fmt tables/")
@click.argument(
    "paths",
    metavar="FILE|FOLDER|-...",
    nargs=-1,
    required=True,
    shell_complete=shell_completion.files,
)
@click.option("--check", is_flag=True, help="Change no file. Exit with code 2 if a file would change.")
@click.option("--diff", is_flag=True, help="Change no file. Print what would change.")
@pass_session
def fmt(session: Session, paths: Sequence[str], *, check: bool, diff: bool) -> None:
    """Rewrite spec files in one canonical form.

    The canonical form has the members in the order of the contract, block style with two spaces for YAML, and
    one style of quotes. Comments stay next to their members. The meaning of a file does not change. JSON
    stays JSON. A file whose lines all end with CRLF keeps these line ends.

    In folders, fmt reads all YAML and JSON files. fmt does not change files in other formats, such as
    CloudFormation, or files without content. Standard error lists these files. Standard output lists the
    files that fmt changes. With -, fmt reads standard input and prints the result. fmt needs no server.
    """
    if STANDARD_INPUT in paths and len(paths) > 1:
        raise click.UsageError("- cannot be combined with files.")
    content = spec_files.standard_input() if STANDARD_INPUT in paths else b""
    found = [*formatting.format_files([*map(json_input.path_of, paths)], content)]
    changed = [each for each in found if each.is_changed]
    if not (check or diff):
        _write(changed)
    if STANDARD_INPUT in paths and not (check or diff):
        click.echo("" if found[0].error else found[0].text, nl=False)
    elif diff and session.in_blocks:
        session.show_blocks([Lines([line for each in changed for line in each.diff()])])
    elif session.in_blocks:
        session.show_blocks([Lines([each.name for each in changed])])
    else:
        session.show_document(_answer(found))
    spec_files.print_notes(_notes(found))
    _fail(found)
    if check and changed:
        raise click.exceptions.Exit(CHANGES_FOUND)


def _write(changed: Sequence[Formatting]) -> None:
    for each in changed:
        if each.file != STANDARD_INPUT:
            each.write()


def _answer(found: Sequence[Formatting]) -> AwsDict:
    read = [each for each in found if not (each.left_alone or each.error)]
    return {
        "Changed": [{"File": each.file, "Diff": "\n".join(each.diff())} for each in read if each.is_changed],
        "Unchanged": [each.file for each in read if not each.is_changed],
        "LeftAlone": [
            {"File": each.file, "Reason": f"{each.left_alone}"} for each in found if each.left_alone
        ],
        "Errors": [each.error for each in found if each.error],
    }


def _notes(found: Sequence[Formatting]) -> list[str]:
    """Return a line for each file that is not rewritten. Files found in folders share one line."""
    alone = [each for each in found if each.left_alone]
    named = [f"{each.name} {each.left_alone}; it is left alone" for each in alone if not each.found]
    others = [each.file for each in alone if each.found]
    more = f", and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    listed = f"left alone, because they are no table specs: {', '.join(others[:_NAMED])}{more}"
    return [*named, *([listed] if others else [])]


_NAMED = 5


def _fail(found: Sequence[Formatting]) -> None:
    errors = [each.error for each in found if each.error]
    if len(errors) == 1:
        raise CommandFailed(errors[0])
    if errors:
        for error in errors:
            click.echo(error, err=True)
        raise CommandFailed(f"{len(errors)} of {len(found)} files can't be formatted")
