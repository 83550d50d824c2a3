"""Watches and waits over the wire: the generated stub, and what comes of a stream."""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from tableadmin.v1 import TableEventType, WaitResponse, WatchEvent, WatchResponse
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub

if TYPE_CHECKING:
    from tableadmin.v1.watch_service_pb2_grpc import WatchServiceAsyncStub

R = TypeVar("R", WatchEvent, WaitResponse)

# A connection to itself for each channel.
_OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)


def channel(address: str) -> grpc.aio.Channel:
    """A channel to ADDRESS, on a connection of its own."""
    return grpc.aio.insecure_channel(address, options=_OWN_CONNECTION)


@asynccontextmanager
async def connected(address: str) -> AsyncIterator["WatchServiceAsyncStub"]:
    """The stub of `WatchService` at ADDRESS, on a connection of its own."""
    async with channel(address) as connection:
        yield WatchServiceStub(connection)


class Stream(Generic[R]):
    """What came of a stream so far, and how it ended."""

    def __init__(self) -> None:
        self.responses: list[R] = []
        self.error: grpc.aio.AioRpcError | None = None
        self.ended = False

    async def read(self, call: AsyncIterable[R]) -> None:
        """Read CALL until it ends."""
        try:
            async for response in call:
                self.responses.append(response)
        except grpc.aio.AioRpcError as error:
            self.error = error
        self.ended = True

    @property
    def code(self) -> grpc.StatusCode:
        """The status it ended with."""
        assert self.ended
        return grpc.StatusCode.OK if self.error is None else self.error.code()

    @property
    def reason(self) -> str:
        """The reason of the error it ended with."""
        info = ErrorInfo()
        assert self._status().details[0].Unpack(info)
        return info.reason

    @property
    def fields(self) -> list[str]:
        """The fields that the error it ended with finds fault with."""
        bad = BadRequest()
        assert any(detail.Unpack(bad) for detail in self._status().details)
        return [violation.field for violation in bad.field_violations]

    @property
    def last(self) -> WaitResponse:
        """The response among the details of the error that a wait ended with."""
        last = WaitResponse()
        assert any(detail.Unpack(last) for detail in self._status().details)
        return last

    @property
    def is_explained(self) -> bool:
        """Whether the server has ended the stream with an error that has details."""
        return self.error is not None and rpc_status.from_call(cast("grpc.Call", self.error)) is not None

    def _status(self) -> Status:
        assert self.error is not None
        status: Status | None = rpc_status.from_call(cast("grpc.Call", self.error))  # it reads aio's too
        assert status is not None
        return status


def events_in(call: Iterable[WatchResponse]) -> Iterator[WatchEvent]:
    """The events of CALL, a watch of the synchronous stub."""
    return (event for response in call for event in response.events)


async def each_event(call: AsyncIterable[WatchResponse]) -> AsyncIterator[WatchEvent]:
    """The events of CALL, a watch."""
    async for response in call:
        for event in response.events:
            yield event


@asynccontextmanager
async def reading(call: AsyncIterable[R]) -> AsyncIterator[Stream[R]]:
    """CALL, read for the length of the block."""
    stream: Stream[R] = Stream()
    task = asyncio.create_task(stream.read(call))
    try:
        yield stream
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def outcome(call: AsyncIterable[R]) -> Stream[R]:
    """All that comes of CALL, which ends by itself."""
    stream: Stream[R] = Stream()
    await stream.read(call)
    return stream


def events(stream: Stream[WatchEvent]) -> list[str]:
    """What has come, but for checkpoints: the kinds of events, and gaps."""
    return [
        TableEventType.Name(response.table.type).removeprefix("TABLE_EVENT_TYPE_").lower()
        if response.HasField("table")
        else "gap"
        for response in stream.responses
        if not response.HasField("checkpoint")
    ]


def complete(stream: Stream[WatchEvent]) -> bool:
    """Whether all snapshots have come."""
    return any(response.HasField("checkpoint") for response in stream.responses)


async def until(condition: Callable[[], object], seconds: float = 60.0) -> float:
    """Return when CONDITION holds, with the seconds that took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "it did not come about"
        await asyncio.sleep(0.01)
    return time.monotonic() - begin
