"""What an operation writes down as it gets on: pure functions from progress to progress."""

from datetime import datetime

from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution.reconcile import End
from tableadmin_server.operations.storage.record import Call, Outcome, Progress, State
from tableadmin_server.planner import Cooldown, Plan, Step
from tableadmin_server.tables.snapshot import Snapshot


def begun(progress: Progress, server: str, now: datetime) -> Progress:
    """SERVER carries it out from now on; nobody knows what came of a call that another had under way."""
    calls = tuple(
        replace(call, outcome=Outcome.UNKNOWN) if call.outcome is Outcome.UNDER_WAY else call
        for call in progress.calls
    )
    return replace(progress, state=State.RUNNING, server=server, calls=calls, updated=now)


def seen(progress: Progress, live: Snapshot, now: datetime) -> Progress:
    """The table was seen as LIVE; of one that was made, it counts from when it was first seen ACTIVE."""
    if not _just_made(progress, live):
        return progress
    return replace(progress, changed={**progress.changed, Cooldown.CREATION: now})


def planned(progress: Progress, plan: Plan) -> Progress:
    """PLAN says what is left."""
    waits = tuple(wait.description for wait in plan.waits)
    return replace(progress, waits=waits, remaining_calls=len(plan.steps))


def announced(progress: Progress, step: Step, server: str, now: datetime) -> Progress:
    """The call of STEP is about to be made: for the first time, or again after it did not succeed."""
    call = Call(
        summary=step.summary,
        operation=step.operation,
        params=step.params,
        server=server,
        began=now,
        in_doubt=is_in_doubt(progress),
    )
    earlier = progress.calls
    if earlier and _is_repeated(earlier[-1], step):
        call, earlier = replace(call, attempts=earlier[-1].attempts + 1), earlier[:-1]
    return replace(progress, calls=(*earlier, call), waits=(), updated=now)


def repeated(progress: Progress) -> Progress:
    """The call under way is made once more."""
    *before, last = progress.calls
    return replace(progress, calls=(*before, replace(last, attempts=last.attempts + 1)))


def is_in_doubt(progress: Progress) -> bool:
    """Whether a call may have been made of which nobody knows: no call has been accepted since."""
    return any(call.in_doubt or call.outcome is Outcome.UNKNOWN for call in progress.calls[-1:])


def accepted(
    progress: Progress, step: Step, aws_request_id: str, now: datetime, table_id: str | None = None
) -> Progress:
    """AWS has accepted the call of STEP; TABLE_ID is of the table that it made, where AWS says it."""
    changed = dict(progress.changed)
    made = step.operation == "CreateTable"
    if made:
        changed.pop(Cooldown.CREATION, None)  # it counts from when the table is ACTIVE
    elif step.cooldown is not None:
        changed[step.cooldown] = now
    return replace(
        _answered(progress, now, outcome=Outcome.ACCEPTED, aws_request_id=aws_request_id, in_doubt=False),
        table_id=table_id if made else progress.table_id,
        changed=changed,
        waits=step.waits,
        remaining_calls=max(0, progress.remaining_calls - 1),
    )


def failed(progress: Progress, failure: Failure, now: datetime) -> Progress:
    """The call under way has ended in FAILURE."""
    unanswered = not failure.metadata.get("aws_error_code") or failure.code == Code.INTERNAL
    return _answered(
        progress,
        now,
        outcome=Outcome.UNKNOWN if unanswered else Outcome.REFUSED,
        error=failure.message,
        aws_request_id=failure.metadata.get("aws_request_id", ""),
    )


def ended(progress: Progress, end: End, now: datetime) -> Progress:
    """Nothing more is to be done."""
    return replace(progress, state=end.state, trouble=end.trouble, waits=(), updated=now, ended=now)


def _answered(progress: Progress, now: datetime, **members: object) -> Progress:
    *before, last = progress.calls
    return replace(progress, calls=(*before, replace(last, ended=now, **members)), updated=now)


def _is_repeated(last: Call, step: Step) -> bool:
    same = (last.operation, last.params) == (step.operation, step.params)
    return same and last.outcome is not Outcome.ACCEPTED


def _just_made(progress: Progress, live: Snapshot) -> bool:
    """Whether a table that this operation made is seen ACTIVE for the first time."""
    made = any(
        call.operation == "CreateTable" and call.outcome is Outcome.ACCEPTED for call in progress.calls
    )
    active = (live.description or {}).get("TableStatus") == "ACTIVE"
    return made and active and Cooldown.CREATION not in progress.changed
