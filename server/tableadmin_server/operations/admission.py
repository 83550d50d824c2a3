"""The checks of a request: whether each of its tables can be changed as ordered.

A request that fails any check starts nothing. A request for a few tables is checked before it is written, so
that ApplyPlan fails. A request for more is written first and checked in the background, where its operations
wait (`background_admission`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure, PreconditionViolation, invalid_request
from tableadmin_server.operations.execution.reconcile import (
    drift_failure,
    permission_failure,
    refusal_failure,
)
from tableadmin_server.operations.storage.record import Order
from tableadmin_server.operations.storage.store import Found
from tableadmin_server.planner import moved, plan
from tableadmin_server.tables.planned import observed
from tableadmin_server.tables.snapshot import Snapshot

# The tables of a request that are read before ApplyPlan answers: on AWS that takes three seconds at most.
TABLES_READ_AT_ONCE = 20


class Look(NamedTuple):
    """A table as it was read for an order, and why it can't be changed as ordered, if it can't."""

    order: Order
    live: Snapshot
    obstacle: Failure | None


async def check(
    endpoint: Endpoint, orders: Sequence[Order], holders: Mapping[str, Found]
) -> dict[str, Snapshot]:
    """The tables by operation id, as they were read: none where more are ordered than are read at once.

    Raises Failure for the first table that can't be changed as ordered; its details name all such tables.
    HOLDERS are the operations that hold tables now, by table name.
    """
    found = {order.operation_id: _known_obstacle(endpoint, order, holders) for order in orders}
    looks: Sequence[Look] = ()
    if len(orders) <= TABLES_READ_AT_ONCE:
        free = [order for order in orders if found[order.operation_id] is None]
        looks = await asyncio.gather(*(look(endpoint, order) for order in free))
        found.update((each.order.operation_id, each.obstacle) for each in looks)
    _refuse([failure for failure in found.values() if failure is not None])
    return {each.order.operation_id: each.live for each in looks}


async def look(endpoint: Endpoint, order: Order) -> Look:
    """Read the table of ORDER and compare it with what was ordered; raises Failure where it can't be read."""
    live = await observed(endpoint, order.table_name, order.spec.keys())
    planned = plan(order.spec, live, datetime.now(UTC))
    failure = (
        drift_failure(order, planned) or refusal_failure(order, planned) or permission_failure(order, planned)
    )
    return Look(order, live, failure)


def under_way(table_name: str, operation_id: str) -> Failure:
    """The end of a request for a table that another operation is changing."""
    return Failure(
        Code.FAILED_PRECONDITION,
        f"{table_name}: the operation {operation_id} is changing the table",
        reason="OPERATION_UNDER_WAY",
        metadata={"table": table_name, "operation_id": operation_id},
    )


def _known_obstacle(endpoint: Endpoint, order: Order, holders: Mapping[str, Found]) -> Failure | None:
    """Why the table can't be changed as ordered, as far as that is known without reading the table."""
    if order.table_name == endpoint.own_table:
        return invalid_request(
            "specs", f"{order.table_name} stores the operations and cannot be the table of a spec"
        )
    holder = holders.get(order.table_name)
    if isinstance(holder, Failure):
        return holder
    if holder is not None:
        return under_way(order.table_name, holder.operation.order.operation_id)
    try:
        moved(order.fingerprint, order.fingerprint) if order.fingerprint else ()
    except ValueError as error:
        return invalid_request(f"fingerprints[{order.table_name}]", str(error))
    return None


def _refuse(failures: Sequence[Failure]) -> None:
    """Raise the first of FAILURES, with the others in its details."""
    if not failures:
        return
    first = failures[0]
    more = f" (and {len(failures) - 1} more tables)" if len(failures) > 1 else ""
    violations = [
        PreconditionViolation(failure.reason, failure.metadata.get("table", ""), failure.message)
        for failure in failures
        if failure.code != Code.INVALID_ARGUMENT
    ]
    raise Failure(
        first.code,
        f"{first.message}{more}",
        reason=first.reason,
        metadata=first.metadata,
        field_violations=first.field_violations,
        precondition_violations=violations,
    )
