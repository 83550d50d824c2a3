"""What a watch or a wait does after each way in which a call can end: pure decisions."""

from collections.abc import Sequence

import grpc
import pytest

from tableadmin.errors import (
    Aborted,
    Cancelled,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    TableAdminError,
    Unavailable,
)
from tableadmin.streams.watching import ResumableWait, ResumableWatch
from tableadmin.v1 import (
    TableEvent,
    TableEventType,
    WaitCondition,
    WaitResponse,
    WatchCheckpoint,
    WatchEvent,
    WatchGap,
    WatchResponse,
)

GONE = Unavailable("cannot reach it", grpc.StatusCode.UNAVAILABLE)
EXPIRED = Aborted("too old", grpc.StatusCode.ABORTED, reason="RESUME_TOKEN_EXPIRED")

SNAPSHOT = TableEventType.TABLE_EVENT_TYPE_SNAPSHOT
DELETED = TableEventType.TABLE_EVENT_TYPE_DELETED


def event(name: str, kind: TableEventType.ValueType = SNAPSHOT, token: bytes = b"") -> WatchEvent:
    """An event of the table NAME."""
    return WatchEvent(table=TableEvent(type=kind, table_name=name), resume_token=token)


def checkpoint(token: bytes = b"t") -> WatchEvent:
    """A checkpoint."""
    return WatchEvent(checkpoint=WatchCheckpoint(), resume_token=token)


def receive(watch: ResumableWatch, *events: WatchEvent) -> Sequence[WatchEvent]:
    """What a caller gets when a message with EVENTS arrives."""
    return watch.received(WatchResponse(events=events))


def watching(*, snapshot_only: bool = False) -> ResumableWatch:
    """A watch of all tables that has received its snapshot of `Music`, up to the token `t`."""
    watch = ResumableWatch(all_tables=True, snapshot_only=snapshot_only)
    watch.next_call()
    receive(watch, event("Music"))
    receive(watch, checkpoint())
    return watch


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.time


def waiting(timeout: float | None = None) -> tuple[ResumableWait, Clock]:
    """A wait for `Music` to settle, and its clock."""
    clock = Clock()
    wait = ResumableWait(WaitCondition.WAIT_CONDITION_SETTLED, table_name="Music", timeout=timeout)
    wait.now = clock
    return wait, clock


def test_the_newest_token_resumes() -> None:
    """The next call carries the token of the newest response; an empty one means to start over."""
    watch = ResumableWatch(prefix="M")
    assert not watch.next_call()[0].HasField("resume_token")
    for token in (b"a", b"b"):
        receive(watch, event("Music", token=token))
        assert token == watch.next_call()[0].resume_token
    receive(watch, event("Music", token=b""))
    assert not watch.next_call()[0].HasField("resume_token")
    assert "M" == watch.next_call()[0].prefix
    assert watch.next_call()[1] is None


def test_a_watch_may_begin_with_a_token() -> None:
    """A token of an earlier watch goes into the first call, and is left out when it has expired."""
    watch = ResumableWatch(all_tables=True, resume_token=b"earlier")
    assert b"earlier" == watch.next_call()[0].resume_token
    assert () == watch.ended(EXPIRED)
    assert 0.0 == watch.pause
    assert not watch.next_call()[0].HasField("resume_token")


@pytest.mark.parametrize(
    "error",
    [
        GONE,
        Unavailable("it stops", grpc.StatusCode.UNAVAILABLE, reason="SERVER_STOPPING"),
        Cancelled("RST_STREAM", grpc.StatusCode.CANCELLED),
        Internal("RST_STREAM", grpc.StatusCode.INTERNAL),
        None,
    ],
    ids=str,
)
def test_a_lost_stream_is_a_gap(error: TableAdminError | None) -> None:
    """A connection or server that goes, or a stream that ends early, is told once and tried again."""
    watch = watching()
    told = watch.ended(error)
    assert ["gap"] == [each.WhichOneof("event") for each in told]
    assert (error.message if error else "the stream ended early") == told[0].gap.reason
    assert () == watch.ended(GONE)
    receive(watch, event("Music", token=b"u"))
    assert 1 == len(watch.ended(GONE))
    assert b"u" == watch.next_call()[0].resume_token


def test_an_endpoint_that_is_down_ends_what_has_not_begun() -> None:
    """Where the server reports its endpoint, only a wait that was answered before goes on."""
    down = Unavailable("no", grpc.StatusCode.UNAVAILABLE, reason="ENDPOINT_UNREACHABLE")
    wait, _ = waiting()
    wait.next_call()
    with pytest.raises(Unavailable):
        wait.ended(down)

    wait.received(WaitResponse(pending=["table: CREATING"]))
    assert () == wait.ended(down)


@pytest.mark.parametrize(
    "error",
    [
        InvalidArgument("no", grpc.StatusCode.INVALID_ARGUMENT),
        ResourceExhausted("too many", grpc.StatusCode.RESOURCE_EXHAUSTED),
        NotFound("no such endpoint", grpc.StatusCode.NOT_FOUND),
        Aborted("for another reason", grpc.StatusCode.ABORTED, reason="OTHER"),
        Internal("a fault of the service", grpc.StatusCode.INTERNAL, reason="INTERNAL"),
    ],
    ids=str,
)
def test_other_errors_are_raised(error: TableAdminError) -> None:
    """What another call would not change ends a watch and a wait."""
    watch, (wait, _) = watching(), waiting()
    wait.next_call()
    wait.received(WaitResponse(pending=["table: CREATING"]))
    for stream in (watch, wait):
        with pytest.raises(type(error)) as caught:
            stream.ended(error)
        assert error is caught.value


def test_an_expired_token_without_a_token_is_raised() -> None:
    """A server that finds a token expired where there was none is not asked for ever."""
    watch = ResumableWatch(all_tables=True)
    watch.next_call()
    with pytest.raises(Aborted):
        watch.ended(EXPIRED)


def test_nobody_there_is_found_out_soon() -> None:
    """Before the first answer the fourth failure is raised; after it there is no limit."""
    fresh = ResumableWatch(all_tables=True)
    for _ in range(3):
        fresh.next_call()
        assert () == fresh.ended(GONE)
    with pytest.raises(Unavailable):
        fresh.ended(GONE)
    seasoned = watching()
    for _ in range(1000):
        seasoned.ended(GONE)


def test_pauses_grow_and_are_drawn() -> None:
    """A pause is drawn from 0.1 seconds to a bound that doubles up to 5, anew after each answer."""
    watch = watching()
    bounds: list[tuple[float, float]] = []

    def draw(least: float, most: float) -> float:
        bounds.append((least, most))
        return most

    watch.draw = draw
    for _ in range(7):
        watch.ended(GONE)
    assert [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0] == [most for _, most in bounds]
    assert {0.1} == {least for least, _ in bounds}
    receive(watch, checkpoint())
    watch.ended(GONE)
    assert 0.2 == watch.pause


def test_pauses_grow_while_snapshots_fail() -> None:
    """A server that falls while it sends snapshots is not asked for them ever faster."""
    watch = watching()
    watch.draw = lambda _, most: most
    for _ in range(3):
        receive(watch, event("Music"))
        watch.ended(GONE)
    assert 0.8 == watch.pause


def test_what_vanished_meanwhile_is_deleted() -> None:
    """When snapshots come anew, a table that is not among them is DELETED before the checkpoint."""
    watch = watching()
    receive(watch, event("Films", TableEventType.TABLE_EVENT_TYPE_CREATED, b"u"))
    receive(watch, event("Games", TableEventType.TABLE_EVENT_TYPE_CREATED, b"u"))
    receive(watch, event("Games", DELETED, b"u"))
    watch.ended(EXPIRED)
    watch.next_call()
    receive(watch, event("Films"))
    handed_on = receive(watch, checkpoint())
    assert [event("Music", DELETED).table, None] == [
        each.table if each.HasField("table") else None for each in handed_on
    ]
    watch.ended(EXPIRED)
    watch.next_call()
    assert ["Films"] == [each.table.table_name for each in receive(watch, checkpoint())[:-1]]


def test_a_resumed_watch_deletes_nothing() -> None:
    """With a token only changes come: what is not mentioned is still there."""
    watch = watching()
    watch.ended(GONE)
    watch.next_call()
    assert [checkpoint()] == receive(watch, checkpoint())


def test_the_first_checkpoint_ends_the_snapshots() -> None:
    """A checkpoint without a token, a sign of life before all snapshots are there, reaches nobody."""
    watch = ResumableWatch(all_tables=True, snapshot_only=True)
    watch.next_call()
    assert [] == receive(watch, checkpoint(b""))
    assert not watch.finished
    assert [checkpoint()] == receive(watch, checkpoint())
    assert watch.finished


def test_what_is_finished_stays_finished() -> None:
    """A connection that breaks after the last message is no loss."""
    watch = watching(snapshot_only=True)
    assert () == watch.ended(GONE)
    wait, _ = waiting()
    wait.next_call()
    wait.received(WaitResponse(done=True))
    assert () == wait.ended(GONE)
    assert (True, True) == (watch.finished, wait.finished)


def test_gaps_of_the_server_pass() -> None:
    """A gap that the server tells of reaches the caller as it is."""
    gap = WatchEvent(gap=WatchGap(reason="the endpoint is away"), resume_token=b"t")
    assert [gap] == receive(watching(), gap)


def test_a_wait_goes_on_for_the_rest() -> None:
    """Each call gets the time that remains, and `elapsed` counts from the first."""
    wait, clock = waiting(60)
    assert 60 == wait.next_call()[1]
    clock.time += 12.5
    wait.received(WaitResponse(pending=["table: CREATING"]))
    assert () == wait.ended(GONE)
    request, remaining = wait.next_call()
    assert ("Music", 47.5) == (request.table_name, remaining)
    (response,) = wait.received(WaitResponse(done=True))
    assert (12, 500_000_000) == (response.elapsed.seconds, response.elapsed.nanos)
    assert wait.finished


def test_a_wait_ends_in_time_though_nobody_is_there() -> None:
    """A wait whose time passes without the service says itself what was awaited last."""
    wait, clock = waiting(60)
    wait.draw = lambda _, most: most
    wait.next_call()
    last = WaitResponse(pending=["index GenreIdx: CREATING, backfilling", "table: UPDATING"])
    wait.received(last)
    clock.time += 59.9
    wait.ended(GONE)
    assert pytest.approx(0.1) == wait.pause
    clock.time += 0.1
    with pytest.raises(DeadlineExceeded) as caught:
        wait.next_call()
    assert (
        "the deadline has expired; not yet met: index GenreIdx: CREATING, backfilling; table: UPDATING"
        == caught.value.message
    )
    assert last == caught.value.progress


@pytest.mark.parametrize("reason", ["WAIT_DEADLINE_EXCEEDED", ""])
def test_the_deadline_says_what_was_seen_last(reason: str) -> None:
    """DeadlineExceeded carries the last progress, be it the service's word or gRPC's own."""
    wait, clock = waiting(60)
    wait.next_call()
    wait.received(WaitResponse(pending=["table: CREATING"]))
    clock.time += 60
    code = grpc.StatusCode.DEADLINE_EXCEEDED
    with pytest.raises(DeadlineExceeded, match="not yet met: table: CREATING") as caught:
        wait.ended(DeadlineExceeded("not yet met: table: CREATING" if reason else "late", code, reason))
    assert caught.value.progress is not None


def test_nothing_seen_is_the_errors_own_word() -> None:
    """When nothing was ever seen, gRPC's message says more than `nothing`, and there is no progress."""
    wait, clock = waiting(60)
    wait.next_call()
    clock.time += 60
    with pytest.raises(DeadlineExceeded, match="no answer") as caught:
        wait.ended(DeadlineExceeded("no answer from it in time", grpc.StatusCode.DEADLINE_EXCEEDED))
    assert caught.value.progress is None


@pytest.mark.parametrize("timeout", [60, None])
def test_a_deadline_before_its_time_is_a_loss(timeout: float | None) -> None:
    """A wait goes on when the endpoint has not answered the server in time."""
    wait, clock = waiting(timeout)
    wait.next_call()
    wait.received(WaitResponse(pending=["table: CREATING"]))
    clock.time += 20
    wait.ended(DeadlineExceeded("no answer", grpc.StatusCode.DEADLINE_EXCEEDED, reason="ENDPOINT_TIMEOUT"))
    assert wait.pause > 0
    assert wait.next_call()[1] == (timeout and timeout - 20)


def test_no_time_at_all() -> None:
    """A wait with no time left does not even call."""
    wait, _ = waiting(0)
    with pytest.raises(DeadlineExceeded, match="no state has been read yet"):
        wait.next_call()


def test_a_wait_without_a_timeout() -> None:
    """Without a timeout no call has a deadline."""
    wait, clock = waiting()
    assert wait.next_call()[1] is None
    clock.time += 1e6
    assert wait.next_call()[1] is None


def test_impossible_is_final() -> None:
    """What can't hold any more is raised at once."""
    wait, _ = waiting(60)
    wait.next_call()
    with pytest.raises(FailedPrecondition):
        wait.ended(FailedPrecondition("it is deleted", grpc.StatusCode.FAILED_PRECONDITION))
