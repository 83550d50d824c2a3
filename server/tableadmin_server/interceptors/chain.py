"""Applies the interceptors of a listener to the handler of each method."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

import grpc

from tableadmin_server.interceptors.wrapping import Continuation, Handler


class Interceptor(ABC):
    """Wraps the handlers of methods."""

    @abstractmethod
    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """Return HANDLER of METHOD (`/package.Service/Method`), wrapped.

        Called once for each method.
        """

    def unknown(self, method: str, /) -> None:  # noqa: B027  # most interceptors ignore such calls
        """Note a call of METHOD, which no service has."""


class Chain(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """INTERCEPTORS, from the outermost to the innermost, as a single gRPC interceptor.

    The wrapped handler of a method is made at its first call and kept. Unknown methods are not kept, because
    callers choose their names.
    """

    def __init__(self, interceptors: Iterable[Interceptor]) -> None:
        self._interceptors = tuple(interceptors)
        self._handlers: dict[str, Handler] = {}

    async def intercept_service(  # type: ignore[override]  # grpc uses None for an unknown method
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """Return the wrapped handler of the method, None for an unknown method."""
        method = handler_call_details.method
        known = self._handlers.get(method)
        if known is not None:
            return known
        handler = await continuation(handler_call_details)
        if handler is None:
            self._note_unknown(method)
            return None
        return self._handlers.setdefault(method, self._intercepted(handler, method))

    def _intercepted(self, handler: Handler, method: str, /) -> Handler:
        for each in reversed(self._interceptors):
            handler = each.intercept(handler, method)
        return handler

    def _note_unknown(self, method: str) -> None:
        for each in self._interceptors:
            each.unknown(method)
