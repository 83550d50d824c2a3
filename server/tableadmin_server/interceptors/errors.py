"""Gives every RPC a request id, and turns its errors into statuses."""

import random

import grpc
from google.rpc.code_pb2 import Code
from grpc_status import rpc_status

from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.status import status_of
from tableadmin_server.interceptors.wrapping import (
    Context,
    Handler,
    HeldRequest,
    Received,
    wrap_handler,
)

REQUEST_ID_KEY = "tableadmin-request-id"


class ErrorsInterceptor(Interceptor):
    """Turns a Failure into its status, any other exception into INTERNAL.

    The text of another exception is only logged, because it may have secrets. The caller gets the request id,
    by which the log can be searched. This interceptor must be outside of all that raise exceptions.
    """

    def intercept(self, handler: Handler, _method: str, /) -> Handler:
        """See `Interceptor`: errors become statuses."""
        return wrap_handler(handler, _Answered, handler.request_deserializer)


class _Answered(HeldRequest):
    """A call under way, with a request id. An exception becomes its status.

    A class with slots uses less memory than a generator, and there are thousands of streams.
    """

    __slots__ = ("_context", "_request_id")

    def __init__(self, received: Received, context: Context) -> None:
        super().__init__(received)
        self._context = context
        # Not secret. Random bits of the operating system would cost a system call for each RPC.
        self._request_id = f"{random.getrandbits(128):032x}"

    async def __aenter__(self) -> Received:
        self._context.set_trailing_metadata(((REQUEST_ID_KEY, self._request_id),))
        return self.hand_over()

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        # gRPC would send the text of any exception that leaves here to the caller.
        if not isinstance(error, Exception) or isinstance(error, grpc.aio.AbortError):
            return
        failure = error if isinstance(error, Failure) else _internal(self._request_id)
        status = status_of(failure, request_id=self._request_id)
        await self._context.abort_with_status(rpc_status.to_status(status))


def _internal(request_id: str) -> Failure:
    text = f"internal error; for details, see request id {request_id} in the log of the server"
    return Failure(Code.INTERNAL, text, reason="INTERNAL")
