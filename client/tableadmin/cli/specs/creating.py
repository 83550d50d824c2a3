"""Create one table by a spec that other tables gave, for `tablectl clone` and `tablectl restore`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.specs import applying, planning, spec_files
from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableadmin.cli.app.session import Session
    from tableadmin.cli.specs.applying import ApplyOptions
    from tableadmin.cli.specs.spec_files import LoadedSpec
    from tableadmin.client import Client
    from tableadmin.v1 import TablePlan


def create(
    session: Session,
    client: Client,
    spec: LoadedSpec,
    notes: Sequence[str],
    apply_options: ApplyOptions,
    *,
    restores: bool,
) -> None:
    """Show the plan for SPEC at the endpoint of CLIENT with NOTES, ask for confirmation, and apply the plan.

    RESTORES says that the table gets items from a restore. Raises CommandFailed if the table exists with
    other settings, or exists at all for a restore, and what `applying.apply` raises.
    """
    loaded = [spec]
    if applying.show_earlier_request(session, client, loaded, apply_options):
        return
    planned = planning.plan_specs(client, loaded, apply_options.not_before)
    planned.check()
    (plan,) = planned.plans
    if word(plan, "action") == "CREATE" and not plan.refusal:
        spec_files.print_notes(notes)
    applying.show_plans(session, planned.plans)
    _check_new(plan, restores=restores)
    applying.apply(session, client, loaded, planned.plans, apply_options)


def _check_new(plan: TablePlan, *, restores: bool) -> None:
    action = word(plan, "action")
    if restores and action != "CREATE":
        raise CommandFailed(
            f"nothing changed: table {plan.table_name} already exists, and AWS restores only to new tables"
        )
    if action not in ("CREATE", "NONE"):
        raise CommandFailed(f"nothing changed: table {plan.table_name} already exists and differs")
