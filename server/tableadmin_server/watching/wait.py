"""One wait: progress until a condition is met or can no longer be met."""

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

# The longest time in seconds between polls. Some changes show no transitional status.
_POLL_INTERVAL = 2.0
# A missing table or resource may still appear for so many seconds: DescribeTable lags behind CreateTable.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
_APPEARANCE_SECONDS = 2.0
_MAX_DETAIL = 3000


@dataclass(frozen=True)
class _Resource:
    """A kind of resource other than tables: how it is read, and the meaning of its statuses."""

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
    """The table or resource of a wait."""

    def join(self) -> None:
        """Start polling."""

    def leave(self) -> None:
        """Stop polling."""

    def observe(self) -> Observation | None:
        """Return the current state, None before the first read. Raises Failure if it is permanent."""

    def failure_text(self) -> str:
        """Return why the last poll failed, "" if it did not."""

    async def wait(self, until: float) -> bool:
        """Wait for a change until UNTIL, by the event loop's clock. Returns whether there was one."""


async def wait_responses(
    target: WaitTarget, heartbeat: float, limit: float | None
) -> AsyncGenerator[WaitResponse]:
    """Yield the state of TARGET after each change and every HEARTBEAT seconds, until the condition is met.

    Raises Failure: NOT_FOUND if the target does not exist at the start, FAILED_PRECONDITION if the condition
    can no longer be met, DEADLINE_EXCEEDED with the last response after LIMIT seconds.
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
    """Return the target of REQUEST. Raises Failure (INVALID_ARGUMENT) if a required field is missing."""
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
    """A table, read by its shared poll loop."""

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
        # A table without time to live can still settle.
        if seen.unsupported and self._request.condition != WaitCondition.WAIT_CONDITION_SETTLED:
            raise _not_supported()
        verdict = check(seen, self._request)
        state = None if seen.description is None else seen.state
        return verdict, WaitResponse(done=verdict.holds, pending=verdict.pending, table=state)

    def failure_text(self) -> str:
        return _failure_text(self._table.poller)


class _ResourceTarget(AutoResetEvent):
    """A backup, export or import, read by a poll loop that its waits share."""

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
    """Raise Failure if the condition can no longer be met. BEGUN says that the target was read before."""
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
