"""Wraps the handler of any kind of RPC in what an interceptor does around its calls."""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, TypeAlias

import grpc

# An interceptor sees the messages of every service, and the stubs of grpc lack abort_with_status: hence Any.
Context: TypeAlias = Any
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Continuation: TypeAlias = Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]]
# What a handler is called with first: a request or a stream of requests, as bytes outside of the parser.
Received: TypeAlias = Any
# What happens around a call: from before the handler is called until the handler has ended. What `async with`
# gives is what the handler is called with.
Around: TypeAlias = Callable[[Received, Context], AbstractAsyncContextManager[Received]]
Behavior: TypeAlias = Callable[[Received, Context], Awaitable[Any]]
Streaming: TypeAlias = Callable[[Received, Context], AsyncGenerator[Any]]
Parse: TypeAlias = Callable[[bytes], Any]

_KINDS = {False: "unary", True: "stream"}


def wrapped(handler: Handler, around: Around, parse: Parse | None) -> Handler:
    """HANDLER with AROUND around its calls; gRPC parses requests with PARSE, or leaves them as bytes."""
    kind = f"{_KINDS[handler.request_streaming]}_{_KINDS[handler.response_streaming]}"
    behavior = getattr(handler, kind)
    # A stream is an async generator, or a coroutine that writes to the context.
    wrap = _streaming if inspect.isasyncgenfunction(behavior) else _behavior
    make: Callable[..., Handler] = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(wrap(behavior, around), parse, handler.response_serializer)


def _behavior(handle: Behavior, around: Around) -> Behavior:
    async def behave(received: Received, context: Context) -> Any:  # noqa: ANN401  # of whichever RPC this is
        async with around(received, context) as request:
            return await handle(request, context)

    return behave


def _streaming(handle: Streaming, around: Around) -> Streaming:
    async def stream(received: Received, context: Context) -> AsyncGenerator[Any]:
        async with around(received, context) as request, aclosing(handle(request, context)) as answers:
            async for answer in answers:
                yield answer

    return stream
