"""What following operations asks for, tells and ends in: pure decisions."""

import pickle

import grpc
import pytest
from google.rpc.code_pb2 import Code

from tableadmin.errors import DeadlineExceeded, Internal, NotFound, OperationFailed, Resource, Unavailable
from tableadmin.streams.operations import KnownOperations, ResumableOperationWatch, next_page
from tableadmin.v1 import (
    ListOperationsRequest,
    ListOperationsResponse,
    Operation,
    OperationError,
    OperationState,
    WatchOperationResponse,
)

PENDING = OperationState.OPERATION_STATE_PENDING
RUNNING = OperationState.OPERATION_STATE_RUNNING
SUCCEEDED = OperationState.OPERATION_STATE_SUCCEEDED
FAILED = OperationState.OPERATION_STATE_FAILED
CANCELLED = OperationState.OPERATION_STATE_CANCELLED
ABORTED = OperationState.OPERATION_STATE_ABORTED

GONE = Unavailable("cannot reach it", grpc.StatusCode.UNAVAILABLE)
LATE = DeadlineExceeded("late", grpc.StatusCode.DEADLINE_EXCEEDED)


def operation(name: str, state: OperationState.ValueType = PENDING, *waits: str) -> Operation:
    """The operation of the table NAME; its id is the name in small letters."""
    return Operation(operation_id=name.lower(), table_name=name, state=state, waits=waits)


def told(following: ResumableOperationWatch, *operations: Operation) -> list[str]:
    """The tables of those of OPERATIONS that reach the caller."""
    responses = [WatchOperationResponse(operation=each) for each in operations]
    return [each.operation.table_name for one in responses for each in following.received(one)]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.time


def following(
    *operations: Operation, timeout: float | None = None
) -> tuple[ResumableOperationWatch, KnownOperations, Clock]:
    """Operations that are followed, what is known of them, and the clock."""
    known, clock = KnownOperations(operations), Clock()
    following = ResumableOperationWatch(known, operations, timeout)
    following.now = clock
    return following, known, clock


def test_each_is_told_and_then_when_it_has_changed() -> None:
    """The first look at an operation is told even if it is as it was known; what is told again is not."""
    follow, known, _ = following(operation("Music"), operation("Films"))
    assert ["Music"] == told(follow, operation("Music"), operation("Music"))
    assert ["Music"] == told(follow, operation("Music", RUNNING))
    assert ["Music"] == told(follow, operation("Music", RUNNING, "table: CREATING"))
    assert ["Films"] == told(follow, operation("Films"))
    assert [operation("Music", RUNNING, "table: CREATING"), operation("Films")] == known.latest


def test_signs_of_life_and_strangers_are_not_told() -> None:
    """A response without an operation reaches nobody, nor does one that was not asked for."""
    follow, known, _ = following(operation("Music"))
    assert () == follow.received(WatchOperationResponse())
    assert [] == told(follow, operation("Games"))
    assert ["music"] == known.ids


@pytest.mark.parametrize("ended", [SUCCEEDED, FAILED, CANCELLED, ABORTED])
def test_it_is_finished_when_all_have_ended(ended: OperationState.ValueType) -> None:
    """Each way to end is an end; what has ended is told once and not asked for again."""
    follow, _, _ = following(operation("Music"), operation("Films"))
    assert ["music", "films"] == follow.next_call()[0].operation_ids
    assert ["Music"] == told(follow, operation("Music", ended), operation("Music", ended))
    assert () == follow.ended(GONE)
    assert follow.pause > 0
    assert ["films"] == follow.next_call()[0].operation_ids
    assert ["Films"] == told(follow, operation("Films", SUCCEEDED))
    assert follow.finished
    assert () == follow.ended(GONE)


def test_none_is_finished_at_once() -> None:
    """Where there is nothing to follow nothing is asked."""
    assert following()[0].finished


def test_a_stream_that_ends_early_is_begun_anew() -> None:
    """A server that ends the stream while operations go on is asked again."""
    follow, _, _ = following(operation("Music"))
    told(follow, operation("Music", RUNNING))
    assert () == follow.ended()
    assert 0.1 <= follow.pause <= 0.2
    assert not follow.finished


def test_it_gives_up_where_the_service_never_told() -> None:
    """The fourth failure is raised where only ids are known; there is no limit after any answer."""
    known = KnownOperations.by_ids(["music"])
    fresh = ResumableOperationWatch(known, known.latest)
    for _ in range(3):
        assert () == fresh.ended(GONE)
    with pytest.raises(Unavailable):
        fresh.ended(GONE)
    applied, _, _ = following(operation("Music"))
    for _ in range(1000):
        assert () == applied.ended(GONE)


def test_other_errors_are_raised() -> None:
    """What another call would not change ends it."""
    follow, _, _ = following(operation("Music"))
    told(follow, operation("Music", RUNNING))
    with pytest.raises(NotFound):
        follow.ended(NotFound("there is no operation music", grpc.StatusCode.NOT_FOUND))


def test_an_end_is_final() -> None:
    """An answer that was on its way when the operation ended does not bring it back."""
    known = KnownOperations([operation("Music")])
    known.note(operation("Music", SUCCEEDED))
    known.note(operation("Music", RUNNING))
    assert [SUCCEEDED] == [each.state for each in known.latest]
    assert [] == known.under_way


def test_each_call_gets_the_time_that_remains() -> None:
    """The timeout counts from the first call, and no pause is longer than what remains."""
    follow, _, clock = following(operation("Music"), timeout=60)
    assert 60 == follow.next_call()[1]
    clock.time += 59.95
    follow.ended(GONE)
    assert pytest.approx(0.05) == follow.pause
    assert pytest.approx(0.05) == follow.next_call()[1]
    clock.time += 0.05
    with pytest.raises(DeadlineExceeded):
        follow.next_call()


def test_without_a_timeout_there_is_no_deadline() -> None:
    """A deadline that nobody asked for is somebody else's, and is raised as it is."""
    follow, _, clock = following(operation("Music"))
    assert follow.next_call()[1] is None
    clock.time += 1e6
    assert follow.next_call()[1] is None
    with pytest.raises(DeadlineExceeded, match="late"):
        follow.ended(LATE)


def test_the_deadline_says_what_goes_on() -> None:
    """DeadlineExceeded names what has not ended, each with what it waits for."""
    follow, _, clock = following(
        operation("Music"), operation("Films"), Operation(operation_id="g"), timeout=60
    )
    follow.next_call()
    told(follow, operation("Music", SUCCEEDED), operation("Films", RUNNING, "index A: CREATING", "TTL"))
    clock.time += 60
    with pytest.raises(DeadlineExceeded) as caught:
        follow.ended(LATE)
    assert (
        "the deadline has expired, and the operations continue: Films: running, index A: CREATING, TTL; "
        "g: not seen yet" == caught.value.message
    )


@pytest.mark.parametrize("timeout", [60, None])
def test_a_deadline_before_its_time_is_a_loss(timeout: float | None) -> None:
    """A call that ends so while time remains, as for an endpoint that does not answer, is made again."""
    follow, _, clock = following(operation("Music"), timeout=timeout)
    follow.next_call()
    told(follow, operation("Music", RUNNING, "index A: CREATING"))
    clock.time += 20
    follow.ended(DeadlineExceeded("no answer", grpc.StatusCode.DEADLINE_EXCEEDED, reason="ENDPOINT_TIMEOUT"))
    assert follow.pause > 0
    assert follow.next_call()[1] == (timeout and pytest.approx(timeout - 20))


def test_the_deadline_does_not_name_hundreds() -> None:
    """After five operations the message only counts."""
    follow, _, _ = following(*(operation(f"T{number}") for number in range(7)), timeout=0)
    with pytest.raises(DeadlineExceeded, match="T4: pending; 2 more") as caught:
        follow.next_call()
    assert "T5" not in caught.value.message


def test_success_is_the_operations() -> None:
    """When all have succeeded the outcome is what they ended as."""
    ended = [operation("Music", SUCCEEDED), operation("Films", SUCCEEDED)]
    assert ended == KnownOperations(ended).outcome()


def test_the_first_failure_says_why() -> None:
    """OperationFailed speaks of the first operation that has not succeeded, and has them all."""
    failed = operation("Films", FAILED)
    failed.error.CopyFrom(
        OperationError(
            code=Code.RESOURCE_EXHAUSTED,
            reason="LIMIT_EXCEEDED_EXCEPTION",
            message="too many decreases today",
            aws_error_code="LimitExceededException",
            aws_request_id="ABC",
        )
    )
    ended = [operation("Music", SUCCEEDED), failed, operation("Games", CANCELLED)]
    with pytest.raises(OperationFailed) as caught:
        KnownOperations(ended).outcome()
    error = caught.value
    assert (grpc.StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED_EXCEPTION") == (error.code, error.reason)
    assert ("LimitExceededException", "ABC") == (error.aws_code, error.aws_request_id)
    assert "dynamodb.amazonaws.com" == error.domain
    assert Resource("dynamodb.amazonaws.com/Table", "Films") == error.resource
    assert "too many decreases today" == error.message
    assert tuple(ended) == error.operations
    assert tuple(ended[1:]) == error.failed
    assert "Films: too many decreases today (LIMIT_EXCEEDED_EXCEPTION); 1 more did not succeed" == str(error)


def test_a_failure_can_be_pickled() -> None:
    """OperationFailed survives a process pool with its operations."""
    with pytest.raises(OperationFailed) as caught:
        KnownOperations([operation("Music", ABORTED)]).outcome()
    twin = pickle.loads(pickle.dumps(caught.value))
    assert vars(caught.value) == vars(twin)
    assert str(caught.value) == str(twin)


@pytest.mark.parametrize(
    ("state", "code", "text"),
    [
        (FAILED, grpc.StatusCode.UNKNOWN, "Music: the operation failed (UNKNOWN)"),
        (CANCELLED, grpc.StatusCode.CANCELLED, "Music: the operation was cancelled (CANCELLED)"),
        (ABORTED, grpc.StatusCode.ABORTED, "Music: the table was not as planned (ABORTED)"),
    ],
)
def test_an_end_without_a_word(state: OperationState.ValueType, code: grpc.StatusCode, text: str) -> None:
    """Of an operation without an error its state says what became of it."""
    with pytest.raises(OperationFailed) as caught:
        KnownOperations([operation("Music", state)]).outcome()
    assert (code, text) == (caught.value.code, str(caught.value))
    assert "tableadmin" == caught.value.domain


def test_the_next_page_keeps_the_filters() -> None:
    """The next request is the same with the token of the page before; after the last page there is none."""
    first = ListOperationsRequest(table_name="Music", states=[RUNNING], page_size=7)
    second = next_page(first, ListOperationsResponse(next_page_token="2"))
    expected = ListOperationsRequest(table_name="Music", states=[RUNNING], page_size=7, page_token="2")
    assert expected == second
    assert next_page(expected, ListOperationsResponse()) is None
    assert not first.HasField("page_token")


def test_a_page_that_names_itself() -> None:
    """A listing that would never end is an error."""
    with pytest.raises(Internal, match="names itself"):
        next_page(ListOperationsRequest(page_token="2"), ListOperationsResponse(next_page_token="2"))


def test_the_cause_of_a_request_that_was_not_admitted() -> None:
    """OperationFailed speaks of the table whose check failed, not of those that did not start for it."""
    others = [operation(name, ABORTED) for name in ("Films", "Music")]
    for other in others:
        other.error.CopyFrom(
            OperationError(code=Code.ABORTED, reason="REQUEST_NOT_ADMITTED", message="another")
        )
    cause = operation("Songs", ABORTED)
    cause.error.CopyFrom(OperationError(code=Code.ABORTED, reason="TABLE_HAS_MOVED_ON", message="Tags"))
    with pytest.raises(OperationFailed) as caught:
        KnownOperations([others[0], cause, others[1]]).outcome()
    assert ("TABLE_HAS_MOVED_ON", "Tags") == (caught.value.reason, caught.value.message)
    assert str(caught.value).startswith("Songs: Tags")
    assert 3 == len(caught.value.failed)
