"""What stands against a request, looked for before anything is begun."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure, PreconditionViolation, invalid_request
from tableadmin_server.operations.reconcile import drift_failure, permission_failure, refusal_failure
from tableadmin_server.operations.record import Order
from tableadmin_server.operations.store import Found
from tableadmin_server.planner import plan
from tableadmin_server.tables.planned import observed


async def check(endpoint: Endpoint, orders: Sequence[Order], holders: Mapping[str, Found]) -> None:
    """Raise Failure for the first table that can't be changed as ordered; its details name all such tables.

    HOLDERS are the operations that hold tables now, by table name.
    """
    found = await asyncio.gather(
        *(_obstacle(endpoint, order, holders.get(order.table_name)) for order in orders)
    )
    failures = [failure for failure in found if failure is not None]
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


async def _obstacle(endpoint: Endpoint, order: Order, holder: Found | None) -> Failure | None:
    if order.table_name == endpoint.operations_table:
        return invalid_request(
            "specs", f"{order.table_name} stores the operations and cannot be the table of a spec"
        )
    if isinstance(holder, Failure):
        return holder
    if holder is not None:
        return under_way(order.table_name, holder.operation.order.operation_id)
    live = await observed(endpoint, order.table_name, order.spec.keys())
    planned = plan(order.spec, live, datetime.now(UTC))
    try:
        failure = drift_failure(order, planned)
    except ValueError as error:
        return invalid_request(f"fingerprints[{order.table_name}]", str(error))
    return failure or refusal_failure(order, planned) or permission_failure(order, planned)


def under_way(table_name: str, operation_id: str) -> Failure:
    """The end of a request for a table that another operation is changing."""
    return Failure(
        Code.FAILED_PRECONDITION,
        f"{table_name}: the operation {operation_id} is changing the table",
        reason="OPERATION_UNDER_WAY",
        metadata={"table": table_name, "operation_id": operation_id},
    )
