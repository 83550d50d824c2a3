"""`tablectl clone`: another table that is as one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.app.settings import SETTINGS
from tableadmin.cli.specs import applying, cloning, planning, spec_files
from tableadmin.cli.specs.applying import ApplyOptions
from tableadmin.cli.specs.spec_files import LoadedSpec
from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.v1 import TablePlan, TableSpec

_HELP = """Create a table with the settings of TABLE, at the same or another endpoint, without the items.

The new table gets all settings that a spec can contain. Standard error lists settings that are not cloned.
The command shows the plan and asks for confirmation, as `tablectl apply` does. If table NEWNAME
exists with other settings, nothing changes and the exit code is 1.
"""
_endpoints = shell_completion.setting(SETTINGS["endpoint"])


@click.command(cls=Command, help=_HELP, example="tablectl clone Music MusicTest --to staging")
@click.argument("name", metavar="TABLE", shell_complete=shell_completion.tables)
@click.argument("new", metavar="NEWNAME")
@click.option("--from", "source", metavar="ENDPOINT", shell_complete=_endpoints, help="Endpoint of TABLE.")
@click.option("--to", "target", metavar="ENDPOINT", shell_complete=_endpoints, help="Endpoint of NEWNAME.")
@applying.apply_options
@pass_session
def clone(
    session: Session,
    name: str,
    new: str,
    *,
    source: str | None,
    target: str | None,
    apply_options: ApplyOptions,
) -> None:
    """Create a table with the settings of another table."""
    here = session.client
    origin = here.with_options(endpoint=source) if source else here
    goal = here.with_options(endpoint=target) if target else here
    loaded = [LoadedSpec(_spec(origin, goal, name, new), name)]
    if applying.show_earlier_request(session, goal, loaded, apply_options):
        return
    planned = planning.planned(goal, loaded, apply_options.not_before)
    planned.check()
    plans = planned.plans
    applying.show_plans(session, plans)
    _check_new(plans[0])
    applying.apply(session, goal, loaded, plans, apply_options)


def _spec(origin: Client, goal: Client, name: str, new: str) -> TableSpec:
    exported = planning.exported(origin, [name])
    notes = [cloning.NOT_CLONED, *exported.notes]
    arn = origin.describe_table(table_name=name).table.table_arn
    elsewhere = origin.options.endpoint != goal.options.endpoint
    spec = cloning.renamed(exported.specs[0], new, arn, notes, elsewhere=elsewhere)
    spec_files.print_notes(notes)
    return spec


def _check_new(plan: TablePlan) -> None:
    if word(plan, "action") not in ("CREATE", "NONE"):
        raise CommandFailed(f"nothing changed: table {plan.table_name} already exists and differs")
