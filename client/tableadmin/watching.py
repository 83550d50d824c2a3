"""Watches and waits that resume after a lost connection: the next request, the caller's responses. No I/O.

`streams` sends the calls, for the synchronous and for the asynchronous client.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import ClassVar, Generic, TypeAlias, TypeVar

import grpc
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tableadmin.awsshape.times import duration
from tableadmin.errors import (
    Cancelled,
    ClientClosed,
    DeadlineExceeded,
    Internal,
    TableAdminError,
    Unavailable,
)
from tableadmin.transport.retrying import MAX_ATTEMPTS, is_unserved, pause, random_between
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

# The longest pause between calls, in seconds.
_LONGEST = 5.0
# How much a call may end before its deadline, in seconds.
_TOLERANCE = 1.0

_EXPIRED = "RESUME_TOKEN_EXPIRED"


class ResumableStream(ABC, Generic[Request, Response]):
    """A stream that continues with another call when a call ends early. The base class of all such streams.

    `finished` says that no further call is needed. `pause` is the number of seconds to wait before the next
    call.
    """

    rpc: ClassVar[str]

    def __init__(self) -> None:
        self.now: Callable[[], float] = time.monotonic
        self.draw: Callable[[float, float], float] = random_between
        self.finished = False
        self.pause = 0.0
        self._answered = False
        self._failures = 0

    @abstractmethod
    def next_call(self) -> tuple[Request, float | None]:
        """Return the next request and its timeout in seconds. Raises DeadlineExceeded."""

    @abstractmethod
    def received(self, response: Response) -> Sequence[Response]:
        """Return the responses for the caller when RESPONSE arrives."""

    def ended(self, error: TableAdminError | None = None) -> Sequence[Response]:
        """Return the responses for the caller when a call ends. Raises ERROR if a retry would not help."""
        self.pause = 0.0
        if self.finished:
            return ()
        if error is None:
            error = Unavailable("the stream ended early", grpc.StatusCode.UNAVAILABLE)
        return self._lost(self._premature(error) if isinstance(error, DeadlineExceeded) else error)

    def _premature(self, error: DeadlineExceeded) -> TableAdminError:
        """Return Unavailable in place of ERROR if the expired deadline is not the caller's.

        While time remains, either the endpoint was too slow for the server, or a clock was set. Without a
        timeout of the caller, only an error with a reason is the server's.
        """
        remaining = self._remaining()
        if not error.reason if remaining is None else remaining <= _TOLERANCE:
            return error
        return Unavailable(error.message, grpc.StatusCode.UNAVAILABLE, reason=error.reason)

    def _note_answer(self) -> None:
        """Note that the service has answered, which makes the next failure the first one."""
        self._answered, self._failures = True, 0

    @abstractmethod
    def _lost(self, error: TableAdminError) -> Sequence[Response]:
        """Return the responses for the caller when ERROR ended a call early. Raises to end the stream."""

    def _back_off(self, error: TableAdminError) -> None:
        """Set the pause before the next call. Raises ERROR if another call would not help."""
        self._failures += 1
        if not _is_transient(error):
            raise error
        # After a first response, the stream also survives outages of the endpoint.
        if not self._answered and (self._failures == MAX_ATTEMPTS or not is_unserved(error)):
            raise error
        self.pause = pause(self._failures, _LONGEST, self.draw)
        remaining = self._remaining()
        if remaining is not None:
            self.pause = max(0.0, min(self.pause, remaining))

    def _remaining(self) -> float | None:
        """Return the seconds until the caller's deadline, None without a deadline."""
        return None


class ResumableWatch(ResumableStream[WatchRequest, WatchResponse]):
    """Watch tables: a snapshot of each table, then an event for each change, until the watch is closed.

    Specify one of `table_names`, `prefix` and `all_tables`. The parameters are the fields of WatchRequest.
    With `snapshot_only`, the watch ends after the snapshots. `checkpoint_interval` is in seconds.
    `resume_token` is from an event of an earlier watch of the same tables.

    After a lost connection, the watch sends a `gap` event and resumes with the newest token, after 0.1 to 5
    seconds. If the token has expired, the snapshots come again, with a DELETED event for each table that no
    longer exists. A table without read permission does not end the watch: its `state` has only the name, and
    `unreadable_parts` says why. Raises TableAdminError: Unavailable after four attempts without a first
    response, and errors that another call would not fix.
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
            checkpoint_interval=duration(
                None if checkpoint_interval is None else timedelta(seconds=checkpoint_interval)
            ),
        )
        self._token = resume_token
        self._gap_sent = False
        self._known: set[str] = set()
        # Known tables without a snapshot yet, after the snapshots restarted.
        self._unconfirmed: set[str] = set()

    def next_call(self) -> tuple[WatchRequest, float | None]:
        """Return the request with the newest token, without a deadline."""
        request = WatchRequest()
        request.CopyFrom(self._request)
        if self._token:
            request.resume_token = self._token
        else:
            self._unconfirmed = set(self._known)
        return request, None

    def received(self, response: WatchResponse) -> Sequence[WatchResponse]:
        """Return RESPONSE. DELETED events precede the checkpoint that ends repeated snapshots."""
        self._answered, self._gap_sent, self._token = True, False, response.resume_token
        if self._token:
            self._failures = 0
        if response.HasField("table"):
            self._note(response.table)
        if not response.HasField("checkpoint"):
            return (response,)
        if not self._token:
            return ()  # a keepalive before the end of the snapshots
        self.finished = self._request.snapshot_only
        return (*self._deleted(), response)

    def _lost(self, error: TableAdminError) -> Sequence[WatchResponse]:
        if error.reason == _EXPIRED and self._token:
            self._token = b""
            return ()
        self._back_off(error)
        if self._gap_sent or not self._answered:
            return ()
        self._gap_sent = True
        since = Timestamp()
        since.GetCurrentTime()
        return (WatchResponse(gap=WatchGap(since=since, reason=error.message)),)

    def _note(self, event: TableEvent) -> None:
        self._unconfirmed.discard(event.table_name)
        if event.type == TableEventType.TABLE_EVENT_TYPE_DELETED:
            self._known.discard(event.table_name)
        else:
            self._known.add(event.table_name)

    def _deleted(self) -> list[WatchResponse]:
        deleted, self._unconfirmed = sorted(self._unconfirmed), set()
        self._known.difference_update(deleted)
        return [
            WatchResponse(table=TableEvent(type=TableEventType.TABLE_EVENT_TYPE_DELETED, table_name=name))
            for name in deleted
        ]


class ResumableWait(ResumableStream[WaitRequest, WaitResponse]):
    """Wait until `condition` holds for a table, an index, a replica, a backup, an export or an import.

    `timeout` is in seconds for the whole wait, None for no limit. WaitRequest says which other fields a
    condition requires. After a lost connection, the wait resumes for the remaining time.

    Raises FailedPrecondition as soon as the condition can no longer hold, NotFound if the resource does not
    exist, DeadlineExceeded, whose `progress` is the last response, and other TableAdminErrors.
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
        self._elapsed_before = 0.0
        self._newest: WaitResponse | None = None

    def next_call(self) -> tuple[WaitRequest, float | None]:
        """Return the request and the remaining time in seconds. Raises DeadlineExceeded if none remains."""
        if self._began is None:
            self._began = self.now()
        self._elapsed_before = self.now() - self._began
        remaining = self._remaining()
        if remaining is not None and remaining <= 0:
            raise self._out_of_time()
        return self._request, remaining

    def received(self, response: WaitResponse) -> Sequence[WaitResponse]:
        """Return RESPONSE. Its `elapsed` includes the time of earlier calls."""
        self._note_answer()
        if self._elapsed_before:
            elapsed = response.elapsed.ToTimedelta() + timedelta(seconds=self._elapsed_before)
            response.elapsed.FromTimedelta(elapsed)
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
        """Return ERROR of the service, or an equal error if the service did not send one."""
        if error is None or (self._newest and not error.reason):
            still = "; ".join(self._newest.pending) if self._newest else "no state has been read yet"
            text = f"the deadline has expired; not yet met: {still}"
            error = DeadlineExceeded(text, grpc.StatusCode.DEADLINE_EXCEEDED)
        error.progress = self._newest
        return error


def _is_transient(error: TableAdminError) -> bool:
    """Whether ERROR is transient: the connection was lost, or the server stops."""
    if isinstance(error, Unavailable | ClientClosed):
        return isinstance(error, Unavailable)
    # Broken streams end with these codes, without a reason.
    return isinstance(error, Cancelled | Internal) and not error.reason
