"""Send calls on a channel, with the retries that `transport.retrying` decides: one class for each client.

`aio` and `client` differ only in `async`. Code that differs in more is here and in `streams`.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Self, cast

import grpc

from tableadmin.channel import CallOptions, Metadata, Target, channel_options
from tableadmin.errors import TableAdminError, WrongEventLoop, client_closed, from_rpc_error
from tableadmin.methods import Request, Response
from tableadmin.streams.resumable import Received, ResumableStream
from tableadmin.streams.stream import AsyncStream, Stream, is_cancelled, responses
from tableadmin.transport.renewed_channel import RenewedChannel
from tableadmin.transport.retrying import Connection, RetryState
from tableadmin.transport.tls import Credentials, Tls
from tableadmin.transport.tokens import FixedToken, Headers, TokenSource, check_target, is_local

if TYPE_CHECKING:
    import asyncio

    # gRPC's own calls, which start one RPC each
    Unary = grpc.UnaryUnaryMultiCallable
    Streaming = Callable[..., grpc.CallIterator[Response]]
    AsyncUnary = grpc.aio.UnaryUnaryMultiCallable
    AsyncStreaming = Callable[..., grpc.aio.UnaryStreamCall[Request, Response]]

# The error reason of a call whose certificate or token has expired.
_EXPIRED = "CREDENTIALS_EXPIRED"


class Calls:
    """Calls on one channel. Safe for use by several threads.

    Without CHANNEL, a channel to TARGET is opened. `close` leaves a given CHANNEL open. Each call sends a
    token of TOKENS. With TRACING, each call has a span. Raises ValueError if a token would leave this machine
    without TLS.
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
        self._target = _target(target, channel, credentials)
        self._tokens = tokens
        self._owns_channel = channel is None
        opened = channel or _open(target, credentials)
        # The channel without tracing.
        self._opened = opened
        self.channel = _tracing().trace_channel(opened, target) if tracing else opened
        self._connection = Connection()

    def shared(self) -> Self:
        """Return calls on the same channel. Closing them does not close the channel."""
        view = copy(self)
        view._owns_channel = False  # noqa: SLF001 - of another object of this class
        return view

    def close(self) -> None:
        """Close the channel, unless it was given. Calls in progress and later calls raise ClientClosed."""
        if self._owns_channel:
            self._connection.closed.set()
            self.channel.close()

    def unary(
        self, rpc: Unary[Request, Response], request: Request, options: CallOptions
    ) -> tuple[Response, Metadata]:
        """Return the response to REQUEST and the trailing metadata. Raises TableAdminError."""
        retries = RetryState(request, options.timeout, self._connection)
        while True:
            token_headers, opened = self._tokens.headers(), _opened(self._opened)
            metadata = (*options.headers(), *token_headers)
            try:
                response, call = rpc.with_call(request, timeout=retries.timeout, metadata=metadata)
            except grpc.RpcError as error:
                failure = from_rpc_error(error, self._target)
                failure.__cause__ = error
            except ValueError as error:
                raise _of_closed_channel(error) from error
            else:
                self._connection.answered = True
                return response, call.trailing_metadata()
            renewed = self._tokens.is_renewed(failure, token_headers) or _is_renewed(
                self._opened, failure, opened
            )
            if not retries.retries_at_once(renewed):
                self._connection.closed.wait(retries.pause_after(failure))

    def stream(
        self,
        rpc: Streaming[Received],
        stream: ResumableStream[Request, Received, Response],
        options: CallOptions,
    ) -> Stream[Response]:
        """Return the responses of a stream. The stream starts when the first response is requested."""

        def begin(request: Request, timeout: float | None) -> grpc.CallIterator[Received]:
            started.token_headers, started.opened = self._tokens.headers(), _opened(self._opened)
            try:
                return rpc(request, timeout=timeout, metadata=(*options.headers(), *started.token_headers))
            except ValueError as error:
                raise _of_closed_channel(error) from error

        started = _StreamCall(self._tokens, self._opened)
        return Stream(begin, self._target, stream, started.is_renewed)


class AsyncCalls:
    """Calls on one channel, in the event loop that is running now. Calls in other loops raise WrongEventLoop.

    Without CHANNEL, a channel to TARGET is opened. `close` leaves a given CHANNEL open. Each call sends a
    token of TOKENS. With TRACING, each call has a span. Raises ValueError if a token would leave this machine
    without TLS.
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
        self._target = _target(target, channel, credentials)
        self._tokens = tokens
        self._loop = _running_loop()
        self._owns_channel = channel is None
        opened = channel or _open_async(target, credentials)
        # The channel without tracing.
        self._opened = opened
        self.channel = _tracing().trace_channel(opened, target) if tracing else opened
        self._connection = Connection()

    def shared(self) -> Self:
        """Return calls on the same channel. Closing them does not close the channel."""
        view = copy(self)
        view._owns_channel = False  # noqa: SLF001 - of another object of this class
        return view

    async def close(self) -> None:
        """Close the channel, unless it was given. Calls in progress and later calls raise ClientClosed."""
        self._check_loop()
        if self._owns_channel:
            self._connection.closed.set()
            await self.channel.close(None)

    async def unary(
        self, rpc: AsyncUnary[Request, Response], request: Request, options: CallOptions
    ) -> tuple[Response, Metadata]:
        """Return the response to REQUEST and the trailing metadata. Raises TableAdminError."""
        import asyncio  # noqa: PLC0415 - the synchronous client does not load asyncio

        self._check_loop()
        retries = RetryState(request, options.timeout, self._connection)
        while True:
            token_headers, opened = await self._token_headers(), _opened(self._opened)
            metadata = (*options.headers(), *token_headers)
            try:
                call = rpc(request, timeout=retries.timeout, metadata=metadata)
                response = await call
            except grpc.RpcError as error:
                failure = from_rpc_error(error, self._target)
                failure.__cause__ = error
            except grpc.aio.UsageError as error:
                raise client_closed() from error
            except asyncio.CancelledError:
                if is_cancelled(asyncio.current_task()):
                    raise
                raise client_closed() from None
            else:
                self._connection.answered = True
                return response, tuple(await call.trailing_metadata())
            renewed = self._tokens.is_renewed(failure, token_headers) or _is_renewed(
                self._opened, failure, opened
            )
            if not retries.retries_at_once(renewed):
                await asyncio.sleep(retries.pause_after(failure))

    def stream(
        self,
        rpc: AsyncStreaming[Request, Received],
        stream: ResumableStream[Request, Received, Response],
        options: CallOptions,
    ) -> AsyncStream[Response]:
        """Return the responses of a stream. The stream starts when the first response is requested."""

        async def begin(
            request: Request,
            timeout: float | None,  # noqa: ASYNC109 - it travels to the service
        ) -> grpc.aio.UnaryStreamCall[Request, Received]:
            self._check_loop()
            started.token_headers, started.opened = await self._token_headers(), _opened(self._opened)
            try:
                return rpc(request, timeout=timeout, metadata=(*options.headers(), *started.token_headers))
            except grpc.aio.UsageError as error:
                raise client_closed() from error

        started = _StreamCall(self._tokens, self._opened)
        return responses(begin, self._target, stream, started.is_renewed)

    async def _token_headers(self) -> Headers:
        """Return the token headers of the next call. A token command runs in a thread."""
        import asyncio  # noqa: PLC0415 - the synchronous client does not load asyncio

        tokens = self._tokens
        return tokens.headers() if tokens.is_at_hand() else await asyncio.to_thread(tokens.headers)

    def _check_loop(self) -> None:
        if _running_loop() is not self._loop:
            raise _wrong_loop("the client belongs to another event loop: make one in each loop")


class _StreamCall:
    """The token headers and the channel of the newest call of a stream."""

    def __init__(self, tokens: TokenSource, channel: object) -> None:
        self._tokens = tokens
        self._channel = channel
        self.token_headers: Headers = ()
        self.opened: object = None

    def is_renewed(self, error: TableAdminError) -> bool:
        """Whether a call that failed with ERROR would have a newer token or certificate now."""
        return self._tokens.is_renewed(error, self.token_headers) or _is_renewed(
            self._channel, error, self.opened
        )


def _opened(channel: object) -> object:
    """Return the newest channel of CHANNEL, a RenewedChannel; None for other channels."""
    return channel.newest() if isinstance(channel, RenewedChannel) else None


def _is_renewed(channel: object, error: TableAdminError, opened: object) -> bool:
    """Whether ERROR refuses the certificate of OPENED and CHANNEL has a newer certificate."""
    return error.reason == _EXPIRED and _opened(channel) is not opened


def _check(target: str, channel: object, credentials: Credentials | None, tokens: TokenSource) -> None:
    if tokens == FixedToken(None):
        return
    if channel is not None:
        raise ValueError("a token goes with a channel that the client opens: give no channel")
    if credentials is None:
        check_target(target)


def _options(target: str, credentials: Credentials | None) -> list[tuple[str, str | int]]:
    # A proxy of the environment would see the tokens for a server on this machine.
    local = credentials is None and is_local(target)
    return [*channel_options(target), *([("grpc.enable_http_proxy", 0)] if local else [])]


def _target(target: str, channel: object, credentials: Credentials | None) -> Target:
    """Return TARGET with how the channel to TARGET is secured."""
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
    """Import the module of tracing. The message of ModuleNotFoundError says what to install."""
    try:
        return import_module("tableadmin.transport.tracing")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"tracing=True: {error.name} is not installed: pip install 'tableadmin[otel]'", name=error.name
        ) from error


def _of_closed_channel(error: ValueError) -> Exception:
    """Return ClientClosed if gRPC refused a call because the channel is closed, otherwise ERROR."""
    return client_closed() if "closed" in str(error) else error


def _running_loop() -> asyncio.AbstractEventLoop:
    import asyncio  # noqa: PLC0415 - the synchronous client does not load asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError as error:
        raise _wrong_loop("no event loop is running: make and use the client inside a coroutine") from error


def _wrong_loop(text: str) -> WrongEventLoop:
    return WrongEventLoop(text, grpc.StatusCode.FAILED_PRECONDITION)
