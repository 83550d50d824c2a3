"""Every RPC gets a request id, and ends OK or with a status that says what its caller may know."""

import uuid

import grpc
from google.rpc.code_pb2 import Code
from grpc_status import rpc_status

from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.status import status_of
from tableadmin_server.interceptors.wrapping import (
    Context,
    Handler,
    Holding,
    Received,
    wrapped,
)

REQUEST_ID_KEY = "tableadmin-request-id"


class ErrorsInterceptor(Interceptor):
    """Turns Failure into its status, anything else into INTERNAL. It belongs outside of all that may raise.

    An exception's text may hold anything, so only the log gets it: the caller gets the request id, under
    which the log has the rest.
    """

    def intercept(self, handler: Handler, _method: str, /) -> Handler:
        """See `Interceptor`: errors become statuses."""
        return wrapped(handler, _Answered, handler.request_deserializer)


class _Answered(Holding):
    """A call under way: it has a request id, and what is raised in it becomes its status.

    A class with slots and no generator, like all that lives as long as a stream: there are thousands.
    """

    __slots__ = ("_context", "_request_id")

    def __init__(self, received: Received, context: Context) -> None:
        super().__init__(received)
        self._context = context
        self._request_id = uuid.uuid4().hex

    async def __aenter__(self) -> Received:
        self._context.set_trailing_metadata(((REQUEST_ID_KEY, self._request_id),))
        return self.hand_over()

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        # The last place that can keep an exception from the caller.
        if not isinstance(error, Exception) or isinstance(error, grpc.aio.AbortError):
            return
        failure = error if isinstance(error, Failure) else _internal(self._request_id)
        status = status_of(failure, request_id=self._request_id)
        await self._context.abort_with_status(rpc_status.to_status(status))


def _internal(request_id: str) -> Failure:
    text = f"internal error; for details, see request id {request_id} in the log of the server"
    return Failure(Code.INTERNAL, text, reason="INTERNAL")
