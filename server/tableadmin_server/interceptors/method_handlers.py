"""The handler of each method, which the other interceptors have wrapped once."""

import grpc

from tableadmin_server.interceptors.wrapping import Continuation, Handler


class MethodHandlers(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Asks the interceptors inside for the handler of a method once. It is the outermost of all.

    The interceptors inside wrap a handler in the same way for each call, so the next calls of the method
    have the same handler. Methods that the server does not have are asked for at each call: callers choose
    their names, and so must not fill the table.
    """

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """The handler of the method, None where there is none."""
        method = handler_call_details.method
        handler = self._handlers.get(method)
        if handler is None:
            handler = await continuation(handler_call_details)
            if handler:
                self._handlers[method] = handler
        return handler
