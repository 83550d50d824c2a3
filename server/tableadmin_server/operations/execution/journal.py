"""The status of an operation after each event. Pure functions."""

from datetime import datetime
from decimal import Decimal

from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution.reconcile import End
from tableadmin_server.operations.storage.record import Call, OperationStatus, Outcome, State
from tableadmin_server.planner import CREATIONS, Plan, Step
from tableadmin_server.tables.snapshot import Snapshot


def after_start(status: OperationStatus, server: str, now: datetime) -> OperationStatus:
    """Return the status once SERVER carries out the operation. Calls under way get the outcome UNKNOWN."""
    calls = tuple(
        replace(call, outcome=Outcome.UNKNOWN) if call.outcome is Outcome.UNDER_WAY else call
        for call in status.calls
    )
    return replace(status, state=State.RUNNING, server=server, calls=calls, updated=now)


def after_read(status: OperationStatus, live: Snapshot, now: datetime) -> OperationStatus:
    """Return the status once the table was read as LIVE. A creation's cooldown begins when it is ACTIVE."""
    if not _just_made(status, live):
        return status
    return replace(status, changed={**status.changed, Cooldown.CREATION: now})


def after_planning(
    status: OperationStatus, plan: Plan, cost_increase: Decimal | None = None
) -> OperationStatus:
    """Return the status with the waits and the number of calls of PLAN, and with its COST_INCREASE."""
    waits = tuple(wait.description for wait in plan.waits)
    return replace(status, waits=waits, remaining_calls=len(plan.steps), cost_increase=cost_increase)


def before_call(status: OperationStatus, step: Step, server: str, now: datetime) -> OperationStatus:
    """Return the status before the call of STEP. A call repeated after a failure counts another attempt."""
    call = Call(
        summary=step.summary,
        operation=step.operation,
        params=step.params,
        server=server,
        began=now,
        in_doubt=is_in_doubt(status),
    )
    earlier = status.calls
    if earlier and _is_repeated(earlier[-1], step):
        call, earlier = replace(call, attempts=earlier[-1].attempts + 1), earlier[:-1]
    return replace(status, calls=(*earlier, call), waits=(), updated=now)


def before_retry(status: OperationStatus) -> OperationStatus:
    """Return the status with another attempt of the call under way."""
    *before, last = status.calls
    return replace(status, calls=(*before, replace(last, attempts=last.attempts + 1)))


def is_in_doubt(status: OperationStatus) -> bool:
    """Whether an earlier call may have been made without an answer, and none was accepted since."""
    return any(call.in_doubt or call.outcome is Outcome.UNKNOWN for call in status.calls[-1:])


def after_acceptance(
    status: OperationStatus, step: Step, aws_request_id: str, now: datetime, table_id: str | None = None
) -> OperationStatus:
    """Return the status once AWS has accepted STEP. TABLE_ID is a created table's id, if AWS returns it."""
    changed = dict(status.changed)
    made = step.operation in CREATIONS
    if made:
        changed.pop(Cooldown.CREATION, None)  # begins when the table is ACTIVE: see `after_read`
    elif step.cooldown is not None:
        changed[step.cooldown] = now
    return replace(
        _answered(status, now, outcome=Outcome.ACCEPTED, aws_request_id=aws_request_id, in_doubt=False),
        table_id=table_id if made else status.table_id,
        changed=changed,
        waits=step.waits,
        remaining_calls=max(0, status.remaining_calls - 1),
    )


def after_failure(status: OperationStatus, failure: Failure, now: datetime) -> OperationStatus:
    """Return the status once the call under way has ended with FAILURE."""
    unanswered = not failure.metadata.get("aws_error_code") or failure.code == Code.INTERNAL
    return _answered(
        status,
        now,
        outcome=Outcome.UNKNOWN if unanswered else Outcome.REFUSED,
        error=failure.message,
        aws_request_id=failure.metadata.get("aws_request_id", ""),
    )


def after_end(status: OperationStatus, end: End, now: datetime) -> OperationStatus:
    """Return the last status of an operation that ends with END."""
    return replace(
        status,
        state=end.state,
        error=end.error,
        differences=end.differences,
        waits=(),
        updated=now,
        ended=now,
    )


def _answered(status: OperationStatus, now: datetime, **members: object) -> OperationStatus:
    *before, last = status.calls
    return replace(status, calls=(*before, replace(last, ended=now, **members)), updated=now)


def _is_repeated(last: Call, step: Step) -> bool:
    same = (last.operation, last.params) == (step.operation, step.params)
    return same and last.outcome is not Outcome.ACCEPTED


def _just_made(status: OperationStatus, live: Snapshot) -> bool:
    """Whether a table that this operation created is ACTIVE for the first time."""
    made = any(call.operation in CREATIONS and call.outcome is Outcome.ACCEPTED for call in status.calls)
    active = (live.description or {}).get("TableStatus") == "ACTIVE"
    return made and active and Cooldown.CREATION not in status.changed
