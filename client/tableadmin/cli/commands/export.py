"""`tablectl export`: live tables as specs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.specs import planning, spec_files
from tableadmin.cli.specs.format_words import WRITTEN

if TYPE_CHECKING:
    from tableadmin.formats import Format


@click.command(cls=Command, example="tablectl export Music Sessions > tables.yaml")
@click.argument("names", metavar="[TABLE]...", nargs=-1, shell_complete=shell_completion.tables)
@click.option("--prefix", metavar="TEXT", help="Export all tables whose names start with TEXT.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(WRITTEN)),
    default="spec",
    show_default=True,
    help=f"Output format: {', '.join(WRITTEN.values())}.",
)
@pass_session
def export(session: Session, names: Sequence[str], prefix: str | None, form: str) -> None:
    """Write live tables as specs or in another format.

    Standard error lists settings that the format or the endpoint does not support. The plan for
    an exported spec or template has no changes.
    """
    if bool(names) == bool(prefix):
        raise click.UsageError("Give either table names or --prefix.")
    from tableadmin import formats  # noqa: PLC0415 - yaml and protobuf

    exported = planning.export_specs(session.client, names, prefix)
    if not exported.specs:
        click.echo("no tables", err=True)
        return
    written = formats.write(exported.specs, cast("Format", form))
    spec_files.print_notes([*exported.notes, *written.notes])
    click.echo(written.text, nl=False)
