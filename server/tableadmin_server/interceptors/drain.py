"""Drains the server: refuses new calls of the services, and ends the calls under way before the server stops.

gRPC's own `stop` cancels calls that it has received and not handed over yet, and calls that arrive before
their client knows of the stop. Their callers get CANCELLED without a reason. Therefore calls are refused
here, with a reason, while gRPC still accepts them. Shortly before the stop new calls are held and then
refused together. If they were refused at once, their clients could retry during the stop.
"""

import asyncio
import contextvars
from functools import partial
from typing import Any, cast

from tableadmin_server.failure import server_stopping
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.wrapping import Context, Handler, HeldRequest, Received, wrap_handler

# Only these services are drained. Health, reflection and channelz answer until the stop.
_DRAINED_SERVICES = "/tableadmin."
# Seconds for which calls are held before the server stops.
_HOLD_SECONDS = 0.25
# Seconds for the statuses of ended calls to reach their callers.
_STATUS_SECONDS = 1.0


class DrainInterceptor(Interceptor):
    """Tracks the calls under way. While the server drains, refuses new calls with UNAVAILABLE.

    This interceptor must be inside of the one that turns a Failure into a status.
    """

    def __init__(self) -> None:
        self._calls: set[asyncio.Task[Any]] = set()
        # One callback and one context for all calls, because there are thousands of streams.
        self._discard = self._calls.discard
        self._no_context = contextvars.Context()
        self._draining = False
        self._ending = False
        self._holding = False
        self._stopping = asyncio.Event()

    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """See `Interceptor`: the calls under way are tracked."""
        if not method.startswith(_DRAINED_SERVICES):
            return handler
        return wrap_handler(handler, partial(_UnderWay, self), handler.request_deserializer)

    async def drain(self, grace_period: float) -> None:
        """Refuse new calls, and wait until the calls under way have ended, for GRACE_PERIOD seconds at most.

        Then the remaining calls are ended. Ended and refused calls get UNAVAILABLE with the reason
        SERVER_STOPPING.
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

    async def begin(self, task: "asyncio.Task[Any]") -> None:
        """Track TASK, which serves a call. Raises Failure (UNAVAILABLE) if the server stops."""
        if self._draining and not self._holding:
            raise server_stopping()
        self._calls.add(task)
        # The task ends after the handler, when the answer has been passed to the connection.
        task.add_done_callback(self._discard, context=self._no_context)
        if self._holding:
            await self._stopping.wait()
            raise server_stopping()

    @property
    def ends_calls(self) -> bool:
        """Whether the grace period is over, so that the server cancels calls."""
        return self._ending


class _UnderWay(HeldRequest):
    """A call under way, which the server waits for or ends when it drains."""

    __slots__ = ("_drain",)

    def __init__(self, drain: DrainInterceptor, received: Received, _context: Context) -> None:
        self._drain = drain
        super().__init__(received)

    async def __aenter__(self) -> Received:
        await self._drain.begin(_current_task())
        return self.hand_over()

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, asyncio.CancelledError) and self._drain.ends_calls:
            _current_task().uncancel()
            raise server_stopping() from None


def _current_task() -> "asyncio.Task[Any]":
    return cast("asyncio.Task[Any]", asyncio.current_task())


async def _wait(calls: set[asyncio.Task[Any]], seconds: float) -> set[asyncio.Task[Any]]:
    """Wait for CALLS for SECONDS at most. Returns the calls that have not ended."""
    return (await asyncio.wait(calls, timeout=seconds))[1] if calls else set()
