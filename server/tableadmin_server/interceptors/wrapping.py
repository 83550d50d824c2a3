"""Wraps the handler of any kind of RPC in a context manager, which is entered for each call."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import grpc

# Any, because interceptors get messages of every service, and the stubs of grpc lack abort_with_status.
Context: TypeAlias = Any
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Continuation: TypeAlias = Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]]
# The first argument of a handler: a request or a stream of requests, as bytes before the parsing interceptor.
Received: TypeAlias = Any
# Returns the context manager of a call. The handler runs in its context and gets the result of `__aenter__`.
# The context manager must not suppress exceptions.
Around: TypeAlias = Callable[[Received, Context], AbstractAsyncContextManager[Received]]
Behavior: TypeAlias = Callable[[Received, Context], Awaitable[Any]]
Streaming: TypeAlias = Callable[[Received, Context], AsyncGenerator[Any]]
# Converts bytes to a message, or a message to bytes.
Convert: TypeAlias = Callable[[Any], Any]

_KINDS = {False: "unary", True: "stream"}

# The context managers and the inner function of each wrapped function. Wrapping a function again adds a
# context manager, because nested generators would cost memory for each stream and time for each message.
_wrapped: "WeakKeyDictionary[Callable[..., Any], tuple[tuple[Around, ...], Callable[..., Any]]]" = (
    WeakKeyDictionary()
)


def wrap_handler(
    handler: Handler, around: Around, parse: Convert | None, serialize: Convert | None = None
) -> Handler:
    """Return HANDLER with AROUND around each call.

    gRPC parses requests with PARSE, or leaves them as bytes (None). gRPC serializes responses with SERIALIZE,
    or like HANDLER (None).
    """
    kind = f"{_KINDS[handler.request_streaming]}_{_KINDS[handler.response_streaming]}"
    arounds, behavior = _unwrapped(getattr(handler, kind))
    arounds = (around, *arounds)
    # A stream is an async generator, or a coroutine that writes to the context.
    is_generator = handler.response_streaming and not inspect.iscoroutinefunction(behavior)
    wrap = _streaming if is_generator else _behavior
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
        nested = _Nested(arounds, received, context)
        async with nested as request, aclosing(handle(request, context)) as answers:
            async for answer in answers:
                shown = answer if nested.filter is None else await nested.filter.shown(answer)
                if shown is not None:
                    yield shown
                # The stream waits for the next answer now, maybe for hours.
                del answer, shown

    return stream


class HeldRequest:
    """Holds the request of a call until the handler gets it, so that a stream does not keep its request.

    This class and its subclasses have slots, to save memory: there are thousands of streams.
    """

    __slots__ = ("_received",)

    def __init__(self, received: Received) -> None:
        self._received = received

    def hand_over(self) -> Received:
        """Return the request, and hold it no longer."""
        received, self._received = self._received, None
        return received


class Filter(HeldRequest, ABC):
    """The context manager of a stream that shows a part of the answers. A handler has one filter at most.

    A generator around the handler would need 1 KB more memory for each stream.
    """

    __slots__ = ()

    @abstractmethod
    async def shown(self, answer: Any) -> Any:  # noqa: ANN401  # of whichever RPC this is
        """Return what the caller gets for ANSWER of the handler, None for nothing. Raises Failure."""


class _Nested(HeldRequest):
    """AROUNDS, nested. An AsyncExitStack would need 1.5 KB more memory for each stream."""

    __slots__ = ("_arounds", "_context", "_entered", "filter")

    def __init__(self, arounds: tuple[Around, ...], received: Received, context: Context) -> None:
        super().__init__(received)
        self._arounds = arounds
        self._context = context
        self._entered: list[AbstractAsyncContextManager[Received]] = []
        self.filter: Filter | None = None

    async def __aenter__(self) -> Received:
        received = self.hand_over()
        try:
            for around in self._arounds:
                each = around(received, self._context)
                received = await each.__aenter__()
                self._entered.append(each)
                if isinstance(each, Filter):
                    self.filter = each
        except BaseException as error:
            await self._leave(error)
            raise
        return received

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        await self._leave(error)

    async def _leave(self, given: BaseException | None) -> None:
        """Exit from the inside to the outside. Raises an exception that replaces GIVEN."""
        error = given
        while self._entered:
            each = self._entered.pop()
            try:
                if error is None:
                    await each.__aexit__(None, None, None)
                else:
                    await each.__aexit__(type(error), error, error.__traceback__)
            except BaseException as raised:  # noqa: BLE001  # raised again after all have exited
                error = raised
        if error is not None and error is not given:
            raise error
