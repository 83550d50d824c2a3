"""The checks of a request: whether each of its tables can be changed as requested.

If any check fails, no operation of the request starts. A request for a few tables is checked before it is
written, so ApplyPlan returns the error. A request for more tables is written first and checked in the
background while its operations wait (`background_admission`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure, PreconditionViolation, invalid_request
from tableadmin_server.operations.execution.approval import Required
from tableadmin_server.operations.execution.reconcile import (
    drift_failure,
    permission_failure,
    refusal_failure,
)
from tableadmin_server.operations.storage.record import OperationSpec, State
from tableadmin_server.operations.storage.store import Found
from tableadmin_server.planner import Plan, changed_settings, cost_increase, plan
from tableadmin_server.security.identity import acting_for
from tableadmin_server.tables.planned import read_for_plan
from tableadmin_server.tables.snapshot import Snapshot

# ApplyPlan reads the tables of requests up to this size before it answers. AWS takes three seconds at most.
TABLES_READ_AT_ONCE = 20


class CheckedTable(NamedTuple):
    """The result of the checks of one table. OBSTACLE is the check that failed, None if all passed.

    LIVE is the table as it was read. REQUIRED has the approvals that each step of PLAN requires.
    """

    spec: OperationSpec
    live: Snapshot
    plan: Plan
    obstacle: Failure | None = None
    required: Required = ()


async def check(
    endpoint: Endpoint, specs: Sequence[OperationSpec], holders: Mapping[str, Found]
) -> dict[str, CheckedTable]:
    """Return the checked tables by operation id; empty for more than TABLES_READ_AT_ONCE tables.

    HOLDERS are the operations that hold tables now, by table name. Raises Failure for the first table that
    can't be changed as requested; the details name all such tables.
    """
    found = {spec.operation_id: _known_obstacle(spec, holders) for spec in specs}
    checked: Sequence[CheckedTable] = ()
    if len(specs) <= TABLES_READ_AT_ONCE:
        free = [spec for spec in specs if found[spec.operation_id] is None]
        checked = await asyncio.gather(*(check_table(endpoint, spec) for spec in free))
        found.update((each.spec.operation_id, each.obstacle) for each in checked)
    _refuse([failure for failure in found.values() if failure is not None])
    return {each.spec.operation_id: each for each in checked}


async def check_table(endpoint: Endpoint, spec: OperationSpec) -> CheckedTable:
    """Read the table of SPEC and check it. Raises Failure if the table can't be read."""
    live = await read_for_plan(endpoint, spec.table_name, spec.table_spec)
    planned = plan(spec.table_spec, live, datetime.now(UTC))
    failure = (
        drift_failure(spec.table_name, spec.fingerprint, planned)
        or refusal_failure(spec, planned)
        or permission_failure(spec, planned)
    )
    if failure is not None:
        return CheckedTable(spec, live, planned, failure)
    try:
        return CheckedTable(spec, live, planned, required=await _required(endpoint, spec, planned, live))
    except Failure as denial:
        if denial.code != Code.PERMISSION_DENIED:
            raise
        return CheckedTable(spec, live, planned, denial)


async def _required(endpoint: Endpoint, spec: OperationSpec, planned: Plan, live: Snapshot) -> Required:
    """The approvals that the steps of PLANNED for LIVE require; raises Failure for the first denied step."""
    increase = cost_increase(planned, live, endpoint.region, endpoint.prices())
    with acting_for(spec.principal, spec.caller):
        return [
            await endpoint.authorize(
                spec.principal, step.operation, step.params, spec.table_name, spec.not_before, increase
            )
            for step in planned.steps
        ]


# What an operation that holds a table does in the states in which it does not change the table.
_WAITING = {
    State.AWAITING_APPROVAL: "waits for approval to change the table: approve, reject or cancel it first",
    State.SCHEDULED: "waits for its time to change the table: cancel it first",
}


def held_by_another(table_name: str, operation_id: str, state: State = State.RUNNING) -> Failure:
    """The Failure of a request for a table that another operation holds. STATE is that operation's state."""
    return Failure(
        Code.FAILED_PRECONDITION,
        f"{table_name}: the operation {operation_id} {_WAITING.get(state, 'is changing the table')}",
        reason="OPERATION_UNDER_WAY",
        metadata={"table": table_name, "operation_id": operation_id},
    )


def _known_obstacle(spec: OperationSpec, holders: Mapping[str, Found]) -> Failure | None:
    """The obstacle that is known without reading the table, None if there is none."""
    holder = holders.get(spec.table_name)
    if isinstance(holder, Failure):
        return holder
    if holder is not None:
        operation = holder.operation
        return held_by_another(spec.table_name, operation.spec.operation_id, operation.status.state)
    try:
        changed_settings(spec.fingerprint, spec.fingerprint) if spec.fingerprint else ()
    except ValueError as error:
        return invalid_request(f"fingerprints[{spec.table_name}]", str(error))
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
