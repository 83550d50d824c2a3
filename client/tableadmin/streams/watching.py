"""Watches and waits that resume after a lost connection: the next request, the caller's responses. No I/O.

`stream` sends the calls, for the synchronous and for the asynchronous client.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypeAlias

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from tableadmin.awsshape.times import duration
from tableadmin.errors import (
    DeadlineExceeded,
    TableAdminError,
)
from tableadmin.streams.resumable import ResumableStream
from tableadmin.v1 import (
    TableEvent,
    TableEventType,
    TablePart,
    WaitCondition,
    WaitRequest,
    WaitResponse,
    WatchEvent,
    WatchGap,
    WatchRequest,
    WatchResponse,
)

Condition: TypeAlias = "WaitCondition.ValueType"
Part: TypeAlias = "TablePart.ValueType"

_EXPIRED = "RESUME_TOKEN_EXPIRED"


class ResumableWatch(ResumableStream[WatchRequest, WatchResponse, WatchEvent]):
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

    def received(self, response: WatchResponse) -> Sequence[WatchEvent]:
        """Return the events. DELETED events precede the checkpoint that ends repeated snapshots."""
        self._answered = True
        return [shown for event in response.events for shown in self._shown(event)]

    def _shown(self, event: WatchEvent) -> Sequence[WatchEvent]:
        self._gap_sent, self._token = False, event.resume_token
        if self._token:
            self._failures = 0
        if event.HasField("table"):
            self._note(event.table)
        if not event.HasField("checkpoint"):
            return (event,)
        if not self._token:
            return ()  # a keepalive before the end of the snapshots
        self.finished = self._request.snapshot_only
        return (*self._deleted(), event)

    def _lost(self, error: TableAdminError) -> Sequence[WatchEvent]:
        if error.reason == _EXPIRED and self._token:
            self._token = b""
            return ()
        self._back_off(error)
        if self._gap_sent or not self._answered:
            return ()
        self._gap_sent = True
        since = Timestamp()
        since.GetCurrentTime()
        return (WatchEvent(gap=WatchGap(since=since, reason=error.message)),)

    def _note(self, event: TableEvent) -> None:
        self._unconfirmed.discard(event.table_name)
        if event.type == TableEventType.TABLE_EVENT_TYPE_DELETED:
            self._known.discard(event.table_name)
        else:
            self._known.add(event.table_name)

    def _deleted(self) -> list[WatchEvent]:
        deleted, self._unconfirmed = sorted(self._unconfirmed), set()
        self._known.difference_update(deleted)
        return [
            WatchEvent(table=TableEvent(type=TableEventType.TABLE_EVENT_TYPE_DELETED, table_name=name))
            for name in deleted
        ]


class ResumableWait(ResumableStream[WaitRequest, WaitResponse, WaitResponse]):
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
