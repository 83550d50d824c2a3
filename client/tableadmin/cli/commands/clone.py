"""`tablectl clone`: another table that is as one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import shell_completion
from tableadmin.cli.app.exit_codes import Unfinished
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.app.settings import SETTINGS
from tableadmin.cli.specs import applying, cloning, planning, spec_files
from tableadmin.cli.specs.applying import Wishes
from tableadmin.cli.specs.spec_files import Given
from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.v1 import TablePlan, TableSpec

_HELP = """Make another table that is as TABLE is, at the same endpoint or at another, without its items.

Everything that a spec holds is cloned, and what is left out is said. The plan is shown and asked about as by
`tablectl apply`. A table NEWNAME that is there already is left as it is: that is an error where it differs.
"""
_endpoints = shell_completion.setting(SETTINGS["endpoint"])


@click.command(cls=Command, help=_HELP, example="tablectl clone Music MusicTest --to staging")
@click.argument("name", metavar="TABLE", shell_complete=shell_completion.tables)
@click.argument("new", metavar="NEWNAME")
@click.option("--from", "source", metavar="ENDPOINT", shell_complete=_endpoints, help="Where TABLE is.")
@click.option("--to", "target", metavar="ENDPOINT", shell_complete=_endpoints, help="Where NEWNAME is made.")
@applying.wishes
@pass_session
def clone(
    session: Session, name: str, new: str, *, source: str | None, target: str | None, wishes: Wishes
) -> None:
    """Make another table that is as one is."""
    here = session.client
    origin = here.with_options(endpoint=source) if source else here
    goal = here.with_options(endpoint=target) if target else here
    given = [Given(_spec(origin, goal, name, new), name)]
    if applying.was_asked_before(session, goal, given, wishes):
        return
    planned = planning.planned(goal, given)
    planned.check()
    plans = planned.plans
    applying.show_plans(session, plans)
    _check_new(plans[0])
    applying.apply(session, goal, given, plans, wishes)


def _spec(origin: Client, goal: Client, name: str, new: str) -> TableSpec:
    exported = planning.exported(origin, [name])
    notes = [cloning.NOT_CLONED, *exported.notes]
    arn = origin.describe_table(table_name=name).table.table_arn
    elsewhere = origin.options.endpoint != goal.options.endpoint
    spec = cloning.renamed(exported.specs[0], new, arn, notes, elsewhere=elsewhere)
    spec_files.say(notes)
    return spec


def _check_new(plan: TablePlan) -> None:
    if word(plan, "action") not in ("CREATE", "NONE"):
        raise Unfinished(f"nothing was done: table {plan.table_name} is there already and differs")
