"""The page of a plan: a text is validated, planned, and what was planned is applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.output.terminal_text import Line, line_data
from tableadmin.cli.views.access_text import refusal_text
from tableadmin.cli.views.formatting import word
from tableadmin.cli.views.operations.operation_text import requirement
from tableadmin.cli.views.plans import plan_text
from tableadmin.console.api import specs
from tableadmin.console.api.access import offers
from tableadmin.console.http.responses import Refusal
from tableadmin.console.live import operation_rows
from tableadmin.console.shown_plans import ShownPlan, destroying_classes

if TYPE_CHECKING:
    from tableadmin.cli.views.plans.costs import Costs
    from tableadmin.client import Client
    from tableadmin.console.api.specs import Edited
    from tableadmin.console.pricing import Pricing
    from tableadmin.console.service import Service
    from tableadmin.v1 import TablePlan

Body = Mapping[str, object]


def validate(service: Service, query: Mapping[str, str], body: Body) -> dict[str, object]:
    """The tables of the text, and the problems of the text."""
    return _checked(service.endpoint(query).client, body, specs.parse_edited_specs(body))


def _checked(client: Client, body: Body, edited: Edited) -> dict[str, object]:
    problems = edited.problems or specs.violations(client, str(body.get("text")), edited.specs)
    return {
        "tables": [each.table_name for each in edited.specs],
        "notes": [*edited.notes],
        "problems": [asdict(each) for each in problems],
    }


def plan(service: Service, query: Mapping[str, str], body: Body) -> dict[str, object]:
    """The plan of the text, and the ID under which it can be applied; or the problems of the text."""
    edited, endpoint = specs.parse_edited_specs(body), service.endpoint(query)
    checked = _checked(endpoint.client, body, edited)
    if checked["problems"]:
        return {**checked, "plan": None}
    from tableadmin.cli.specs.planning import refuse_creation  # noqa: PLC0415 - the first page need not wait

    pricing = service.pricing
    plans = endpoint.client.plan(edited.specs, include_billing=pricing is not None).plans
    costs, told = _costs(pricing, endpoint.client, plans) if pricing else (None, [])
    for table, each in zip(edited.tables, plans, strict=True):
        if table.must_exist:
            refuse_creation(each, table.must_exist)
    shown = ShownPlan(endpoint.client.options.endpoint, edited.specs, plans)
    return {
        **checked,
        "plan": service.shown_plans.add(shown),
        "summary": plan_text.summary(plans),
        "costs": line_data(told),
        "plans": [_plan(endpoint.client, each, costs) for each in plans],
    }


def apply(service: Service, query: Mapping[str, str], body: Body) -> dict[str, object]:
    """Begin the operations of the plan that BODY names.

    `confirmed` in BODY has the names of the tables that lose something, as the user has typed them. Raises
    Refusal if a name is missing, and TableAdminError.
    """
    from tableadmin.cli.specs.applying import requester  # noqa: PLC0415 - as above

    endpoint = service.endpoint(query)
    key = str(body.get("plan"))
    shown = service.shown_plans.get(key)
    if shown is None or shown.endpoint != endpoint.client.options.endpoint:
        raise Refusal(HTTPStatus.CONFLICT, "this plan is not known any more: plan again", "NO_SUCH_PLAN")
    _check_confirmed(shown, body)
    changed = [
        (spec, plan)
        for spec, plan in zip(shown.specs, shown.plans, strict=True)
        if word(plan, "action") != "NONE"
    ]
    if not changed:
        return {"operations": []}
    classes = {each for found in shown.destroying.values() for each in found}
    begun = endpoint.client.apply(
        [spec for spec, _ in changed],
        fingerprints={plan.table_name: plan.fingerprint for _, plan in changed},
        allow_destructive="DESTRUCTIVE" in classes,
        allow_replacement="REPLACEMENT" in classes,
        request_id=key,
        requested_by=requester(),
    )
    endpoint.look_for_operations()
    return {"operations": [operation_rows.row(each) for each in begun.latest]}


def _costs(pricing: Pricing, client: Client, plans: Sequence[TablePlan]) -> tuple[Costs | None, list[Line]]:
    """The costs of PLANS, and lines about all of them; None, and why, if the prices can't be read."""
    from tableadmin.cli.views.plans.costs import total_lines  # noqa: PLC0415 - the first page need not wait

    try:
        costs, notes = pricing.costs(client, plans)
    except CommandFailed as error:
        return None, [Line(f"Costs are not shown: {error.message}.")]
    return costs, [*total_lines(costs), *(Line(f"Note: {each}") for each in notes)]


def _check_confirmed(shown: ShownPlan, body: Body) -> None:
    """Raise Refusal for a plan that is refused, or that deletes something and is not confirmed."""
    refused = [f"{each.table_name}: {each.refusal}" for each in shown.plans if each.refusal]
    if refused:
        raise Refusal(HTTPStatus.CONFLICT, f"nothing changed: {'; '.join(refused)}", "PLAN_REFUSED")
    confirmed = body.get("confirmed")
    missing = [name for name in shown.destroying if name not in _texts(confirmed)]
    if missing:
        text = f"nothing changed: type the name of each table that loses something: {', '.join(missing)}"
        raise Refusal(HTTPStatus.CONFLICT, text, "NOT_CONFIRMED")


def _denials(plan: TablePlan) -> list[str]:
    found = [each.denial for each in plan.steps if each.HasField("denial")]
    return [*dict.fromkeys(refusal_text(each.action, each.policies, each.advice) for each in found)]


def _texts(found: object) -> Sequence[object]:
    return found if isinstance(found, list) else []


def _classes(plan: TablePlan) -> list[str]:
    """The classes of the changes; none for a table that is created, which has nothing to change."""
    if word(plan, "action") == "CREATE":
        return []
    return sorted({plan_text.class_name(each) for each in plan.changes if not each.skipped})


def _plan(client: Client, plan: TablePlan, costs: Costs | None) -> dict[str, object]:
    changes = [each for each in plan.changes if not each.skipped]
    approvals = {requirement(each) for step in plan.steps for each in step.required_approvals}
    return {
        "table": plan.table_name,
        "action": word(plan, "action"),
        "classes": _classes(plan),
        "destroys": bool(destroying_classes(plan)),
        "losses": [f"{each.path}: {each.effect}" for each in changes if each.effect],
        "refusal": plan.refusal,
        "denials": _denials(plan),
        "approvals": sorted(approvals),
        "lines": line_data(plan_text.body(plan, costs)),
        "offers": offers(client, plan.table_name, ["ApplyPlan"]),
    }
