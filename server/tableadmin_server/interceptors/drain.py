"""Draining: no call of the services is taken any more, and those under way end before the server does.

gRPC's own `stop` cancels calls that it has received and not handed over yet, and calls that arrive before
their client knows of the stop. Their callers see a bare CANCELLED. So calls are refused here, with a reason,
while gRPC still takes them. In the last moment before the stop they are held and then refused together:
refused at once, their callers might call again right into the stop.
"""

import asyncio
from functools import partial
from typing import Any, cast

from tableadmin_server.failure import server_stopping
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.wrapping import Context, Handler, Holding, Received, wrapped

# Health, reflection and channelz answer to the end.
_DRAINED_SERVICES = "/tableadmin."
# Seconds in which calls are held before the server stops.
_HOLD_SECONDS = 0.25
# Seconds for the status of calls that are ended to reach their callers.
_STATUS_SECONDS = 1.0


class DrainInterceptor(Interceptor):
    """Knows the calls under way; once the server drains, refuses new ones with UNAVAILABLE.

    It belongs inside the interceptor that turns a Failure into a status.
    """

    def __init__(self) -> None:
        self._calls: set[asyncio.Task[Any]] = set()
        self._draining = False
        self._ending = False
        self._holding = False
        self._stopping = asyncio.Event()

    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """See `Interceptor`: the calls under way are known."""
        if not method.startswith(_DRAINED_SERVICES):
            return handler
        return wrapped(handler, partial(_UnderWay, self), handler.request_deserializer)

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

    async def begin(self, task: "asyncio.Task[Any]") -> None:
        """TASK serves a call; raises Failure (UNAVAILABLE) when the server stops."""
        if self._draining and not self._holding:
            raise server_stopping()
        self._calls.add(task)
        # The task ends when the answer has been handed to the connection, later than the handler.
        task.add_done_callback(self._calls.discard)
        if self._holding:
            await self._stopping.wait()
            raise server_stopping()

    @property
    def ends_calls(self) -> bool:
        """Whether calls that are cancelled are those that outlast the grace period."""
        return self._ending


class _UnderWay(Holding):
    """A call that the server waits for when it drains, or ends."""

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
    """Those of CALLS that have not ended after SECONDS."""
    return (await asyncio.wait(calls, timeout=seconds))[1] if calls else set()
