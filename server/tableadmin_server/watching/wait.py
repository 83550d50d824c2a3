"""One wait: progress until a condition holds, or can't hold any more."""

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, AwsValue, from_aws
from tableadmin.v1 import (
    BackupDescription,
    ExportDescription,
    ImportTableDescription,
    WaitCondition,
    WaitRequest,
    WaitResponse,
)
from tableadmin_server.failure import Failure, PreconditionViolation, invalid_request
from tableadmin_server.polling.auto_reset_event import AutoResetEvent
from tableadmin_server.polling.poller import Poller
from tableadmin_server.watching.conditions import TABLE_CONDITIONS, Condition, Verdict, check
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.watched_table import WatchedTable

# Seconds between polls at most: what is waited for may move without a status that says so.
_POLL_INTERVAL = 2.0
# Seconds in which what is missing may yet appear: DescribeTable lags behind CreateTable.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
_APPEARANCE_SECONDS = 2.0
_MAX_DETAIL = 3000


@dataclass(frozen=True)
class _Resource:
    """Something other than a table that is waited for: how it is read, and what its statuses mean."""

    operation: str
    parameter: str
    description: str
    status: tuple[str, ...]
    done: str
    failed: frozenset[str]
    field: str
    message: type[Message]


_RESOURCES: Mapping[Condition, _Resource] = {
    WaitCondition.WAIT_CONDITION_BACKUP_AVAILABLE: _Resource(
        "DescribeBackup",
        "BackupArn",
        "BackupDescription",
        ("BackupDetails", "BackupStatus"),
        "AVAILABLE",
        frozenset({"DELETED"}),
        "backup",
        BackupDescription,
    ),
    WaitCondition.WAIT_CONDITION_EXPORT_COMPLETED: _Resource(
        "DescribeExport",
        "ExportArn",
        "ExportDescription",
        ("ExportStatus",),
        "COMPLETED",
        frozenset({"FAILED"}),
        "export",
        ExportDescription,
    ),
    WaitCondition.WAIT_CONDITION_IMPORT_COMPLETED: _Resource(
        "DescribeImport",
        "ImportArn",
        "ImportTableDescription",
        ("ImportStatus",),
        "COMPLETED",
        frozenset({"CANCELLED", "FAILED"}),
        "import",
        ImportTableDescription,
    ),
}

Observation: TypeAlias = tuple[Verdict, WaitResponse]


class WaitTarget(Protocol):
    """What is waited for, as it is looked at."""

    def join(self) -> None:
        """Look on."""

    def leave(self) -> None:
        """Look no longer."""

    def observe(self) -> Observation | None:
        """What is seen, None while nothing fresh is; raises Failure for what won't pass."""

    def failure_text(self) -> str:
        """Why nothing fresh is seen, if that is known."""

    async def wait(self, until: float) -> bool:
        """Wait for something new, until a moment on the event loop's clock: whether there was."""


async def wait_responses(
    target: WaitTarget, heartbeat: float, limit: float | None
) -> AsyncGenerator[WaitResponse]:
    """What is seen of TARGET whenever it changes and every HEARTBEAT seconds, until it holds.

    Raises Failure: NOT_FOUND when there is no such thing to begin with, FAILED_PRECONDITION when the
    condition can't hold any more, DEADLINE_EXCEEDED with the last response after LIMIT seconds.
    """
    now = asyncio.get_running_loop().time
    began = now()
    ends = math.inf if limit is None else began + limit
    appears, beats = began + _APPEARANCE_SECONDS, began + heartbeat
    last: WaitResponse | None = None
    target.join()
    try:
        while True:
            observe = target.observe()
            if observe is not None and (last is not None or not observe[0].missing or now() >= appears):
                verdict, response = observe
                _refuse_impossible(verdict, begun=last is not None)
                if response != last:
                    last, beats = response, now() + heartbeat
                    yield _timed(response, now() - began)
                if verdict.holds:
                    return
            if now() >= ends:
                silent = "" if observe or last else "the endpoint has not responded"
                raise _out_of_time(last, now() - began, target.failure_text() or silent)
            if now() >= beats:
                beats = now() + heartbeat
                yield _timed(last, now() - began)
            await target.wait(min(beats, ends, appears if now() < appears else math.inf))
    finally:
        target.leave()


def wait_target(request: WaitRequest, hub: Hub) -> WaitTarget:
    """What REQUEST waits for; raises Failure (INVALID_ARGUMENT) for a request that can't be."""
    condition = request.condition
    if condition in _RESOURCES:
        _require(request, "arn")
        return _ResourceTarget(hub, request, _RESOURCES[condition])
    if condition in TABLE_CONDITIONS:
        _require(request, "table_name")
        required = TABLE_CONDITIONS[condition].required
        if required:
            _require(request, required)
        return _TableTarget(hub, request)
    raise invalid_request("condition", "is required")


class _TableTarget(AutoResetEvent):
    """A table, looked at through the poll loop that all its watchers share."""

    def __init__(self, hub: Hub, request: WaitRequest) -> None:
        super().__init__()
        self._hub = hub
        self._request = request
        self._parts = TABLE_CONDITIONS[request.condition].parts
        self._table: WatchedTable

    def join(self) -> None:
        self._hub.enter(self)
        self._table = self._hub.tables.of(self._request.table_name)
        self._table.join(self, self._parts, _POLL_INTERVAL)

    def leave(self) -> None:
        self._hub.exit(self)
        self._table.leave(self, self._parts)

    def observe(self) -> Observation | None:
        self._hub.streams.check_running()
        if not self._table.poller.is_readable(self):
            return None
        if self._table.lacks(self._parts):
            return None
        seen = self._table.newest.only(self._parts)
        for failure in seen.unreadable.values():
            raise failure
        # Where there is no time to live at all, everything else can settle.
        if seen.unsupported and self._request.condition != WaitCondition.WAIT_CONDITION_SETTLED:
            raise _not_supported()
        verdict = check(seen, self._request)
        state = None if seen.description is None else seen.state
        return verdict, WaitResponse(done=verdict.holds, pending=verdict.pending, table=state)

    def failure_text(self) -> str:
        return _failure_text(self._table.poller)


class _ResourceTarget(AutoResetEvent):
    """A backup, export or import, looked at through a poll loop of its own that all who wait share."""

    def __init__(self, hub: Hub, request: WaitRequest, thing: _Resource) -> None:
        super().__init__()
        self._hub = hub
        self._arn = request.arn
        self._thing = thing
        self._poller: Poller[AwsDict]

    def join(self) -> None:
        self._hub.enter(self)
        self._poller = self._hub.resources.of(self._thing.operation, {self._thing.parameter: self._arn})
        self._poller.join(self, _POLL_INTERVAL)

    def leave(self) -> None:
        self._hub.exit(self)
        self._poller.leave(self)
        self._hub.resources.drop(self._poller)

    def observe(self) -> Observation | None:
        self._hub.streams.check_running()
        failure = self._poller.failure_for(self)
        if failure is not None and failure.code == Code.NOT_FOUND:
            return Verdict(impossible=failure.message, missing=True), WaitResponse()
        if not self._poller.is_readable(self) or self._poller.state is None:
            return None
        description = cast("AwsDict", self._poller.state[self._thing.description])
        status = _within(description, self._thing.status)
        verdict = Verdict() if status == self._thing.done else Verdict((f"{self._thing.field}: {status}",))
        if status in self._thing.failed:
            verdict = Verdict(impossible=f"{self._thing.field} {self._arn}: {status}")
        seen = from_aws(description, self._thing.message, [])
        response = WaitResponse(done=verdict.holds, pending=verdict.pending)
        getattr(response, self._thing.field).CopyFrom(seen)
        return verdict, response

    def failure_text(self) -> str:
        return _failure_text(self._poller)


def _failure_text(poller: Poller[Any]) -> str:
    return poller.failure.message if poller.failure else ""


def _within(description: AwsDict, path: tuple[str, ...]) -> str:
    value: AwsValue = description
    for member in path:
        value = cast("AwsDict", value)[member]
    return str(value)


def _refuse_impossible(verdict: Verdict, *, begun: bool) -> None:
    """Raise Failure when VERDICT is that it can't come to hold; BEGUN says that it could once."""
    if verdict.impossible is None:
        return
    if verdict.missing and not begun:
        raise Failure(Code.NOT_FOUND, verdict.impossible, reason="NOTHING_TO_WAIT_FOR")
    raise Failure(
        Code.FAILED_PRECONDITION,
        f"the condition can no longer be met: {verdict.impossible}",
        reason="CONDITION_IMPOSSIBLE",
        precondition_violations=[PreconditionViolation("STILL_POSSIBLE", "", verdict.impossible)],
    )


def _not_supported() -> Failure:
    text = "the endpoint does not support the condition"
    return Failure(Code.UNIMPLEMENTED, text, reason="NOT_SUPPORTED")


def _out_of_time(last: WaitResponse | None, seconds: float, failure_text: str) -> Failure:
    still = f"not yet met: {'; '.join(last.pending)}" if last else "no state has been read yet"
    final = _timed(last, seconds)
    if final.ByteSize() > _MAX_DETAIL:
        final.ClearField("table")
    return Failure(
        Code.DEADLINE_EXCEEDED,
        "; ".join(filter(None, ("the deadline has expired", still, failure_text))),
        reason="WAIT_DEADLINE_EXCEEDED",
        last_response=final,
    )


def _timed(response: WaitResponse | None, seconds: float) -> WaitResponse:
    elapsed = Duration()
    elapsed.FromMilliseconds(round(seconds * 1000))
    timed = WaitResponse(elapsed=elapsed)
    if response is not None:
        timed.MergeFrom(response)
    return timed


def _require(request: WaitRequest, field: str) -> None:
    if not getattr(request, field):
        raise invalid_request(field, "is required")
