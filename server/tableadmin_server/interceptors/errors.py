"""Every RPC gets a request id, and ends OK or with a status that says what its caller may know."""

import contextlib
import inspect
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

import grpc
import structlog
from google.rpc.code_pb2 import Code
from grpc_status import rpc_status

from tableadmin_server.bounds import received
from tableadmin_server.failure import OWN_DOMAIN, Failure
from tableadmin_server.interceptors.status import status_of

REQUEST_ID_KEY = "tableadmin-request-id"

# An interceptor sees the messages of every service, and the stubs of grpc lack abort_with_status: hence Any.
Context: TypeAlias = Any
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
# What a handler is called with first: the bytes of its request, or a stream of them.
Received: TypeAlias = Any
Behavior: TypeAlias = Callable[[Received, Context], Awaitable[Any]]
Streaming: TypeAlias = Callable[[Received, Context], AsyncGenerator[Any]]
Parse: TypeAlias = Callable[[bytes], Any]
# Gives a handler what it was made for: its request, or a stream of requests.
Prepare: TypeAlias = Callable[[Received], Awaitable[Any]]

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
    """HANDLER, which gets bytes: an error of gRPC's own deserializer would reach the caller as UNKNOWN."""
    kind = f"{_KINDS[handler.request_streaming]}_{_KINDS[handler.response_streaming]}"
    prepare = _preparing(handler)
    behavior = getattr(handler, kind)
    # A stream is an async generator, or a coroutine that writes to the context.
    wrap = _streaming if inspect.isasyncgenfunction(behavior) else _behavior
    make: Callable[..., Handler] = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(wrap(behavior, prepare, method), response_serializer=handler.response_serializer)


_KINDS = {False: "unary", True: "stream"}


def _preparing(handler: Handler) -> Prepare:
    parse = handler.request_deserializer
    if not parse:  # a handler that takes bytes parses them itself
        return _as_they_are
    return partial(_stream if handler.request_streaming else received, parse)


async def _as_they_are(payload: bytes) -> bytes:
    return payload


async def _stream(parse: Parse, payloads: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    return _each(parse, payloads)


async def _each(parse: Parse, payloads: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    async for payload in payloads:
        yield await received(parse, payload)


def _behavior(handle: Behavior, prepare: Prepare, method: str) -> Behavior:
    async def behave(payload: Received, context: Context) -> Any:  # noqa: ANN401  # of whichever RPC this is
        async with _answered(context, method):
            return await handle(await prepare(payload), context)

    return behave


def _streaming(handle: Streaming, prepare: Prepare, method: str) -> Streaming:
    async def stream(payload: Received, context: Context) -> AsyncGenerator[Any]:
        async with _answered(context, method):
            request = await prepare(payload)
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
        status = status_of(failure, request_id=request_id)
        await context.abort_with_status(rpc_status.to_status(status))


def _log_cause(failure: Failure, method: str, request_id: str) -> None:
    """Log what the caller is not told of a call that did not get through to AWS: which host, whose role."""
    if failure.domain == OWN_DOMAIN and failure.__cause__ and failure.code != Code.INVALID_ARGUMENT:
        cause = f"{type(failure.__cause__).__name__}: {failure.__cause__}"
        _log.warning(
            "call failed", method=method, request_id=request_id, reason=failure.reason, cause=cause[:1000]
        )


def _internal(error: Exception, method: str, request_id: str) -> Failure:
    _log.error("call failed", method=method, request_id=request_id, exc_info=error)
    text = f"internal error; for details, see request id {request_id} in the log of the server"
    return Failure(Code.INTERNAL, text, reason="INTERNAL")
