"""The page of an operation: its calls and waits, what is to be approved, and the decisions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from tableadmin.cli.output.blocks import Fields, block_data
from tableadmin.cli.output.terminal_text import line_data
from tableadmin.cli.views.operations import operation_text
from tableadmin.cli.views.plans import plan_text
from tableadmin.console.api.access import offers
from tableadmin.console.live import operation_rows
from tableadmin.errors import TableAdminError

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.console.service import Service
    from tableadmin.v1 import Operation, TablePlan

_DECISIONS = ("ApproveOperation", "RejectOperation")
_TITLES = {"To approve": "Calls to approve", "By": "Decisions", "Call": "AWS calls"}


def operation(
    service: Service, query: Mapping[str, str], body: object, operation_id: str
) -> dict[str, object]:
    """The operation with its calls and its spec, and what the principal may do with it."""
    del body
    client = service.endpoint(query).client
    found = client.get_operation(operation_id)
    awaits = operation_text.awaits_approval(found)
    actions = (*_DECISIONS, "CancelOperation") if awaits else ("CancelOperation",)
    return {
        **operation_rows.row(found),
        "sections": [
            {"title": _title(block), **block_data(block)}
            for block in operation_text.details(found, time.time())
        ],
        "plan": _plan(client, found) if awaits else [],
        "spec": _spec(found),
        "offers": {} if operation_text.has_ended(found) else offers(client, found.table_name, actions),
    }


def approve(
    service: Service, query: Mapping[str, str], body: Mapping[str, object], operation_id: str
) -> dict[str, object]:
    """Approve what the operation waits for."""
    return _changed(service, query, lambda client: client.approve_operation(operation_id, _comment(body)))


def reject(
    service: Service, query: Mapping[str, str], body: Mapping[str, object], operation_id: str
) -> dict[str, object]:
    """End the operation that waits for approval."""
    return _changed(service, query, lambda client: client.reject_operation(operation_id, _comment(body)))


def cancel(service: Service, query: Mapping[str, str], body: object, operation_id: str) -> dict[str, object]:
    """Stop the operation before its next call."""
    del body
    return _changed(service, query, lambda client: client.cancel_operation(operation_id))


def _changed(
    service: Service, query: Mapping[str, str], change: Callable[[Client], Operation]
) -> dict[str, object]:
    """The operation after CHANGE, which all pages show at once."""
    endpoint = service.endpoint(query)
    done = change(endpoint.client)
    endpoint.look_for_operations()
    return operation_rows.row(done)


def _comment(body: Mapping[str, object]) -> str | None:
    return str(body.get("comment") or "") or None


def _title(block: object) -> str:
    if isinstance(block, Fields):
        return "Operation"
    columns = cast("list[str]", getattr(block, "columns", [""]) or [""])
    return _TITLES.get(columns[0], "AWS calls")


def _spec(operation: Operation) -> str:
    from tableadmin import formats  # noqa: PLC0415 - the first page need not wait for yaml

    return formats.write([operation.spec], "spec").text if operation.HasField("spec") else ""


def _plan(client: Client, operation: Operation) -> list[dict[str, object]]:
    """The changes that the operation makes, as they are now; nothing if the principal may not plan."""
    try:
        plans = client.plan([operation.spec]).plans
    except TableAdminError:
        return []
    return [line for plan in plans for line in line_data(plan_text.body(_of_requester(plan)))]


def _of_requester(plan: TablePlan) -> TablePlan:
    """PLAN without what policies say to whoever looks: the requester makes the calls."""
    for step in plan.steps:
        step.ClearField("denial")
        step.ClearField("required_approvals")
    return plan
