"""No caller takes so much of the server that nothing is left for the others."""

from functools import partial

import grpc

from tableadmin_server.interceptors.wrapping import Context, Continuation, Handler, Holding, Received, wrapped
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
        within = partial(_Within, self._limits, is_stream)
        return wrapped(handler, within, handler.request_deserializer)


class _Within(Holding):
    """A call that counts from its begin to its end."""

    __slots__ = ("_counted", "_is_stream", "_limits")

    def __init__(self, limits: Limits, is_stream: bool, received: Received, _context: Context) -> None:  # noqa: FBT001  # bound by partial
        self._limits = limits
        self._is_stream = is_stream
        super().__init__(received)

    async def __aenter__(self) -> Received:
        self._counted = self._limits.call(caller(), is_stream=self._is_stream)
        self._counted.__enter__()
        return self.hand_over()

    async def __aexit__(self, *_: object) -> None:
        self._counted.__exit__(None, None, None)
