"""Measures every call: number, outcome and duration of calls, and number of messages."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import grpc

from tableadmin_server.interceptors import call_facts
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.wrapping import (
    Context,
    Convert,
    Handler,
    HeldRequest,
    Received,
    wrap_handler,
)


def _number(code: grpc.StatusCode) -> int:
    number: int = code.value[0]
    return number


_OK = _number(grpc.StatusCode.OK)
_UNKNOWN = _number(grpc.StatusCode.UNKNOWN)


class RpcObserver(Protocol):
    """Receives the events of the calls of one method."""

    def began(self) -> None:
        """Note that a call has begun."""

    def received(self) -> None:
        """Note a message from the caller."""

    def sent(self) -> None:
        """Note a message to the caller."""

    def ended(self, code: int, seconds: float) -> None:
        """Note that a call has ended with the gRPC CODE after SECONDS."""


class RpcObservers(Protocol):
    """Receives the events of the calls of all methods."""

    def of(self, grpc_type: str, service: str, method: str) -> RpcObserver:
        """Return the observer of METHOD. GRPC_TYPE is unary, client_stream, server_stream or bidi_stream."""

    def unknown(self) -> None:
        """Note a call of a method that the server does not have."""


class MetricsInterceptor(Interceptor):
    """Tells OBSERVERS of each call. It must be the outermost interceptor: others change the outcome."""

    def __init__(self, observers: RpcObservers) -> None:
        self._observers = observers

    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """See `Interceptor`: each call is measured."""
        service, _, name = method.removeprefix("/").rpartition("/")
        observer = self._observers.of(_type(handler), service, name)
        # gRPC parses each received message, and serializes each sent message.
        parse = _counting(handler.request_deserializer, observer.received)
        serialize = _counting(handler.response_serializer, observer.sent)
        return wrap_handler(handler, partial(_Measured, observer), parse, serialize)

    def unknown(self, _method: str, /) -> None:
        """See `Interceptor`: the call is counted, without the method's name, which the caller chose."""
        self._observers.unknown()


def _counting(convert: Convert | None, count: Callable[[], object]) -> Convert:
    """CONVERT, with a call of COUNT for each message. None leaves messages unchanged."""

    def counted(message: Any) -> Any:  # noqa: ANN401  # of whichever RPC this is
        converted = message if convert is None else convert(message)
        count()
        return converted

    return counted


class _Measured(HeldRequest):
    """A call under way. It has slots, because there are thousands of streams."""

    __slots__ = ("_began", "_context", "_observer")

    def __init__(self, observer: RpcObserver, received: Received, context: Context) -> None:
        self._observer = observer
        super().__init__(received)
        self._context = context

    async def __aenter__(self) -> Received:
        self._began = time.perf_counter()
        self._observer.began()
        return self.hand_over()

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self._observer.ended(_code(self._context, error), time.perf_counter() - self._began)


def _code(context: Context, error: BaseException | None) -> int:
    """The code of a call whose handler has raised ERROR, or nothing (None)."""
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return _number(grpc.StatusCode[call_facts.code_when_left(context)])
    code: grpc.StatusCode | int | None = context.code()
    if code:
        return _number(code) if isinstance(code, grpc.StatusCode) else code
    return _OK if error is None else _UNKNOWN


def _type(handler: Handler) -> str:
    """The type of the RPC, with the names of go-grpc-prometheus."""
    if handler.request_streaming:
        return "bidi_stream" if handler.response_streaming else "client_stream"
    return "server_stream" if handler.response_streaming else "unary"
