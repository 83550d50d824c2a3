"""`tablectl diff`: compare tables with their specs or with tables at another endpoint."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.app.settings import SETTINGS
from tableadmin.cli.output import terminal_text
from tableadmin.cli.output.blocks import Lines
from tableadmin.cli.specs import planning, regions, spec_files
from tableadmin.cli.specs.planning import Planned
from tableadmin.cli.specs.spec_files import LoadedSpec, SpecOptions
from tableadmin.cli.views.plans import plan_text

_endpoints = shell_completion.complete_setting(SETTINGS["endpoint"])


@click.command(cls=Command, example="tablectl diff Music --from staging --to production")
@click.argument("name", metavar="[TABLE]", required=False, shell_complete=shell_completion.tables)
@click.option(
    "--from", "origin", metavar="ENDPOINT", shell_complete=_endpoints, help="Endpoint of the reference table."
)
@click.option(
    "--to", "target", metavar="ENDPOINT", shell_complete=_endpoints, help="Endpoint of the table to compare."
)
@spec_files.spec_options(required=False)
@planning.exit_code_option
@pass_session
def diff(
    session: Session,
    name: str | None,
    origin: str | None,
    target: str | None,
    spec_options: SpecOptions,
    *,
    exit_code: bool,
) -> None:
    """Compare tables with spec files, or a table at one endpoint with the same table at another.

    With -f, tablectl shows the changes that make the live table match the spec. With --from and --to,
    tablectl shows the changes that make the table at --to match the table at --from.
    """
    notes: Sequence[str] = ()
    if name and origin and target and not spec_options.files:
        planned, notes = _between(session, name, origin, target)
    elif spec_options.files and not (name or origin or target):
        loaded, notes = spec_files.read(spec_options, session.region)
        notes = [*notes, *regions.tell(session, loaded)]
        planned = planning.plan_specs(session.client, loaded)
    else:
        raise click.UsageError("give -f FILE, or TABLE with --from ENDPOINT and --to ENDPOINT")
    _show(session, planned, notes)
    planned.check()
    if exit_code:
        planning.exit_with_changes(planned.plans)


def _between(session: Session, name: str, origin: str, target: str) -> tuple[Planned, Sequence[str]]:
    exported = planning.export_specs(session.client.with_options(endpoint=origin), [name])
    notes = [f"{origin}: {note}" for note in exported.notes]
    spec_files.print_notes(notes)
    loaded = [LoadedSpec(exported.specs[0], origin)]
    return planning.plan_specs(session.client.with_options(endpoint=target), loaded), notes


def _show(session: Session, planned: Planned, notes: Sequence[str]) -> None:
    if not session.in_blocks:
        session.show_document(planning.answer(planned.plans, notes))
        return
    terminal_text.write(plan_text.differences(planned.plans))
    if not planned.errors and not any(plan.changes or plan_text.is_uncertain(plan) for plan in planned.plans):
        session.show_blocks([Lines([], "no differences")])
