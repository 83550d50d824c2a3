"""One wait: progress until a condition holds, or can't hold any more."""

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import PreconditionFailure

from tableadmin.awsshape import AwsDict, AwsValue, from_aws
from tableadmin.v1 import (
    BackupDescription,
    ExportDescription,
    ImportTableDescription,
    WaitCondition,
    WaitRequest,
    WaitResponse,
)
from tableadmin_server.failure import Failure, field_violations
from tableadmin_server.watching.conditions import TABLE_CONDITIONS, Condition, Verdict, check
from tableadmin_server.watching.hub import Hub, is_transient
from tableadmin_server.watching.poller import Poller, Watcher

# Seconds between polls at most: what is waited for may move without a status that says so.
_SLOWEST = 2.0
# Seconds in which what is missing may yet appear: DescribeTable lags behind CreateTable.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
_APPEARANCE = 2.0
_MAX_DETAIL = 3000


@dataclass(frozen=True)
class _Thing:
    """Something other than a table that is waited for: how it is read, and what its statuses mean."""

    operation: str
    parameter: str
    description: str
    status: tuple[str, ...]
    good: str
    bad: frozenset[str]
    field: str
    message: type[Message]


_THINGS: Mapping[Condition, _Thing] = {
    WaitCondition.WAIT_CONDITION_BACKUP_AVAILABLE: _Thing(
        "DescribeBackup",
        "BackupArn",
        "BackupDescription",
        ("BackupDetails", "BackupStatus"),
        "AVAILABLE",
        frozenset({"DELETED"}),
        "backup",
        BackupDescription,
    ),
    WaitCondition.WAIT_CONDITION_EXPORT_COMPLETED: _Thing(
        "DescribeExport",
        "ExportArn",
        "ExportDescription",
        ("ExportStatus",),
        "COMPLETED",
        frozenset({"FAILED"}),
        "export",
        ExportDescription,
    ),
    WaitCondition.WAIT_CONDITION_IMPORT_COMPLETED: _Thing(
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

# The fields that a condition needs beside the table.
_NEEDS: Mapping[Condition, str] = {
    WaitCondition.WAIT_CONDITION_INDEX_ACTIVE: "index_name",
    WaitCondition.WAIT_CONDITION_INDEX_DELETED: "index_name",
    WaitCondition.WAIT_CONDITION_REPLICA_ACTIVE: "region_name",
}


class Awaited(Protocol):
    """What is waited for, as it is looked at."""

    def join(self) -> None:
        """Look on."""

    def leave(self) -> None:
        """Look no longer."""

    def look(self) -> tuple[Verdict, WaitResponse] | None:
        """What is seen, None while nothing fresh is; raises Failure for what won't pass."""

    async def news(self, seconds: float) -> bool:
        """Wait for something new, SECONDS at most; whether there is."""


async def progress(awaited: Awaited, heartbeat: float, limit: float | None) -> AsyncGenerator[WaitResponse]:
    """What is seen of AWAITED whenever it changes and every HEARTBEAT seconds, until it holds.

    Raises Failure: NOT_FOUND when there is no such thing to begin with, FAILED_PRECONDITION when the
    condition can't hold any more, DEADLINE_EXCEEDED with the last response after LIMIT seconds.
    """
    now = asyncio.get_running_loop().time
    began, last, seen = now(), WaitResponse(), False
    ends = math.inf if limit is None else began + limit
    awaited.join()
    try:
        while True:
            look = awaited.look()
            if look is not None and (seen or not look[0].missing or now() - began >= _APPEARANCE):
                verdict, response = look
                _refuse_impossible(verdict, seen=seen)
                if verdict.holds or not seen or response != last:
                    yield _timed(response, now() - began)
                if verdict.holds:
                    return
                last, seen = response, True
            patience = heartbeat if seen else min(heartbeat, _APPEARANCE)
            if await awaited.news(min(patience, ends - now())):
                continue
            if now() >= ends:
                raise _out_of_time(last)
            yield _timed(last, now() - began)
    finally:
        awaited.leave()


def awaited_by(request: WaitRequest, hub: Hub) -> Awaited:
    """What REQUEST waits for; raises Failure (INVALID_ARGUMENT) for a request that can't be."""
    condition = request.condition
    if condition in _THINGS:
        _require(request, "arn")
        return _AwaitedThing(hub, request, _THINGS[condition])
    if condition in TABLE_CONDITIONS:
        _require(request, "table_name")
        if condition in _NEEDS:
            _require(request, _NEEDS[condition])
        return _AwaitedTable(hub, request)
    raise _invalid("condition", "is required")


class _Waker:
    """The event that something looked at sets."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._event = asyncio.Event()

    def join(self) -> None:
        self._hub.watches.add(self)

    def leave(self) -> None:
        self._hub.watches.discard(self)

    def wake(self) -> None:
        self._event.set()

    async def news(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        self._hub.check_running()
        return True


class _AwaitedTable(_Waker):
    """A table, looked at through the poll loop that all its watchers share."""

    def __init__(self, hub: Hub, request: WaitRequest) -> None:
        super().__init__(hub)
        self._request = request
        self._track = hub.track(request.table_name)
        self._parts = TABLE_CONDITIONS[request.condition][1]

    def join(self) -> None:
        super().join()
        self._track.join(self, self._parts, _SLOWEST)

    def leave(self) -> None:
        super().leave()
        self._track.leave(self, self._parts)

    def look(self) -> tuple[Verdict, WaitResponse] | None:
        poller = self._track.poller
        if not _readable(poller, self):
            return None
        seen = self._track.newest
        missing_parts = self._parts & seen.unsupported
        if missing_parts and self._request.condition != WaitCondition.WAIT_CONDITION_SETTLED:
            raise Failure(
                Code.UNIMPLEMENTED, "the endpoint does not have what is waited for", reason="NOT_SUPPORTED"
            )
        verdict = check(seen, self._request)
        state = None if seen.description is None else seen.state()
        return verdict, WaitResponse(done=verdict.holds, pending=verdict.pending, table=state)


class _AwaitedThing(_Waker):
    """A backup, export or import, looked at through a poll loop of its own that all who wait share."""

    def __init__(self, hub: Hub, request: WaitRequest, thing: _Thing) -> None:
        super().__init__(hub)
        self._arn = request.arn
        self._thing = thing
        self._poller = hub.thing(thing.operation, {thing.parameter: request.arn})

    def join(self) -> None:
        super().join()
        self._poller.join(self, _SLOWEST)

    def leave(self) -> None:
        super().leave()
        self._poller.leave(self)
        self._hub.dropped(self._poller)

    def look(self) -> tuple[Verdict, WaitResponse] | None:
        if not _readable(self._poller, self) or self._poller.state is None:
            return None
        description = cast("AwsDict", self._poller.state[self._thing.description])
        status = _within(description, self._thing.status)
        verdict = Verdict() if status == self._thing.good else Verdict((f"{self._thing.field}: {status}",))
        if status in self._thing.bad:
            verdict = Verdict(impossible=f"{self._thing.field} {self._arn}: {status}")
        seen = from_aws(description, self._thing.message, [])
        response = WaitResponse(done=verdict.holds, pending=verdict.pending)
        getattr(response, self._thing.field).CopyFrom(seen)
        return verdict, response


def _readable(poller: Poller[Any], watcher: Watcher) -> bool:
    """Whether there is something fresh to look at; raises the failure of a poll that won't pass by itself."""
    if not poller.is_fresh(watcher):
        return False
    if poller.failure is not None and not is_transient(poller.failure):
        raise poller.failure
    return poller.failure is None


def _within(description: AwsDict, path: tuple[str, ...]) -> str:
    value: AwsValue = description
    for member in path:
        value = cast("AwsDict", value)[member]
    return str(value)


def _refuse_impossible(verdict: Verdict, *, seen: bool) -> None:
    if verdict.impossible is None:
        return
    if verdict.missing and not seen:
        raise Failure(Code.NOT_FOUND, verdict.impossible, reason="NOTHING_TO_WAIT_FOR")
    violation = PreconditionFailure.Violation(type="STILL_POSSIBLE", description=verdict.impossible)
    raise Failure(
        Code.FAILED_PRECONDITION,
        f"it can't come to hold any more: {verdict.impossible}",
        reason="CONDITION_IMPOSSIBLE",
        details=[PreconditionFailure(violations=[violation])],
    )


def _out_of_time(last: WaitResponse) -> Failure:
    still = "; ".join(last.pending) or "nothing has been seen yet"
    if last.ByteSize() > _MAX_DETAIL:
        last.ClearField("table")
    return Failure(
        Code.DEADLINE_EXCEEDED,
        f"the deadline came first; still awaited: {still}",
        reason="WAIT_DEADLINE_EXCEEDED",
        details=[last],
    )


def _timed(response: WaitResponse, seconds: float) -> WaitResponse:
    elapsed = Duration()
    elapsed.FromMilliseconds(round(seconds * 1000))
    timed = WaitResponse(elapsed=elapsed)
    timed.MergeFrom(response)
    return timed


def _require(request: WaitRequest, field: str) -> None:
    if not getattr(request, field):
        raise _invalid(field, "is required")


def _invalid(field: str, problem: str) -> Failure:
    return Failure(
        Code.INVALID_ARGUMENT,
        f"{field}: {problem}",
        reason="INVALID_REQUEST",
        details=[field_violations([(field, problem)])],
    )
