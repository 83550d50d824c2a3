"""Draining: no call of the services is taken any more, and those under way end before the server does.

gRPC's own `stop` cancels calls that it has received and not handed over yet, and calls that arrive before
their client knows of the stop. Their callers see a bare CANCELLED. So calls are refused here, with a reason,
while gRPC still takes them. In the last moment before the stop they are held and then refused together:
refused at once, their callers might call again right into the stop.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeAlias, cast

import grpc

from tableadmin_server.failure import server_stopping

# An interceptor sees the messages of every service: hence Any.
Context: TypeAlias = Any
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Behavior: TypeAlias = Callable[[Any, Context], Awaitable[Any]]
Streaming: TypeAlias = Callable[[Any, Context], AsyncGenerator[Any]]

# Health, reflection and channelz answer to the end.
_DRAINED_SERVICES = "/tableadmin."
# Seconds in which calls are held before the server stops.
_HOLD_SECONDS = 0.25
# Seconds for the status of calls that are ended to reach their callers.
_STATUS_SECONDS = 1.0


class DrainInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Knows the calls under way; once the server drains, refuses new ones with UNAVAILABLE.

    It belongs inside the interceptor that turns a Failure into a status.
    """

    def __init__(self) -> None:
        self._calls: set[asyncio.Task[Any]] = set()
        self._draining = False
        self._ending = False
        self._holding = False
        self._stopping = asyncio.Event()

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """The RPC's handler, its calls counted."""
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(_DRAINED_SERVICES):
            return handler
        if inspect.isasyncgenfunction(handler.unary_stream):
            return grpc.unary_stream_rpc_method_handler(
                self._streaming(handler.unary_stream),
                handler.request_deserializer,
                handler.response_serializer,
            )
        return grpc.unary_unary_rpc_method_handler(
            self._behavior(cast("Behavior", handler.unary_unary)),
            handler.request_deserializer,
            handler.response_serializer,
        )

    async def drain(self, grace_period: float) -> None:
        """Refuse new calls and return when those under way have ended, after GRACE_PERIOD seconds at most.

        Calls that have not ended by then are ended. Those and the refused ones end UNAVAILABLE, with the
        reason SERVER_STOPPING.
        """
        self._draining = True
        late = await _wait(self._calls, grace_period)
        self._ending = True
        for call in late:
            call.cancel()
        await _wait(late, _STATUS_SECONDS)
        self._holding = True
        await asyncio.sleep(_HOLD_SECONDS)
        self._stopping.set()
        await _wait(self._calls, _STATUS_SECONDS)

    def _behavior(self, handle: Behavior) -> Behavior:
        async def behave(request: Any, context: Context) -> Any:  # noqa: ANN401  # of whichever RPC this is
            async with self._under_way():
                return await handle(request, context)

        return behave

    def _streaming(self, handle: Streaming) -> Streaming:
        async def stream(request: Any, context: Context) -> AsyncGenerator[Any]:  # noqa: ANN401
            async with self._under_way(), aclosing(handle(request, context)) as answers:
                async for answer in answers:
                    yield answer

        return stream

    @asynccontextmanager
    async def _under_way(self) -> AsyncIterator[None]:
        if self._draining and not self._holding:
            raise server_stopping()
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._calls.add(task)
        # The task ends when the answer has been handed to the connection, later than the handler.
        task.add_done_callback(self._calls.discard)
        if self._holding:
            await self._stopping.wait()
            raise server_stopping()
        try:
            yield
        except asyncio.CancelledError:
            if not self._ending:
                raise
            task.uncancel()
            raise server_stopping() from None


async def _wait(calls: set[asyncio.Task[Any]], seconds: float) -> set[asyncio.Task[Any]]:
    """Those of CALLS that have not ended after SECONDS."""
    return (await asyncio.wait(calls, timeout=seconds))[1] if calls else set()
