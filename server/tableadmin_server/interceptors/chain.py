"""The interceptors of a listener, from the outermost to the innermost."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

import grpc

from tableadmin_server.interceptors.wrapping import Continuation, Handler


class Interceptor(ABC):
    """Something that happens to the calls of each method."""

    @abstractmethod
    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """The HANDLER of METHOD (`/package.Service/Method`) with what happens around its calls.

        It is asked once for each method.
        """

    def unknown(self, method: str, /) -> None:  # noqa: B027  # most do nothing about such a call
        """Note a call of METHOD, which no service has."""


class Chain(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """INTERCEPTORS as the one interceptor that gRPC knows, each outside of those behind it.

    The handler of a method is the same for all its calls, so it is made at the first one. Methods that no
    service has are not kept: callers choose their names, and would fill the table.
    """

    def __init__(self, interceptors: Iterable[Interceptor]) -> None:
        self._interceptors = tuple(interceptors)
        self._handlers: dict[str, Handler] = {}

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """The handler of the method with all that happens to its calls, None where there is none."""
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
