"""Every RPC gets a request id, and ends OK or with a status that says what its caller may know."""

import contextlib
import inspect
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias, cast

import grpc
import structlog
from google.rpc.code_pb2 import Code
from grpc_status import rpc_status

from tableadmin_server.failure import OWN_DOMAIN, Failure, parsed

REQUEST_ID_KEY = "tableadmin-request-id"

# An interceptor sees the messages of every service, and the stubs of grpc lack abort_with_status: hence Any.
Context: TypeAlias = Any
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Behavior: TypeAlias = Callable[[Any, Context], Awaitable[Any]]


Streaming: TypeAlias = Callable[[Any, Context], AsyncGenerator[Any]]
Parse: TypeAlias = Callable[[bytes], Any]

_log = structlog.get_logger()


class ErrorsInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Turns Failure into its status, malformed bytes into INVALID_ARGUMENT, anything else into INTERNAL.

    An exception's text may hold anything, so only the log gets it: the caller gets the request id, under
    which the log has the rest.
    """

    def __init__(self) -> None:
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """The RPC's handler, its errors taken care of."""
        method = handler_call_details.method
        if method not in self._wrapped:
            handler = await continuation(handler_call_details)
            if not handler:
                return None
            self._wrapped[method] = _wrapped(handler, method)
        return self._wrapped[method]


def _wrapped(handler: Handler, method: str) -> Handler:
    # The request is parsed in the handler: an error of a deserializer would reach the caller as UNKNOWN.
    if inspect.isasyncgenfunction(handler.unary_stream):
        return grpc.unary_stream_rpc_method_handler(
            _streaming(handler.unary_stream, handler.request_deserializer, method),
            response_serializer=handler.response_serializer,
        )
    if not handler.unary_unary:  # of the stock services, which answer for themselves
        return handler
    return grpc.unary_unary_rpc_method_handler(
        _behavior(cast("Behavior", handler.unary_unary), handler.request_deserializer, method),
        response_serializer=handler.response_serializer,
    )


def _behavior(handle: Behavior, parse: Parse | None, method: str) -> Behavior:
    async def behave(payload: bytes, context: Context) -> Any:  # noqa: ANN401  # of whichever RPC this is
        async with _answered(context, method):
            return await handle(parsed(parse, payload) if parse else payload, context)

    return behave


def _streaming(handle: Streaming, parse: Parse | None, method: str) -> Streaming:
    async def stream(payload: bytes, context: Context) -> AsyncGenerator[Any]:
        async with _answered(context, method):
            request = parsed(parse, payload) if parse else payload
            async with contextlib.aclosing(handle(request, context)) as answers:
                async for answer in answers:
                    yield answer

    return stream


@contextlib.asynccontextmanager
async def _answered(context: Context, method: str) -> AsyncIterator[None]:
    """A call under way: it has a request id, and what is raised in it becomes its status."""
    request_id = uuid.uuid4().hex
    context.set_trailing_metadata(((REQUEST_ID_KEY, request_id),))
    try:
        yield
    except grpc.aio.AbortError:
        raise
    except Exception as error:  # noqa: BLE001  # the last place that can keep it from the caller
        failure = error if isinstance(error, Failure) else _internal(error, method, request_id)
        _log_cause(failure, method, request_id)
        status = failure.status(request_id=request_id)
        await context.abort_with_status(rpc_status.to_status(status))


def _log_cause(failure: Failure, method: str, request_id: str) -> None:
    """Log what the caller is not told of a call that did not get through to AWS: which host, whose role."""
    if failure.domain == OWN_DOMAIN and failure.__cause__ and failure.code != Code.INVALID_ARGUMENT:
        cause = f"{type(failure.__cause__).__name__}: {failure.__cause__}"
        _log.warning(
            "call.failed", method=method, request_id=request_id, reason=failure.reason, cause=cause[:1000]
        )


def _internal(error: Exception, method: str, request_id: str) -> Failure:
    _log.error("call.failed", method=method, request_id=request_id, exc_info=error)
    text = f"internal error; the server's log has more under request id {request_id}"
    return Failure(Code.INTERNAL, text, reason="INTERNAL")
