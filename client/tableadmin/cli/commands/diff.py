"""`tablectl diff`: how tables differ from their specs, or from one endpoint to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import shell_completion, terminal_text
from tableadmin.cli.app.blocks import Lines
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.output import show
from tableadmin.cli.app.session import Session, aws, pass_session
from tableadmin.cli.app.settings import SETTINGS
from tableadmin.cli.specs import live_spec, planning, spec_files
from tableadmin.cli.specs.spec_files import Given
from tableadmin.cli.views import plan_text

if TYPE_CHECKING:
    from tableadmin.v1 import PlanTablesResponse

_endpoints = shell_completion.setting(SETTINGS["endpoint"])


@click.command(cls=Command, example="tablectl diff Music --from staging --to production")
@click.argument("name", metavar="[TABLE]", required=False, shell_complete=shell_completion.tables)
@click.option(
    "--from", "source", metavar="ENDPOINT", shell_complete=_endpoints, help="Where TABLE is as it should be."
)
@click.option("--to", "target", metavar="ENDPOINT", shell_complete=_endpoints, help="Where it may differ.")
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
    tell: bool,
) -> None:
    """Show how tables differ from the specs in files, or a table at one endpoint from the same at another.

    Each change leads from what is to what the specs, or the table at the first endpoint, say.
    """
    if name and source and target and not files:
        response = _between(session, name, source, target)
    elif files and not (name or source or target):
        response = planning.planned(session.client, spec_files.read(files, parameters))
    else:
        raise click.UsageError("give -f FILE, or TABLE with --from ENDPOINT and --to ENDPOINT")
    _show(session, response)
    if tell:
        planning.tell_changes(response.plans)


def _between(session: Session, name: str, source: str, target: str) -> PlanTablesResponse:
    notes: list[str] = []
    spec = live_spec.read(session.client.with_options(endpoint=source), name, notes)
    spec_files.say([f"{source}: {note}" for note in notes])
    return planning.planned(session.client.with_options(endpoint=target), [Given(spec, source)])


def _show(session: Session, response: PlanTablesResponse) -> None:
    if session.output != "table":
        show(aws(response), session.output)
    elif any(plan.changes for plan in response.plans):
        terminal_text.write(plan_text.differences(response.plans))
    else:
        show([Lines([], "no differences")], "table")
