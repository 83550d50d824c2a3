"""`tablectl apply`: create and update tables to match their specs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app.exit_codes import CommandFailed, InputError
from tableadmin.cli.app.group import Command
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.specs import applying, plan_file, planning, regions, spec_files
from tableadmin.cli.specs.applying import ApplyOptions
from tableadmin.cli.specs.spec_files import SpecOptions
from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from tableadmin.cli.specs.plan_file import SavedPlans
    from tableadmin.v1 import TablePlan

_HELP = """Create and update tables to match their specs.

The command shows the plan, asks for confirmation, and shows the progress until all changes are complete.

PLAN is a file that `tablectl plan --out` wrote. If a table has changed since the plan was
saved, tablectl applies nothing.

The service runs one operation for each table. Ctrl-C stops the display. The operations continue, and
tablectl prints the command that shows their progress. With -o json, each line is a JSON object. The first
line is the plan. Each other line is an operation that has changed.

If policies permit the changes only with approval, the operations wait for the approval. tablectl prints who
can approve the operations, and the command to approve them.

The exit code is 0 if all tables match their specs, and 1 otherwise.
"""


@click.command(cls=Command, help=_HELP, example="tablectl apply -f tables.yaml")
@click.argument("plan", metavar="[PLAN]", required=False, type=click.Path())
@spec_files.spec_options(required=False)
@regions.any_region_option
@applying.permissions
@applying.apply_options
@pass_session
def apply(
    session: Session,
    plan: str | None,
    spec_options: SpecOptions,
    *,
    any_region: bool,
    apply_options: ApplyOptions,
) -> None:
    """Create and update tables to match their specs."""
    if bool(plan) == bool(spec_options.files):
        raise click.UsageError("give -f FILE or a PLAN file of 'tablectl plan --out'")
    saved = plan_file.read(plan) if plan else None
    if plan and saved:
        _check_endpoint(session, plan, saved)
    loaded, notes = (
        spec_files.LoadedSpecs(saved.specs, ()) if saved else spec_files.read(spec_options, session.region)
    )
    if applying.show_earlier_request(session, session.client, loaded, apply_options):
        return
    regions.check(session, loaded, any_region=any_region)
    planned = planning.plan_specs(session.client, loaded, apply_options.not_before)
    planned.check()
    plans = planned.plans
    applying.show_plans(session, plans, notes)
    if saved:
        _check_drift(saved.plans, plans)
    applying.apply(session, session.client, loaded, plans, apply_options)


def _check_endpoint(session: Session, plan: str, saved: SavedPlans) -> None:
    endpoint = session.settings["endpoint"].text
    if saved.endpoint != endpoint:
        raise InputError(f"nothing changed: {plan} is for {_at(saved.endpoint)}, not for {_at(endpoint)}")


def _at(endpoint: str | None) -> str:
    return f"endpoint {endpoint!r}" if endpoint else "the default endpoint"


def _check_drift(before: Sequence[TablePlan], now: Sequence[TablePlan]) -> None:
    """Raise CommandFailed if a table has changed since its confirmed plan of BEFORE.

    A table that needs no changes NOW is accepted.
    """
    changed = [
        f"{new.table_name} ({', '.join(_changed_paths(old, new)) or 'created again'})"
        for old, new in zip(before, now, strict=True)
        if old.fingerprint != new.fingerprint and word(new, "action") != "NONE"
    ]
    if changed:
        raise CommandFailed(
            f"nothing changed: changed since the plan was made: {'; '.join(changed)}; make a new plan"
        )


def _changed_paths(before: TablePlan, now: TablePlan) -> Iterator[str]:
    """Yield the paths at which the plans found different values."""
    then, new = ({change.path: change.before for change in plan.changes} for plan in (before, now))
    yield from sorted(path for path in then.keys() | new.keys() if then.get(path) != new.get(path))
