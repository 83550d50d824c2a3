"""Decides what an operation does next. Pure decisions, without I/O.

Each decision starts from the current table, so a server that takes over after a crash decides the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.cooldown import COOLDOWNS, Cooldown
from tableadmin_server.dynamodb.errors import OUTAGE
from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.record import (
    OperationError,
    OperationSpec,
    OperationStatus,
    Outcome,
    State,
)
from tableadmin_server.planner import (
    Action,
    ChangeClass,
    Plan,
    Step,
    Wait,
    changed_settings,
    ignored_by_creation,
)
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.tables.transitions import table_transitions

# For so many seconds AWS may still show a table as it was before an accepted change.
_STALE = 15.0
# The same for other endpoints. A single engine shows accepted changes at once.
_STALE_ELSEWHERE = 3.0
_STALE_INTERVAL = 1.0

# For how many seconds a failure that may be temporary is retried, from the first failure in a row. The
# longest time is for time to live, which AWS allows to change once an hour.
_RETRY_PERIODS: Mapping[int, float] = {
    Code.ABORTED: 600.0,
    Code.ALREADY_EXISTS: 60.0,
    Code.DEADLINE_EXCEEDED: 3600.0,
    Code.FAILED_PRECONDITION: 7200.0,
    Code.INTERNAL: 600.0,
    Code.RESOURCE_EXHAUSTED: 3600.0,
    Code.UNAUTHENTICATED: 120.0,
    Code.UNAVAILABLE: 3600.0,
}
# The same for refusals of a call that may have been made before: AWS may show an older state of the table.
_RETRY_PERIODS_IN_DOUBT: Mapping[int, float] = {Code.INVALID_ARGUMENT: 30.0, Code.NOT_FOUND: 30.0}
# Failures with these codes are temporary only if AWS gives a retry delay.
_WITH_DELAY = frozenset({Code.FAILED_PRECONDITION, Code.RESOURCE_EXHAUSTED})

_IN_USE = "RESOURCE_IN_USE_EXCEPTION"
_NO_PROGRESS = "NO_PROGRESS"
_SHORTEST_DELAY, _LONGEST_DELAY = 0.25, 30.0
# In an outage the circuit refuses retries at no cost. Operations retry often, to continue soon after it.
_LONGEST_OUTAGE_DELAY = 3.0


class WaitsFor(StrEnum):
    """The kinds of waits of an operation."""

    # The table, a part of it or an index is in transition.
    SETTLING = "settling"
    # AWS accepts the next change of the same kind only after some time.
    COOLDOWN = "cooldown"
    # An accepted change is not visible yet.
    VISIBILITY = "visibility"
    # The endpoint has throttled a call.
    THROTTLING = "throttling"
    # A call has failed and will be retried.
    RETRY = "retry"
    # The server must renew its lease.
    LEASE = "lease"
    # Policies have changed.
    POLICIES = "policies"
    # An audit record could not be written and will be retried.
    AUDIT = "audit"
    # The operation needs approvals.
    APPROVAL = "approval"
    # The start time of the operation has not come.
    TIME = "time"


@dataclass(frozen=True)
class Pause:
    """Wait, then read the table again. WAITS says for what; SECONDS is how long, None if that is unknown."""

    waits: tuple[str, ...]
    seconds: float | None = None
    # Whether the wait is one of the plan. An earlier read only updates the remaining time in WAITS.
    is_counted: bool = field(default=False, compare=False)
    waits_for: WaitsFor = field(default=WaitsFor.SETTLING, compare=False)


@dataclass(frozen=True)
class End:
    """End the operation. DIFFERENCES are the members in which the table still differs from the spec."""

    state: State
    error: OperationError | None = None
    differences: tuple[str, ...] = ()


# A step is a call to make.
Decision: TypeAlias = Step | Pause | End


def decide(spec: OperationSpec, status: OperationStatus, live: Snapshot, plan: Plan, age: float) -> Decision:
    """Return what the operation of SPEC and STATUS does next. PLAN leads from the table LIVE to the spec.

    This server has known the outcome of the last call for AGE seconds.
    """
    obstacle = _blocking_failure(spec, status, plan)
    if obstacle is not None:
        state, failure = obstacle
        return End(state, error_of(failure, left=left(live, plan)))
    if plan.waits:
        waits = tuple(wait.description for wait in plan.waits)
        seconds = _known_seconds(plan.waits)
        # Only transitions take an unknown time.
        waits_for = WaitsFor.SETTLING if seconds is None else WaitsFor.COOLDOWN
        return Pause(waits, seconds, is_counted=True, waits_for=waits_for)
    if not plan.steps:
        return End(State.SUCCEEDED, differences=_differences(plan))
    return _await_accepted(status, live, plan, age) or plan.steps[0]


def is_without_progress(decision: Decision) -> bool:
    """Whether DECISION is the end of an operation whose last call was accepted and shows no effect."""
    return isinstance(decision, End) and decision.error is not None and decision.error.reason == _NO_PROGRESS


def ignored_by_last_creation(status: OperationStatus, live: Snapshot, plan: Plan) -> frozenset[str]:
    """Return the members that the last call set and that LIVE does not show although it has settled.

    Only a CreateTable is considered: AWS shows every member that it creates.
    """
    last = status.calls[-1] if status.calls else None
    if last is None or last.outcome is not Outcome.ACCEPTED or any(table_transitions(live)):
        return frozenset()
    paths = [change.path for change in plan.changes if not change.skipped]
    if last.operation == "CreateTable" and live.exists:
        return ignored_by_creation(last.params, paths)
    return frozenset()


def _differences(plan: Plan) -> tuple[str, ...]:
    """The members that PLAN does not bring to the spec, and why."""
    skipped = [f"{change.path}: {change.skipped}" for change in plan.changes if change.skipped]
    unchanged = [f"{each.path}: {each.description}" for each in plan.warnings]
    return (*skipped, *unchanged)


def permission_failure(spec: OperationSpec, plan: Plan) -> Failure | None:
    """Return the Failure if PLAN has changes that SPEC does not allow, else None."""
    allowed = {
        # The replacement of a table includes all deletions.
        ChangeClass.DESTRUCTIVE: spec.allow_destructive or plan.action is Action.REPLACE,
        ChangeClass.REPLACEMENT: spec.allow_replacement,
    }
    for change_class in (ChangeClass.REPLACEMENT, ChangeClass.DESTRUCTIVE):
        changes = [each for each in plan.changes if each.change_class is change_class and not each.skipped]
        if changes and not allowed[change_class]:
            paths = ", ".join(change.path for change in changes)
            return Failure(
                Code.FAILED_PRECONDITION,
                f"{spec.table_name}: {_COSTS[change_class]}, which the request does not allow: {paths}",
                reason=f"{change_class}_CHANGE_NOT_ALLOWED",
            )
    return None


_COSTS = {
    ChangeClass.DESTRUCTIVE: "the changes would delete data or resources",
    ChangeClass.REPLACEMENT: "the table would be deleted with its items and created again",
}


def agreed_fingerprint(spec: OperationSpec, status: OperationStatus) -> str:
    """Return the fingerprint that the table must have before the next call, "" for any.

    It is the fingerprint of the plan that was approved or requested, until the operation makes a call.
    """
    request = status.approval_request
    if request is not None and request.calls == len(status.calls):
        return request.fingerprint
    return "" if status.calls else spec.fingerprint


def drift_failure(table_name: str, agreed: str, plan: Plan) -> Failure | None:
    """Return the Failure if the table has changed since the plan with the fingerprint AGREED ("" for none).

    Raises ValueError if AGREED is not a fingerprint.
    """
    if not agreed:
        return None
    paths = changed_settings(agreed, plan.fingerprint)
    if not paths:
        return None
    what = "the table was created, deleted or replaced" if paths == [""] else None
    return Failure(
        Code.ABORTED,
        f"{table_name}: the table has changed since it was planned: {what or ', '.join(paths)}",
        reason="TABLE_HAS_MOVED_ON",
    )


def refusal_failure(spec: OperationSpec, plan: Plan) -> Failure | None:
    """Return the Failure if PLAN is refused, else None."""
    if not plan.refusal:
        return None
    return Failure(Code.FAILED_PRECONDITION, f"{spec.table_name}: {plan.refusal}", reason="PLAN_REFUSED")


def error_of(failure: Failure, step: str = "", left: tuple[str, ...] = ()) -> OperationError:
    """Return FAILURE of the call STEP as the error of an operation. LEFT describes the table afterwards."""
    return OperationError(
        code=failure.code,
        reason=failure.reason,
        message=failure.message,
        aws_error_code=failure.metadata.get("aws_error_code", ""),
        aws_request_id=failure.metadata.get("aws_request_id", ""),
        call=step,
        left=left,
    )


def left(live: Snapshot, plan: Plan) -> tuple[str, ...]:
    """Return the state of the table: its status, the changes in progress, and the changes not made yet."""
    return tuple(_left(live, plan))


def _left(live: Snapshot, plan: Plan) -> Iterator[str]:
    if live.description is None:
        yield "the table does not exist"
        return
    yield f"the table is {live.description.get('TableStatus', 'ACTIVE')}"
    yield from (f"in progress: {wait.description}" for wait in plan.waits)
    yield from (f"not yet changed: {change.path}" for change in plan.changes if not change.skipped)


def retry_period(failure: Failure, *, in_doubt: bool) -> float:
    """Return for how many seconds FAILURE is retried, 0 if it is permanent.

    IN_DOUBT says that the call may have been made before and its answer lost.
    """
    if failure.code in _WITH_DELAY and _delay(failure) is None:
        return 0.0
    if in_doubt and failure.code in _RETRY_PERIODS_IN_DOUBT:
        return _RETRY_PERIODS_IN_DOUBT[failure.code]
    return _RETRY_PERIODS.get(failure.code, 0.0)


def is_throttled(failure: Failure) -> bool:
    """Whether the endpoint throttled the call: it changed nothing, and may succeed soon."""
    return failure.code == Code.RESOURCE_EXHAUSTED and _delay(failure) is not None


def shows_cooldown(cooldown: Cooldown, failure: Failure, since: timedelta | None) -> bool:
    """Whether FAILURE of a change shows that the endpoint has COOLDOWN.

    SINCE is the time since this operation's last change of the kind, None if there was none.
    """
    if any(each.type == "TIME_TO_LIVE_SETTLED" for each in failure.precondition_violations):
        return True
    is_about_another = is_throttled(failure) or failure.reason == _IN_USE
    is_early = since is not None and since < COOLDOWNS[cooldown]
    return is_early and failure.code in _WITH_DELAY and not is_about_another


def backoff(failure: Failure, failures: int, jitter: float) -> float:
    """Return the seconds until the retry after FAILURES in a row. JITTER is a random number from 0 to 1."""
    longest = _LONGEST_OUTAGE_DELAY if failure.reason in OUTAGE else _LONGEST_DELAY
    least = min(longest, _SHORTEST_DELAY * 2.0 ** min(failures - 1, 20))
    return max(_delay(failure) or 0.0, least) * (1 + jitter / 2)


def _blocking_failure(
    spec: OperationSpec, status: OperationStatus, plan: Plan
) -> tuple[State, Failure] | None:
    drift = drift_failure(spec.table_name, agreed_fingerprint(spec, status), plan)
    if drift is not None:
        return State.FAILED if status.calls else State.ABORTED, drift
    failure = refusal_failure(spec, plan) or permission_failure(spec, plan)
    return None if failure is None else (State.FAILED, failure)


def _await_accepted(status: OperationStatus, live: Snapshot, plan: Plan, age: float) -> Decision | None:
    """If the first step of PLAN was accepted before: a wait until the change is visible, or the end."""
    step = plan.steps[0]
    same = [
        call
        for call in status.calls
        if (call.operation, call.params) == (step.operation, step.params) and call.outcome is Outcome.ACCEPTED
    ]
    if not same:
        return None
    if same[-1] is status.calls[-1] and age < (_STALE if live.is_aws else _STALE_ELSEWHERE):
        waits = (f"{step.summary}: accepted, not visible yet",)
        return Pause(waits, _STALE_INTERVAL, waits_for=WaitsFor.VISIBILITY)
    failure = Failure(
        Code.ABORTED,
        f"{step.summary}: the endpoint accepted the change, but the change is not visible or was undone: "
        "the endpoint ignores the change, or another program changes the table",
        reason=_NO_PROGRESS,
    )
    return End(State.FAILED, error_of(failure, step.summary, left(live, plan)))


def _known_seconds(waits: tuple[Wait, ...]) -> float | None:
    seconds = [wait.seconds for wait in waits]
    known = [each for each in seconds if each is not None]
    return max(known) if len(known) == len(seconds) else None


def _delay(failure: Failure) -> float | None:
    return None if failure.quota else failure.retry_delay
