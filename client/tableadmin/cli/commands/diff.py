"""`tablectl diff`: how tables differ from their specs, or from one endpoint to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from tableadmin.cli.app import shell_completion, terminal_text
from tableadmin.cli.app.blocks import Lines
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.output import show
from tableadmin.cli.app.session import Session, aws, pass_session
from tableadmin.cli.app.settings import SETTINGS
from tableadmin.cli.specs import planning, spec_files
from tableadmin.cli.specs.planning import Planned
from tableadmin.cli.specs.spec_files import LoadedSpec
from tableadmin.cli.views import plan_text

_endpoints = shell_completion.setting(SETTINGS["endpoint"])


@click.command(cls=Command, example="tablectl diff Music --from staging --to production")
@click.argument("name", metavar="[TABLE]", required=False, shell_complete=shell_completion.tables)
@click.option(
    "--from", "source", metavar="ENDPOINT", shell_complete=_endpoints, help="Endpoint of the reference table."
)
@click.option(
    "--to", "target", metavar="ENDPOINT", shell_complete=_endpoints, help="Endpoint of the table to compare."
)
@spec_files.files_option(required=False)
@spec_files.parameters_option
@planning.exit_code_option
@pass_session
def diff(
    session: Session,
    name: str | None,
    source: str | None,
    target: str | None,
    files: Sequence[str],
    parameters: Mapping[str, str],
    *,
    exit_code: bool,
) -> None:
    """Compare tables with spec files, or a table at one endpoint with the same table at another.

    With -f, tablectl shows the changes that make the live table match the spec. With --from and --to,
    tablectl shows the changes that make the table at --to match the table at --from.
    """
    if name and source and target and not files:
        planned = _between(session, name, source, target)
    elif files and not (name or source or target):
        planned = planning.planned(session.client, spec_files.read(files, parameters))
    else:
        raise click.UsageError("give -f FILE, or TABLE with --from ENDPOINT and --to ENDPOINT")
    _show(session, planned)
    planned.check()
    if exit_code:
        planning.exit_with_changes(planned.plans)


def _between(session: Session, name: str, source: str, target: str) -> Planned:
    exported = planning.exported(session.client.with_options(endpoint=source), [name])
    spec_files.print_notes([f"{source}: {note}" for note in exported.notes])
    return planning.planned(
        session.client.with_options(endpoint=target), [LoadedSpec(exported.specs[0], source)]
    )


def _show(session: Session, planned: Planned) -> None:
    if not session.in_blocks:
        show({"Plans": [aws(plan) for plan in planned.plans]}, session.output)
    elif any(plan.changes for plan in planned.plans):
        terminal_text.write(plan_text.differences(planned.plans))
    elif not planned.errors:
        show([Lines([], "no differences")], session.output)
