"""Streams as they run: for each client the loop that carries out what `watching` and `operations` decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeAlias

import grpc

from tableadmin.channel import Target
from tableadmin.errors import TableAdminError, Unavailable, closed, from_rpc_error
from tableadmin.watching import Request, Response, Resumption

if TYPE_CHECKING:
    # What makes a call of a request and a timeout in seconds; raises ClientClosed, WrongEventLoop.
    Begin: TypeAlias = Callable[[Request, float | None], grpc.CallIterator[Response]]
    BeginAsync: TypeAlias = Callable[
        [Request, float | None], Awaitable[grpc.aio.UnaryStreamCall[Request, Response]]
    ]
    # Whether a call that ended in an error would have a better token now.
    IsRenewed: TypeAlias = Callable[[TableAdminError], bool]

# The responses of a stream in the asyncio client; closing the generator ends the stream.
AsyncStream: TypeAlias = AsyncGenerator[Response]


class Stream(Generic[Response]):
    """The responses of a watch or a wait, or of operations that are followed, to iterate over.

    `close` ends it, from any thread: the iteration is over then, and the service is told. So does leaving a
    `with` block, or dropping the last reference.
    """

    def __init__(
        self,
        begin: Begin[Request, Response],
        target: Target,
        resumption: Resumption[Request, Response],
        is_renewed: IsRenewed,
    ) -> None:
        self._switch = _Switch()
        self._responses = _responses(begin, target, resumption, self._switch, is_renewed)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Response:
        return next(self._responses)

    def close(self) -> None:
        """End the stream; it may have ended already."""
        self._switch.turn_off()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Switch:
    """Ends the call under way and all that would follow."""

    def __init__(self) -> None:
        self.off = Event()
        self._call: grpc.Call | None = None

    def connect(self, call: grpc.Call) -> None:
        """CALL is under way now."""
        self._call = call
        if self.off.is_set():
            _cancel(call)

    def turn_off(self) -> None:
        self.off.set()
        if self._call is not None:
            _cancel(self._call)


def _responses(
    begin: Begin[Request, Response],
    target: Target,
    resumption: Resumption[Request, Response],
    switch: _Switch,
    is_renewed: IsRenewed,
) -> Generator[Response]:
    while not (resumption.finished or switch.off.is_set()):
        call = begin(*resumption.next_call())
        switch.connect(call)
        try:
            for response in call:
                yield from resumption.received(response)
            told = resumption.ended()
        except grpc.RpcError as error:
            if switch.off.is_set():
                return
            told = resumption.ended(_passing(_caused(error, target), is_renewed))
        finally:
            _cancel(call)
        yield from told
        switch.off.wait(resumption.pause)


def _cancel(call: grpc.Call) -> None:
    call.cancel()  # type: ignore[no-untyped-call] # gRPC's stubs leave it out


async def responses(
    begin: BeginAsync[Request, Response],
    target: Target,
    resumption: Resumption[Request, Response],
    is_renewed: IsRenewed,
) -> AsyncStream[Response]:
    """The responses of the stream; closing the generator ends it."""
    while not resumption.finished:
        call = await begin(*resumption.next_call())
        try:
            async for response in call:
                for handed_on in resumption.received(response):
                    yield handed_on
            told = resumption.ended()
        except grpc.RpcError as error:
            told = resumption.ended(_passing(_caused(error, target), is_renewed))
        except asyncio.CancelledError:
            if is_cancelled(asyncio.current_task()):
                raise
            raise closed() from None
        finally:
            call.cancel()
        for handed_on in told:
            yield handed_on
        await asyncio.sleep(resumption.pause)


def is_cancelled(task: asyncio.Task[object] | None) -> bool:
    """Whether TASK itself was cancelled; otherwise its call was, along with the channel."""
    return task is None or task.cancelling() > 0


def _passing(error: TableAdminError, is_renewed: IsRenewed) -> TableAdminError:
    """ERROR, or a loss of the connection where a renewed token or certificate is the cause of ERROR."""
    if not is_renewed(error):
        return error
    return Unavailable("the token or certificate was renewed", grpc.StatusCode.UNAVAILABLE)


def _caused(error: grpc.RpcError, target: Target) -> TableAdminError:
    failure = from_rpc_error(error, target)
    failure.__cause__ = error
    return failure
