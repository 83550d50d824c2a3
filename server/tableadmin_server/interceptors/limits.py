"""No caller takes so much of the server that nothing is left for the others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from tableadmin_server.interceptors.wrapping import Around, Context, Continuation, Handler, Received, wrapped
from tableadmin_server.security.identity import caller
from tableadmin_server.security.limits import Limits


class LimitsInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Ends calls of a principal past its LIMITS. It belongs inside the interceptor that sets the caller."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """The RPC's handler, its calls counted."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        is_stream = handler.response_streaming or handler.request_streaming
        return wrapped(handler, self._within(is_stream=is_stream), handler.request_deserializer)

    def _within(self, *, is_stream: bool) -> Around:
        @asynccontextmanager
        async def within(received: Received, _context: Context) -> AsyncIterator[Received]:
            with self._limits.call(caller(), is_stream=is_stream):
                yield received

        return within
