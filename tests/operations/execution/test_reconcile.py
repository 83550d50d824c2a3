"""What comes next for an operation: pure decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.dynamodb.errors import OUTAGE
from tableadmin_server.failure import Failure, PreconditionViolation
from tableadmin_server.operations.execution import journal
from tableadmin_server.operations.execution.reconcile import (
    End,
    Pause,
    backoff,
    decide,
    retry_period,
    shows_cooldown,
)
from tableadmin_server.operations.storage.record import OperationSpec, OperationStatus, Outcome, State
from tableadmin_server.planner import Action, Change, ChangeClass, Plan, Step, Wait, plan
from tableadmin_server.tables.snapshot import Snapshot

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIVE = Snapshot("Music", {"TableName": "Music", "TableStatus": "ACTIVE", "TableId": "one"})
RAISE = Step("UpdateTable", {"TableName": "Music", "TableClass": "STANDARD"}, "change the table class")
TAG = Step("TagResource", {"ResourceArn": "arn"}, "set 1 tag", cooldown=Cooldown.TAGS)
EMPTY = OperationStatus(state=State.RUNNING, updated=NOW)


_SPEC = OperationSpec(operation_id="1", table_name="Music", table_spec={}, request_id="r", created=NOW)


def spec(**members: object) -> OperationSpec:
    """An order for the table Music."""
    return replace(_SPEC, **members)


def planned(*steps: Step, waits: tuple[Wait, ...] = (), change: ChangeClass | None = None) -> Plan:
    """A plan of STEPS, with one change of the class CHANGE."""
    changes = [Change("Tags[team]", None, "a", change or ChangeClass.IN_PLACE)] if steps else []
    action = Action.REPLACE if change is ChangeClass.REPLACEMENT else Action.UPDATE
    return Plan(action, changes, waits, list(steps), [], "")


def taken(status: OperationStatus, step: Step, outcome: Outcome = Outcome.ACCEPTED) -> OperationStatus:
    """STATUS with the call of STEP, and what came of it."""
    made = journal.before_call(status, step, "here", NOW)
    if outcome is Outcome.ACCEPTED:
        return journal.after_acceptance(made, step, "id", NOW)
    known = {"aws_error_code": "E"} if outcome is Outcome.REFUSED else {}
    return journal.after_failure(made, Failure(Code.UNAVAILABLE, "no", reason="NO", metadata=known), NOW)


def test_first_step() -> None:
    """Where nothing is to be waited for, the first step comes next."""
    assert RAISE == decide(spec(), EMPTY, LIVE, planned(RAISE, TAG), 0.0)


def test_waits() -> None:
    """What is to be waited for comes first; for how long is known where it is known of all."""
    known, unknown = Wait("tags: 3 s", 3.0), Wait("table: UPDATING")
    both = decide(spec(), EMPTY, LIVE, planned(RAISE, waits=(known, unknown)), 0.0)
    assert Pause(("tags: 3 s", "table: UPDATING")) == both
    assert Pause(("tags: 3 s",), 3.0) == decide(spec(), EMPTY, LIVE, planned(RAISE, waits=(known,)), 0.0)


def test_nothing_left() -> None:
    """An operation has succeeded when nothing is left to do or to wait for."""
    assert End(State.SUCCEEDED) == decide(spec(), EMPTY, LIVE, planned(), 0.0)


@pytest.mark.parametrize(
    ("change", "allowed", "reason"),
    [
        (ChangeClass.DESTRUCTIVE, {}, "DESTRUCTIVE_CHANGE_NOT_ALLOWED"),
        (ChangeClass.DESTRUCTIVE, {"allow_replacement": True}, "DESTRUCTIVE_CHANGE_NOT_ALLOWED"),
        (ChangeClass.DESTRUCTIVE, {"allow_destructive": True}, ""),
        (ChangeClass.REPLACEMENT, {"allow_destructive": True}, "REPLACEMENT_CHANGE_NOT_ALLOWED"),
        (ChangeClass.REPLACEMENT, {"allow_replacement": True}, ""),
        (ChangeClass.DISRUPTIVE, {}, ""),
    ],
)
def test_permission(change: ChangeClass, allowed: dict[str, bool], reason: str) -> None:
    """What goes for good goes only where that is allowed."""
    decision = decide(spec(**allowed), EMPTY, LIVE, planned(RAISE, change=change), 0.0)
    error = decision.error if isinstance(decision, End) else None
    assert reason == (error.reason if error else "")
    assert error is None or "Tags[team]" in error.message


def test_skipped_changes_need_no_permission() -> None:
    """What the endpoint does not have is not made, whatever it would cost, and is named at the end."""
    skipped = Change("Tags[team]", "a", None, ChangeClass.DESTRUCTIVE, skipped="not here")
    assert End(State.SUCCEEDED, differences=("Tags[team]: not here",)) == decide(
        spec(), EMPTY, LIVE, Plan(Action.NONE, [skipped], (), [], [], ""), 0.0
    )


def test_refusal() -> None:
    """A plan that is refused ends the operation, with the reason and the state of the table."""
    refused = Plan(Action.REPLACE, [], (), [], [], "", "deletion protection is on")
    decision = decide(spec(allow_replacement=True), EMPTY, LIVE, refused, 0.0)
    assert isinstance(decision, End)
    assert decision.error is not None
    assert (State.FAILED, "PLAN_REFUSED") == (decision.state, decision.error.reason)
    assert ("the table is ACTIVE",) == decision.error.left


def test_drift() -> None:
    """A table that has moved on since it was planned is left alone; what the operation did is no drift."""
    table_spec: AwsDict = {
        "TableName": "Music",
        "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    absent, there = plan(table_spec, Snapshot("Music"), NOW), plan(table_spec, LIVE, NOW)
    agreed = spec(table_spec=table_spec, fingerprint=absent.fingerprint, allow_replacement=True)
    decision = decide(agreed, EMPTY, LIVE, there, 0.0)
    assert isinstance(decision, End)
    assert State.ABORTED == decision.state
    assert not isinstance(decide(agreed, taken(EMPTY, RAISE), LIVE, there, 0.0), End)


def test_accepted_and_not_shown() -> None:
    """What AWS accepted may show late: it is waited for, not sent again."""
    decision = decide(spec(), taken(EMPTY, RAISE), LIVE, planned(RAISE), 5.0)
    assert isinstance(decision, Pause)


def test_accepted_in_vain() -> None:
    """A call that was accepted and is to be made again and again ends the operation."""
    for status in (taken(EMPTY, RAISE), taken(taken(EMPTY, RAISE), TAG)):
        decision = decide(spec(), status, LIVE, planned(RAISE), 60.0)
        assert isinstance(decision, End)
        assert decision.error is not None
        assert "NO_PROGRESS" == decision.error.reason


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNKNOWN])
def test_not_accepted(outcome: Outcome) -> None:
    """A call that was refused, or whose answer was lost, is made again, and counted as one."""
    status = taken(EMPTY, RAISE, outcome)
    assert RAISE == decide(spec(), status, LIVE, planned(RAISE), 0.0)
    (call,) = taken(status, RAISE).calls
    assert (2, Outcome.ACCEPTED) == (call.attempts, call.outcome)
    assert (outcome is Outcome.UNKNOWN) == journal.is_in_doubt(status)


def test_taken_over() -> None:
    """What another server had under way may have been done."""
    under_way = journal.before_call(EMPTY, RAISE, "there", NOW)
    status = journal.after_start(under_way, "here", NOW)
    assert ("here", Outcome.UNKNOWN) == (status.server, status.calls[-1].outcome)
    assert journal.is_in_doubt(status)


def test_doubt() -> None:
    """What a call came to that nobody knows stays in doubt through refusals, until a call is accepted."""
    unknown = taken(EMPTY, RAISE, Outcome.UNKNOWN)
    for step in (RAISE, TAG):
        refused = taken(unknown, step, Outcome.REFUSED)
        assert refused.calls[-1].in_doubt
        assert journal.is_in_doubt(taken(refused, step, Outcome.REFUSED))
        assert not journal.is_in_doubt(taken(refused, step))
    assert not journal.is_in_doubt(taken(EMPTY, RAISE, Outcome.REFUSED))


def test_cooldown() -> None:
    """When a change that has a cooldown was made is remembered; of a creation, when it was ACTIVE."""
    create = Step("CreateTable", {"TableName": "Music"}, "create the table", cooldown=Cooldown.CREATION)
    made = taken(taken(EMPTY, TAG), create)
    assert {Cooldown.TAGS: NOW} == made.changed
    later = NOW + timedelta(seconds=9)
    assert made == journal.after_read(made, Snapshot("Music"), later)
    seen = journal.after_read(made, LIVE, later)
    assert {Cooldown.TAGS: NOW, Cooldown.CREATION: later} == seen.changed
    assert seen == journal.after_read(seen, LIVE, later + timedelta(seconds=9))


def failure(code: int, *, after: float | None = None, quota: bool = False, reason: str = "NO") -> Failure:
    """A failure with what AWS says beside it."""
    return Failure(code, "no", reason=reason, retry_delay=after, quota="4 a day" if quota else None)


@pytest.mark.parametrize(
    "permanent",
    [
        failure(Code.INVALID_ARGUMENT),
        failure(Code.NOT_FOUND),
        failure(Code.PERMISSION_DENIED),
        failure(Code.UNIMPLEMENTED),
        failure(Code.FAILED_PRECONDITION),
        failure(Code.RESOURCE_EXHAUSTED, quota=True),
    ],
)
def test_permanent(permanent: Failure) -> None:
    """What does not pass by itself is not put up with; in doubt about what was done, shortly."""
    assert 0 == retry_period(permanent, in_doubt=False)
    doubtful = permanent.code in {Code.INVALID_ARGUMENT, Code.NOT_FOUND}
    assert (30 if doubtful else 0) == retry_period(permanent, in_doubt=True)


@pytest.mark.parametrize(
    "transient",
    [
        failure(Code.UNAVAILABLE),
        failure(Code.DEADLINE_EXCEEDED),
        failure(Code.INTERNAL),
        failure(Code.RESOURCE_EXHAUSTED, after=1),
        failure(Code.FAILED_PRECONDITION, after=5),
    ],
)
def test_transient(transient: Failure) -> None:
    """What passes by itself is put up with for minutes at least."""
    assert retry_period(transient, in_doubt=False) >= 600


def test_delay() -> None:
    """Tries come ever later, to 30 seconds, never before AWS says, and spread by half."""
    assert [0.25, 0.5, 1.0, 30.0, 30.0] == [
        backoff(failure(Code.UNAVAILABLE), n, 0) for n in (1, 2, 3, 9, 99)
    ]
    assert 1800 == backoff(failure(Code.FAILED_PRECONDITION, after=1800), 1, 0)
    assert 0.375 == backoff(failure(Code.UNAVAILABLE), 1, 1)


@pytest.mark.parametrize("reason", sorted(OUTAGE))
def test_delay_of_an_outage(reason: str) -> None:
    """While an endpoint does not answer, tries come every 3 seconds at least, so its return is noticed."""
    outage = failure(Code.UNAVAILABLE, after=1, reason=reason)
    assert [1.0, 1.0, 2.0, 3.0, 3.0] == [backoff(outage, n, 0) for n in (1, 3, 4, 9, 99)]


_EARLY, _LATE = timedelta(seconds=1), timedelta(seconds=4)
_LOCKED = Failure(Code.FAILED_PRECONDITION, "tags", reason="LIMIT_EXCEEDED_EXCEPTION", retry_delay=5.0)


@pytest.mark.parametrize(
    ("failure", "since", "shown"),
    [
        (_LOCKED, _EARLY, True),
        (Failure(Code.RESOURCE_EXHAUSTED, "15 s apart", reason="LIMIT_EXCEEDED_EXCEPTION"), _EARLY, True),
        (_LOCKED, _LATE, False),
        (_LOCKED, None, False),
        (Failure(Code.FAILED_PRECONDITION, "", reason="RESOURCE_IN_USE_EXCEPTION"), _EARLY, False),
        (Failure(Code.RESOURCE_EXHAUSTED, "", reason="THROTTLING_EXCEPTION", retry_delay=1.0), _EARLY, False),
        (Failure(Code.INVALID_ARGUMENT, "", reason="VALIDATION_EXCEPTION"), _EARLY, False),
    ],
)
def test_shown_cooldown(failure: Failure, since: timedelta | None, *, shown: bool) -> None:
    """A refusal within the time of a cooldown shows it, unless it is about another change or the rate."""
    assert shown is shows_cooldown(Cooldown.TAGS, failure, since)


def test_shown_cooldown_of_time_to_live() -> None:
    """The text of AWS about time to live shows the cooldown, whoever made the change before."""
    settled = [PreconditionViolation("TIME_TO_LIVE_SETTLED", "Music", "")]
    failure = Failure(Code.FAILED_PRECONDITION, "", reason="VALIDATION", precondition_violations=settled)
    assert shows_cooldown(Cooldown.TIME_TO_LIVE, failure, None)
