"""Limits the calls of each principal, so that no caller overloads the server."""

from functools import partial

from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.wrapping import Context, Handler, HeldRequest, Received, wrap_handler
from tableadmin_server.security.identity import caller
from tableadmin_server.security.limits import Limits


class LimitsInterceptor(Interceptor):
    """Refuses calls of a principal past its LIMITS. It must be inside of the identity interceptor."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def intercept(self, handler: Handler, _method: str, /) -> Handler:
        """See `Interceptor`: the calls are counted."""
        is_stream = handler.response_streaming or handler.request_streaming
        within = partial(_Within, self._limits, is_stream)
        return wrap_handler(handler, within, handler.request_deserializer)


class _Within(HeldRequest):
    """A call, which counts while it is under way."""

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
