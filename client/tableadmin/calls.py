"""The calls of a channel: for each client the loop that carries out what `retrying` decides.

`aio` and `client` are the same code but for `async`, so everything that differs in more than that stands
here and in `streams`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Self

import grpc

from tableadmin.channel import CallOptions, Metadata, channel_options
from tableadmin.errors import WrongEventLoop, closed, from_rpc_error
from tableadmin.methods import Request, Response
from tableadmin.retrying import Attempts, Connection
from tableadmin.streams import AsyncStream, Stream, is_cancelled, responses
from tableadmin.watching import Resumption

if TYPE_CHECKING:
    # gRPC's own calls, which start one RPC each
    Unary = grpc.UnaryUnaryMultiCallable
    Streaming = Callable[..., grpc.CallIterator[Response]]
    AsyncUnary = grpc.aio.UnaryUnaryMultiCallable
    AsyncStreaming = Callable[..., grpc.aio.UnaryStreamCall[Request, Response]]


class Calls:
    """Calls on one channel, for any number of threads.

    A channel that is given is left open by `close`; without one a channel to TARGET is opened.
    """

    def __init__(
        self, target: str, channel: grpc.Channel | None, credentials: grpc.ChannelCredentials | None
    ) -> None:
        self._target = target
        self._owns_channel = channel is None
        self.channel = channel or _open(target, credentials)
        self._connection = Connection()

    def shared(self) -> Self:
        """The same channel for another user, who can't close it."""
        view = copy(self)
        view._owns_channel = False  # noqa: SLF001 - of another object of this class
        return view

    def close(self) -> None:
        """Close the channel, unless it was given; calls under way, and later ones, raise ClientClosed."""
        if self._owns_channel:
            self._connection.closed.set()
            self.channel.close()

    def unary(
        self, rpc: Unary[Request, Response], request: Request, options: CallOptions
    ) -> tuple[Response, Metadata]:
        """The response to REQUEST and the trailing metadata; raises TableAdminError."""
        tries = Attempts(request, options.timeout, self._connection)
        while True:
            try:
                response, call = rpc.with_call(request, timeout=tries.timeout, metadata=options.headers())
            except grpc.RpcError as error:
                failure = from_rpc_error(error, self._target)
                failure.__cause__ = error
            except ValueError as error:
                raise _of_closed_channel(error) from error
            else:
                self._connection.answered = True
                return response, call.trailing_metadata()
            self._connection.closed.wait(tries.failed(failure))

    def stream(
        self, rpc: Streaming[Response], resumption: Resumption[Request, Response], options: CallOptions
    ) -> Stream[Response]:
        """The responses of a stream, which starts when the first one is asked for."""

        def begin(request: Request, timeout: float | None) -> grpc.CallIterator[Response]:
            try:
                return rpc(request, timeout=timeout, metadata=options.headers())
            except ValueError as error:
                raise _of_closed_channel(error) from error

        return Stream(begin, self._target, resumption)


class AsyncCalls:
    """Calls on one channel, in the event loop that is running now; raises WrongEventLoop in others.

    A channel that is given is left open by `close`; without one a channel to TARGET is opened.
    """

    def __init__(
        self, target: str, channel: grpc.aio.Channel | None, credentials: grpc.ChannelCredentials | None
    ) -> None:
        self._target = target
        self._loop = _running_loop()
        self._owns_channel = channel is None
        self.channel = channel or _open_async(target, credentials)
        self._connection = Connection()

    def shared(self) -> Self:
        """The same channel for another user, who can't close it."""
        view = copy(self)
        view._owns_channel = False  # noqa: SLF001 - of another object of this class
        return view

    async def close(self) -> None:
        """Close the channel, unless it was given; calls under way, and later ones, raise ClientClosed."""
        self._check_loop()
        if self._owns_channel:
            self._connection.closed.set()
            await self.channel.close(None)

    async def unary(
        self, rpc: AsyncUnary[Request, Response], request: Request, options: CallOptions
    ) -> tuple[Response, Metadata]:
        """The response to REQUEST and the trailing metadata; raises TableAdminError."""
        self._check_loop()
        tries = Attempts(request, options.timeout, self._connection)
        while True:
            try:
                call = rpc(request, timeout=tries.timeout, metadata=options.headers())
                response = await call
            except grpc.RpcError as error:
                failure = from_rpc_error(error, self._target)
                failure.__cause__ = error
            except grpc.aio.UsageError as error:
                raise closed() from error
            except asyncio.CancelledError:
                if is_cancelled(asyncio.current_task()):
                    raise
                raise closed() from None
            else:
                self._connection.answered = True
                return response, tuple(await call.trailing_metadata())
            await asyncio.sleep(tries.failed(failure))

    def stream(
        self,
        rpc: AsyncStreaming[Request, Response],
        resumption: Resumption[Request, Response],
        options: CallOptions,
    ) -> AsyncStream[Response]:
        """The responses of a stream, which starts when the first one is asked for."""

        def begin(request: Request, timeout: float | None) -> grpc.aio.UnaryStreamCall[Request, Response]:
            self._check_loop()
            try:
                return rpc(request, timeout=timeout, metadata=options.headers())
            except grpc.aio.UsageError as error:
                raise closed() from error

        return responses(begin, self._target, resumption)

    def _check_loop(self) -> None:
        if _running_loop() is not self._loop:
            raise _wrong_loop("the client belongs to another event loop: make one in each loop")


def _open(target: str, credentials: grpc.ChannelCredentials | None) -> grpc.Channel:
    if credentials is None:
        return grpc.insecure_channel(target, channel_options())
    return grpc.secure_channel(target, credentials, channel_options())


def _open_async(target: str, credentials: grpc.ChannelCredentials | None) -> grpc.aio.Channel:
    if credentials is None:
        return grpc.aio.insecure_channel(target, channel_options())
    return grpc.aio.secure_channel(target, credentials, channel_options())


def _of_closed_channel(error: ValueError) -> Exception:
    """What to raise where gRPC refuses a call with ERROR: a channel is closed, or an argument is wrong."""
    return closed() if "closed" in str(error) else error


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError as error:
        raise _wrong_loop("no event loop is running: make and use the client inside a coroutine") from error


def _wrong_loop(text: str) -> WrongEventLoop:
    return WrongEventLoop(text, grpc.StatusCode.FAILED_PRECONDITION)
