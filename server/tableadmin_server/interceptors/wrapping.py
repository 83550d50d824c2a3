"""Wraps the handler of any kind of RPC in what an interceptor does around its calls."""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import grpc

# An interceptor sees the messages of every service, and the stubs of grpc lack abort_with_status: hence Any.
Context: TypeAlias = Any
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Continuation: TypeAlias = Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]]
# What a handler is called with first: a request or a stream of requests, as bytes outside of the parser.
Received: TypeAlias = Any
# What happens around a call: from before the handler is called until the handler has ended. What `async with`
# gives is what the handler is called with. An error is never swallowed.
Around: TypeAlias = Callable[[Received, Context], AbstractAsyncContextManager[Received]]
Behavior: TypeAlias = Callable[[Received, Context], Awaitable[Any]]
Streaming: TypeAlias = Callable[[Received, Context], AsyncGenerator[Any]]
# From bytes to a message, or from a message to bytes.
Convert: TypeAlias = Callable[[Any], Any]

_KINDS = {False: "unary", True: "stream"}

# What the functions made here wrap. A function that is wrapped again becomes one with more around it.
# Generators inside of each other would cost memory for each stream and time for each message.
_wrapped: "WeakKeyDictionary[Callable[..., Any], tuple[tuple[Around, ...], Callable[..., Any]]]" = (
    WeakKeyDictionary()
)


def wrapped(
    handler: Handler, around: Around, parse: Convert | None, serialize: Convert | None = None
) -> Handler:
    """HANDLER with AROUND around its calls.

    gRPC parses requests with PARSE, or leaves them as bytes. gRPC serializes responses with SERIALIZE, or as
    HANDLER has it.
    """
    kind = f"{_KINDS[handler.request_streaming]}_{_KINDS[handler.response_streaming]}"
    arounds, behavior = _unwrapped(getattr(handler, kind))
    arounds = (around, *arounds)
    # A stream is an async generator, or a coroutine that writes to the context.
    wrap = _streaming if inspect.isasyncgenfunction(behavior) else _behavior
    function = wrap(behavior, arounds)
    _wrapped[function] = arounds, behavior
    make: Callable[..., Handler] = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(function, parse, serialize or handler.response_serializer)


def _unwrapped(behavior: Callable[..., Any]) -> tuple[tuple[Around, ...], Callable[..., Any]]:
    return _wrapped.get(behavior, ((), behavior))


def _behavior(handle: Behavior, arounds: tuple[Around, ...]) -> Behavior:
    async def behave(received: Received, context: Context) -> Any:  # noqa: ANN401  # of whichever RPC this is
        async with _Nested(arounds, received, context) as request:
            return await handle(request, context)

    return behave


def _streaming(handle: Streaming, arounds: tuple[Around, ...]) -> Streaming:
    async def stream(received: Received, context: Context) -> AsyncGenerator[Any]:
        async with (
            _Nested(arounds, received, context) as request,
            aclosing(handle(request, context)) as answers,
        ):
            async for answer in answers:
                yield answer

    return stream


class Holding:
    """Holds what was received until the handler is called with it: a stream does not keep its request.

    It has slots, as its subclasses have, and is no generator, because there are thousands of streams.
    """

    __slots__ = ("_received",)

    def __init__(self, received: Received) -> None:
        self._received = received

    def hand_over(self) -> Received:
        """What was received, which is held no longer."""
        received, self._received = self._received, None
        return received


class _Nested(Holding):
    """AROUNDS one inside the other. An AsyncExitStack does the same with 1.5 KB more for each stream."""

    __slots__ = ("_arounds", "_context", "_entered")

    def __init__(self, arounds: tuple[Around, ...], received: Received, context: Context) -> None:
        super().__init__(received)
        self._arounds = arounds
        self._context = context
        self._entered: list[AbstractAsyncContextManager[Received]] = []

    async def __aenter__(self) -> Received:
        received = self.hand_over()
        try:
            for around in self._arounds:
                each = around(received, self._context)
                received = await each.__aenter__()
                self._entered.append(each)
        except BaseException as error:
            await self._leave(error)
            raise
        return received

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        await self._leave(error)

    async def _leave(self, given: BaseException | None) -> None:
        """Leave from the inside to the outside; raises what is raised in the place of GIVEN."""
        error = given
        while self._entered:
            each = self._entered.pop()
            try:
                if error is None:
                    await each.__aexit__(None, None, None)
                else:
                    await each.__aexit__(type(error), error, error.__traceback__)
            except BaseException as raised:  # noqa: BLE001  # raised again, once the others know of it
                error = raised
        if error is not None and error is not given:
            raise error
