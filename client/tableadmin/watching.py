"""Watches and waits that outlive their connection: what is asked next and what reaches the caller. No I/O.

`streams` carries out what is decided here, for the synchronous and for the asynchronous client.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import ClassVar, Generic, TypeAlias, TypeVar

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tableadmin.errors import (
    Cancelled,
    ClientClosed,
    DeadlineExceeded,
    Internal,
    TableAdminError,
    Unavailable,
)
from tableadmin.transport.retrying import MAX_ATTEMPTS, is_unserved, jittered, pause
from tableadmin.v1 import (
    TableEvent,
    TableEventType,
    TablePart,
    WaitCondition,
    WaitRequest,
    WaitResponse,
    WatchGap,
    WatchRequest,
    WatchResponse,
)

Condition: TypeAlias = "WaitCondition.ValueType"
Part: TypeAlias = "TablePart.ValueType"
Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

# Seconds between calls at most.
_LONGEST = 5.0
# Seconds by which a call may end before its deadline.
_TOLERANCE = 1.0

_EXPIRED = "RESUME_TOKEN_EXPIRED"


class Resumption(ABC, Generic[Request, Response]):
    """One watch or wait, made of as many calls as it takes.

    `finished` says that no further call is needed, `pause` how many seconds to wait before the next one.
    """

    rpc: ClassVar[str]

    def __init__(self) -> None:
        self.now: Callable[[], float] = time.monotonic
        self.draw: Callable[[float, float], float] = jittered
        self.finished = False
        self.pause = 0.0
        self._answered = False
        self._failures = 0

    @abstractmethod
    def next_call(self) -> tuple[Request, float | None]:
        """The request of the next call, and its timeout in seconds; raises DeadlineExceeded."""

    @abstractmethod
    def received(self, response: Response) -> Sequence[Response]:
        """What reaches the caller of RESPONSE."""

    def ended(self, error: TableAdminError | None = None) -> Sequence[Response]:
        """What reaches the caller when a call has ended, in ERROR; raises it where another would not help."""
        self.pause = 0.0
        if self.finished:
            return ()
        if error is None:
            error = Unavailable("the stream ended early", grpc.StatusCode.UNAVAILABLE)
        return self._lost(self._premature(error) if isinstance(error, DeadlineExceeded) else error)

    def _premature(self, error: DeadlineExceeded) -> TableAdminError:
        """Unavailable in place of ERROR if the deadline is not the caller's.

        While time remains, the endpoint has not answered the server in time, or a clock was set. Where the
        caller gave no timeout, the server's reason says so, and an error without a reason stays as it is.
        """
        remaining = self._remaining()
        if not error.reason if remaining is None else remaining <= _TOLERANCE:
            return error
        return Unavailable(error.message, grpc.StatusCode.UNAVAILABLE, reason=error.reason)

    @abstractmethod
    def _lost(self, error: TableAdminError) -> Sequence[Response]:
        """What reaches the caller when a call has ended in ERROR before its time."""

    def _back_off(self, error: TableAdminError) -> None:
        """Pause before the next call; raises ERROR where another would not help."""
        self._failures += 1
        if not _passes(error):
            raise error
        # What was answered once is followed through outages of the endpoint too.
        if not self._answered and (self._failures == MAX_ATTEMPTS or not is_unserved(error)):
            raise error
        self.pause = pause(self._failures, _LONGEST, self.draw)
        remaining = self._remaining()
        if remaining is not None:
            self.pause = max(0.0, min(self.pause, remaining))

    def _remaining(self) -> float | None:
        """Seconds until it has to be over; None where it need not be."""
        return None


class Watching(Resumption[WatchRequest, WatchResponse]):
    """Watch tables: a snapshot of each, then an event when one has changed, until it is closed.

    Give one of `table_names`, `prefix` and `all_tables`; the fields are WatchRequest's. `snapshot_only` ends
    after the snapshots. `checkpoint_interval` is in seconds; `resume_token` is that of an event of an earlier
    watch of the same scope.

    A watch survives the server and the connection: it calls again, after 0.1 to 5 seconds, with the newest
    token. It tells of each loss with a `gap` event. Where the token can't be honoured any more snapshots
    come again, and a DELETED event for each table that is gone. It gives up only before the first answer,
    after four tries. A table that the service may not read ends nothing: its `state` has the name alone, and
    `unreadable_parts` says why. Raises TableAdminError for everything else.
    """

    rpc = "Watch"

    def __init__(  # noqa: PLR0913 - the fields of the request
        self,
        *,
        table_names: Iterable[str] = (),
        prefix: str | None = None,
        all_tables: bool = False,
        snapshot_only: bool = False,
        include_sizes: bool = False,
        parts: Iterable[Part] = (),
        checkpoint_interval: float | None = None,
        resume_token: bytes = b"",
    ) -> None:
        super().__init__()
        self._request = WatchRequest(
            table_names=table_names,
            prefix=prefix,
            all_tables=all_tables or None,
            snapshot_only=snapshot_only or None,
            include_sizes=include_sizes or None,
            parts=parts,
            checkpoint_interval=None if checkpoint_interval is None else _duration(checkpoint_interval),
        )
        self._token = resume_token
        self._gap_told = False
        self._known: set[str] = set()
        # Tables that were there before the snapshots began anew and have not come again yet.
        self._unconfirmed: set[str] = set()

    def next_call(self) -> tuple[WatchRequest, float | None]:
        """The request with the newest token; there is no deadline."""
        request = WatchRequest()
        request.CopyFrom(self._request)
        if self._token:
            request.resume_token = self._token
        else:
            self._unconfirmed = set(self._known)
        return request, None

    def received(self, response: WatchResponse) -> Sequence[WatchResponse]:
        """RESPONSE, and before the checkpoint that ends new snapshots the tables that are gone."""
        self._answered, self._gap_told, self._token = True, False, response.resume_token
        if self._token:
            self._failures = 0
        if response.HasField("table"):
            self._note(response.table)
        if not response.HasField("checkpoint"):
            return (response,)
        if not self._token:
            return ()  # a sign of life while the snapshots are still to come
        self.finished = self._request.snapshot_only
        return (*self._gone(), response)

    def _lost(self, error: TableAdminError) -> Sequence[WatchResponse]:
        if error.reason == _EXPIRED and self._token:
            self._token = b""
            return ()
        self._back_off(error)
        if self._gap_told or not self._answered:
            return ()
        self._gap_told = True
        since = Timestamp()
        since.GetCurrentTime()
        return (WatchResponse(gap=WatchGap(since=since, reason=error.message)),)

    def _note(self, event: TableEvent) -> None:
        self._unconfirmed.discard(event.table_name)
        if event.type == TableEventType.TABLE_EVENT_TYPE_DELETED:
            self._known.discard(event.table_name)
        else:
            self._known.add(event.table_name)

    def _gone(self) -> list[WatchResponse]:
        gone, self._unconfirmed = sorted(self._unconfirmed), set()
        self._known.difference_update(gone)
        return [
            WatchResponse(table=TableEvent(type=TableEventType.TABLE_EVENT_TYPE_DELETED, table_name=name))
            for name in gone
        ]


class Waiting(Resumption[WaitRequest, WaitResponse]):
    """Wait until `condition` holds: of a table, an index, a replica, a backup, an export or an import.

    `timeout` is in seconds for the whole wait, None for no end. What the condition needs beside, WaitRequest
    says. A wait survives the server and the connection: it goes on for the time that remains.

    Raises FailedPrecondition as soon as the condition can't hold any more, NotFound where there is nothing to
    wait for, DeadlineExceeded, whose `progress` is what was seen last, and other TableAdminErrors.
    """

    rpc = "Wait"

    def __init__(
        self,
        condition: Condition,
        *,
        table_name: str | None = None,
        index_name: str | None = None,
        region_name: str | None = None,
        arn: str | None = None,
        timeout: float | None = None,
    ) -> None:
        super().__init__()
        self._request = WaitRequest(
            condition=condition,
            table_name=table_name,
            index_name=index_name,
            region_name=region_name,
            arn=arn,
        )
        self._timeout = timeout
        self._began: float | None = None
        self._earlier = 0.0
        self._newest: WaitResponse | None = None

    def next_call(self) -> tuple[WaitRequest, float | None]:
        """The request again, with the time that remains."""
        if self._began is None:
            self._began = self.now()
        self._earlier = self.now() - self._began
        remaining = self._remaining()
        if remaining is not None and remaining <= 0:
            raise self._out_of_time()
        return self._request, remaining

    def received(self, response: WaitResponse) -> Sequence[WaitResponse]:
        """RESPONSE, with the time of earlier calls added to its own."""
        self._answered, self._failures = True, 0
        if self._earlier:
            response.elapsed.CopyFrom(
                _duration(response.elapsed.ToTimedelta().total_seconds() + self._earlier)
            )
        self._newest, self.finished = response, response.done
        return (response,)

    def _lost(self, error: TableAdminError) -> Sequence[WaitResponse]:
        if isinstance(error, DeadlineExceeded):
            raise self._out_of_time(error) from error.__cause__
        self._back_off(error)
        return ()

    def _remaining(self) -> float | None:
        if self._timeout is None or self._began is None:
            return None
        return self._began + self._timeout - self.now()

    def _out_of_time(self, error: DeadlineExceeded | None = None) -> DeadlineExceeded:
        """The error of the service, or one that says as much where the service did not get to say it."""
        if error is None or (self._newest and not error.reason):
            still = "; ".join(self._newest.pending) if self._newest else "no state has been read yet"
            text = f"the deadline has expired; not yet met: {still}"
            error = DeadlineExceeded(text, grpc.StatusCode.DEADLINE_EXCEEDED)
        error.progress = self._newest
        return error


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromTimedelta(timedelta(seconds=seconds))
    return duration


def _passes(error: TableAdminError) -> bool:
    """Whether ERROR is of the way to the service, or of a server that goes: another call may find another."""
    if isinstance(error, Unavailable | ClientClosed):
        return isinstance(error, Unavailable)
    # Broken streams end in these, and then nobody has sent a reason.
    return isinstance(error, Cancelled | Internal) and not error.reason
