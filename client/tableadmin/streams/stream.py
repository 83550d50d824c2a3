"""Run streams: one loop for each client sends the calls that a ResumableStream decides."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeAlias

import grpc

from tableadmin.channel import Target
from tableadmin.errors import TableAdminError, Unavailable, client_closed, from_rpc_error
from tableadmin.streams.resumable import Received, Request, Response, ResumableStream

if TYPE_CHECKING:
    import asyncio

    # Starts a call with a request and a timeout in seconds. Raises ClientClosed, WrongEventLoop.
    Begin: TypeAlias = Callable[[Request, float | None], grpc.CallIterator[Received]]
    BeginAsync: TypeAlias = Callable[
        [Request, float | None], Awaitable[grpc.aio.UnaryStreamCall[Request, Received]]
    ]
    # Whether a call that failed with the error would have a newer token or certificate now.
    IsRenewed: TypeAlias = Callable[[TableAdminError], bool]

# The responses of a stream in the asyncio client. Closing the generator ends the stream.
AsyncStream: TypeAlias = AsyncGenerator[Response]


class Stream(Generic[Response]):
    """An iterator over the responses of a stream, such as a watch or a wait.

    `close`, from any thread, ends the iteration and cancels the call. Leaving a `with` block and dropping the
    last reference do the same.
    """

    def __init__(
        self,
        begin: Begin[Request, Received],
        target: Target,
        stream: ResumableStream[Request, Received, Response],
        is_renewed: IsRenewed,
    ) -> None:
        self._switch = _Switch()
        self._responses = _responses(begin, target, stream, self._switch, is_renewed)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Response:
        return next(self._responses)

    def close(self) -> None:
        """End the stream. Does nothing if the stream has ended."""
        self._switch.turn_off()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Switch:
    """Cancels the call in progress and prevents further calls of a stream."""

    def __init__(self) -> None:
        self.off = Event()
        self._call: grpc.Call | None = None

    def connect(self, call: grpc.Call) -> None:
        """Set the call in progress."""
        self._call = call
        if self.off.is_set():
            _cancel(call)

    def turn_off(self) -> None:
        self.off.set()
        if self._call is not None:
            _cancel(self._call)


def _responses(
    begin: Begin[Request, Received],
    target: Target,
    stream: ResumableStream[Request, Received, Response],
    switch: _Switch,
    is_renewed: IsRenewed,
) -> Generator[Response]:
    while not (stream.finished or switch.off.is_set()):
        call = begin(*stream.next_call())
        switch.connect(call)
        try:
            for response in call:
                yield from stream.received(response)
            last_responses = stream.ended()
        except grpc.RpcError as error:
            if switch.off.is_set():
                return
            last_responses = stream.ended(_or_resumable(_converted(error, target), is_renewed))
        finally:
            _cancel(call)
        yield from last_responses
        switch.off.wait(stream.pause)


def _cancel(call: grpc.Call) -> None:
    call.cancel()  # type: ignore[no-untyped-call] # gRPC's stubs leave it out


async def responses(
    begin: BeginAsync[Request, Received],
    target: Target,
    stream: ResumableStream[Request, Received, Response],
    is_renewed: IsRenewed,
) -> AsyncStream[Response]:
    """Yield the responses of the stream. Closing the generator ends the stream."""
    import asyncio  # noqa: PLC0415 - the synchronous client does not load asyncio

    while not stream.finished:
        call = await begin(*stream.next_call())
        try:
            async for response in call:
                for passed in stream.received(response):
                    yield passed
            last_responses = stream.ended()
        except grpc.RpcError as error:
            last_responses = stream.ended(_or_resumable(_converted(error, target), is_renewed))
        except asyncio.CancelledError:
            if is_cancelled(asyncio.current_task()):
                raise
            raise client_closed() from None
        finally:
            call.cancel()
        for passed in last_responses:
            yield passed
        await asyncio.sleep(stream.pause)


def is_cancelled(task: asyncio.Task[object] | None) -> bool:
    """Whether TASK itself was cancelled. Otherwise closing the channel cancelled the call of TASK."""
    return task is None or task.cancelling() > 0


def _or_resumable(error: TableAdminError, is_renewed: IsRenewed) -> TableAdminError:
    """Return ERROR, or Unavailable if the token or certificate was renewed: the stream then resumes."""
    if not is_renewed(error):
        return error
    return Unavailable("the token or certificate was renewed", grpc.StatusCode.UNAVAILABLE)


def _converted(error: grpc.RpcError, target: Target) -> TableAdminError:
    failure = from_rpc_error(error, target)
    failure.__cause__ = error
    return failure
