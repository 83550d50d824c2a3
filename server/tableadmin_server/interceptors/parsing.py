"""Parses requests after their callers are identified."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

from tableadmin_server.bounds import parse_bounded
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.wrapping import (
    Context,
    Convert,
    Handler,
    Received,
    wrap_handler,
)

# Parses the argument of a handler: a request, or a stream of requests.
_Prepare: TypeAlias = Callable[[Received], Awaitable[Any]]


class ParsingInterceptor(Interceptor):
    """Parses the requests of each RPC. Interceptors outside of this one get bytes.

    Malformed bytes, and a request that is larger than `bounds` allows, raise Failure (INVALID_ARGUMENT). For
    an error of gRPC's deserializer the caller would get UNKNOWN.
    """

    def intercept(self, handler: Handler, _method: str, /) -> Handler:
        """See `Interceptor`: the handler takes bytes."""
        # A handler that takes bytes parses them itself.
        if handler.request_deserializer is None:
            return handler
        prepare = partial(_each if handler.request_streaming else parse_bounded, handler.request_deserializer)
        return wrap_handler(handler, partial(_Parsed, prepare), parse=None)


class _Parsed:
    """A call whose handler gets the result of PREPARE."""

    __slots__ = ("_payload", "_prepare")

    def __init__(self, prepare: _Prepare, payload: Received, _context: Context) -> None:
        self._prepare = prepare
        self._payload = payload

    async def __aenter__(self) -> Received:
        payload, self._payload = self._payload, None
        return await self._prepare(payload)

    async def __aexit__(self, *_: object) -> None:
        """Do nothing."""


async def _each(parse: Convert, payloads: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    return _stream(parse, payloads)


async def _stream(parse: Convert, payloads: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    async for payload in payloads:
        yield await parse_bounded(parse, payload)
