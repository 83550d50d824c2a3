"""The calls of a channel: for each client the loop that carries out what `retrying` decides.

`aio` and `client` are the same code but for `async`, so everything that differs in more than that stands
here and in `streams`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import copy
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Self, cast

import grpc

from tableadmin.channel import CallOptions, Metadata, Target, channel_options
from tableadmin.errors import TableAdminError, WrongEventLoop, closed, from_rpc_error
from tableadmin.methods import Request, Response
from tableadmin.streams import AsyncStream, Stream, is_cancelled, responses
from tableadmin.transport.renewed_channel import RenewedChannel
from tableadmin.transport.retrying import Attempts, Connection
from tableadmin.transport.tls import Credentials, Tls
from tableadmin.transport.tokens import FixedToken, Headers, TokenSource, check_target, is_local
from tableadmin.watching import Resumption

if TYPE_CHECKING:
    # gRPC's own calls, which start one RPC each
    Unary = grpc.UnaryUnaryMultiCallable
    Streaming = Callable[..., grpc.CallIterator[Response]]
    AsyncUnary = grpc.aio.UnaryUnaryMultiCallable
    AsyncStreaming = Callable[..., grpc.aio.UnaryStreamCall[Request, Response]]

# The reason of a call that is refused because a certificate or a token has expired.
_EXPIRED = "CREDENTIALS_EXPIRED"


class Calls:
    """Calls on one channel, for any number of threads.

    A channel that is given is left open by `close`; without one a channel to TARGET is opened. Each call has
    a token of TOKENS; raises ValueError where that token would leave this machine without TLS. With TRACING
    each call has a span.
    """

    def __init__(
        self,
        target: str,
        channel: grpc.Channel | None,
        credentials: Credentials | None,
        tokens: TokenSource,
        *,
        tracing: bool = False,
    ) -> None:
        _check(target, channel, credentials, tokens)
        self._target = _described(target, channel, credentials)
        self._tokens = tokens
        self._owns_channel = channel is None
        opened = channel or _open(target, credentials)
        # Beneath the spans, if there are any.
        self._opened = opened
        self.channel = _tracing().traced(opened, target) if tracing else opened
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
            proof, opened = self._tokens.headers(), _opened(self._opened)
            metadata = (*options.headers(), *proof)
            try:
                response, call = rpc.with_call(request, timeout=tries.timeout, metadata=metadata)
            except grpc.RpcError as error:
                failure = from_rpc_error(error, self._target)
                failure.__cause__ = error
            except ValueError as error:
                raise _of_closed_channel(error) from error
            else:
                self._connection.answered = True
                return response, call.trailing_metadata()
            renewed = self._tokens.is_renewed(failure, proof) or _is_renewed(self._opened, failure, opened)
            if not tries.renewed(renewed):
                self._connection.closed.wait(tries.failed(failure))

    def stream(
        self, rpc: Streaming[Response], resumption: Resumption[Request, Response], options: CallOptions
    ) -> Stream[Response]:
        """The responses of a stream, which starts when the first one is asked for."""

        def begin(request: Request, timeout: float | None) -> grpc.CallIterator[Response]:
            begun.proof, begun.opened = self._tokens.headers(), _opened(self._opened)
            try:
                return rpc(request, timeout=timeout, metadata=(*options.headers(), *begun.proof))
            except ValueError as error:
                raise _of_closed_channel(error) from error

        begun = _Begun(self._tokens, self._opened)
        return Stream(begin, self._target, resumption, begun.is_renewed)


class AsyncCalls:
    """Calls on one channel, in the event loop that is running now; raises WrongEventLoop in others.

    A channel that is given is left open by `close`; without one a channel to TARGET is opened. Each call has
    a token of TOKENS; raises ValueError where that token would leave this machine without TLS. With TRACING
    each call has a span.
    """

    def __init__(
        self,
        target: str,
        channel: grpc.aio.Channel | None,
        credentials: Credentials | None,
        tokens: TokenSource,
        *,
        tracing: bool = False,
    ) -> None:
        _check(target, channel, credentials, tokens)
        self._target = _described(target, channel, credentials)
        self._tokens = tokens
        self._loop = _running_loop()
        self._owns_channel = channel is None
        opened = channel or _open_async(target, credentials)
        # Beneath the spans, if there are any.
        self._opened = opened
        self.channel = _tracing().traced(opened, target) if tracing else opened
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
            proof, opened = await self._proof(), _opened(self._opened)
            metadata = (*options.headers(), *proof)
            try:
                call = rpc(request, timeout=tries.timeout, metadata=metadata)
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
            renewed = self._tokens.is_renewed(failure, proof) or _is_renewed(self._opened, failure, opened)
            if not tries.renewed(renewed):
                await asyncio.sleep(tries.failed(failure))

    def stream(
        self,
        rpc: AsyncStreaming[Request, Response],
        resumption: Resumption[Request, Response],
        options: CallOptions,
    ) -> AsyncStream[Response]:
        """The responses of a stream, which starts when the first one is asked for."""

        async def begin(
            request: Request,
            timeout: float | None,  # noqa: ASYNC109 - it travels to the service
        ) -> grpc.aio.UnaryStreamCall[Request, Response]:
            self._check_loop()
            begun.proof, begun.opened = await self._proof(), _opened(self._opened)
            try:
                return rpc(request, timeout=timeout, metadata=(*options.headers(), *begun.proof))
            except grpc.aio.UsageError as error:
                raise closed() from error

        begun = _Begun(self._tokens, self._opened)
        return responses(begin, self._target, resumption, begun.is_renewed)

    async def _proof(self) -> Headers:
        """The token of a call that begins now. A thread waits for a command, and the event loop goes on."""
        tokens = self._tokens
        return tokens.headers() if tokens.is_at_hand() else await asyncio.to_thread(tokens.headers)

    def _check_loop(self) -> None:
        if _running_loop() is not self._loop:
            raise _wrong_loop("the client belongs to another event loop: make one in each loop")


class _Begun:
    """The token that the newest call of a stream was begun with, and the channel that was opened for it."""

    def __init__(self, tokens: TokenSource, channel: object) -> None:
        self._tokens = tokens
        self._channel = channel
        self.proof: Headers = ()
        self.opened: object = None

    def is_renewed(self, error: TableAdminError) -> bool:
        """Whether a call that ended in ERROR would have a better token or certificate now."""
        return self._tokens.is_renewed(error, self.proof) or _is_renewed(self._channel, error, self.opened)


def _opened(channel: object) -> object:
    """What CHANNEL opens for a call that begins now, None for a channel that is opened once."""
    return channel.newest() if isinstance(channel, RenewedChannel) else None


def _is_renewed(channel: object, error: TableAdminError, opened: object) -> bool:
    """Whether a call on OPENED ended in ERROR for its certificate, in whose place there is a newer one."""
    return error.reason == _EXPIRED and _opened(channel) is not opened


def _check(target: str, channel: object, credentials: Credentials | None, tokens: TokenSource) -> None:
    if tokens == FixedToken(None):
        return
    if channel is not None:
        raise ValueError("a token goes with a channel that the client opens: give no channel")
    if credentials is None:
        check_target(target)


def _options(target: str, credentials: Credentials | None) -> list[tuple[str, str | int]]:
    # A proxy that the environment names would be told the tokens of a server on this machine.
    local = credentials is None and is_local(target)
    return [*channel_options(target), *([("grpc.enable_http_proxy", 0)] if local else [])]


def _described(target: str, channel: object, credentials: Credentials | None) -> Target:
    """TARGET, and what is known of the way to it."""
    if channel is not None:
        return Target(target)
    if isinstance(credentials, Tls):
        return Target(target, tls=True, certificate=credentials.cert is not None)
    return Target(target, tls=False, certificate=False) if credentials is None else Target(target, tls=True)


def _open(target: str, credentials: Credentials | None) -> grpc.Channel:
    options = _options(target, credentials)
    if credentials is None:
        return grpc.insecure_channel(target, options)
    if isinstance(credentials, Tls):
        renewed = RenewedChannel(credentials, lambda secret: grpc.secure_channel(target, secret, options))
        return cast("grpc.Channel", renewed)
    return grpc.secure_channel(target, credentials, options)


def _open_async(target: str, credentials: Credentials | None) -> grpc.aio.Channel:
    options = _options(target, credentials)
    if credentials is None:
        return grpc.aio.insecure_channel(target, options)
    if isinstance(credentials, Tls):
        renewed = RenewedChannel(credentials, lambda secret: grpc.aio.secure_channel(target, secret, options))
        return cast("grpc.aio.Channel", renewed)
    return grpc.aio.secure_channel(target, credentials, options)


def _tracing() -> ModuleType:
    """The module of traces; raises ModuleNotFoundError, which says what to install."""
    try:
        return import_module("tableadmin.transport.tracing")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"tracing=True: {error.name} is not installed: pip install 'tableadmin[otel]'", name=error.name
        ) from error


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
