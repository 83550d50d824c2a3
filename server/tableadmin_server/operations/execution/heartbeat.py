"""The heartbeat of a server: one small write that renews the leases of all its operations."""

import asyncio
import time
from collections.abc import Callable
from contextvars import Context

import structlog
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution.observer import UNOBSERVED, OperationObserver
from tableadmin_server.operations.storage.store import TABLE_GONE, Store
from tableadmin_server.polling.outages import is_transient
from tableadmin_server.supervision import Supervisor

_log = structlog.get_logger()

# As parts of a lease: when the next heartbeat is written, and for how long after a heartbeat changes may be
# sent. Another server takes over only after a whole lease, counted from when it saw the last heartbeat.
RENEWAL_SHARE, _TRUST_SHARE = 0.3, 0.6
# The delay after a write that failed, as a part of a lease.
_RETRY_SHARE = 0.1
# The codes for an item of the wrong form: the endpoint refuses the update, or the item can't be read.
_UNREADABLE_CODES = frozenset({Code.INVALID_ARGUMENT, Code.DATA_LOSS})
# CLOCK_BOOTTIME continues while the machine is suspended. Not every system has it.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Heartbeat:
    """The heartbeat of SERVER, from `begin` to `end`, for leases of SECONDS.

    Clocks of machines are never compared. A server that takes over counts by its own clock from when it saw
    the last heartbeat, which is later than when the heartbeat was written. CANCEL is called with the id of
    each operation that was cancelled through another server, GONE if the operations table is gone. SUPERVISOR
    runs the loop. OBSERVER is told of each heartbeat.
    """

    def __init__(
        self,
        store: Store,
        server: str,
        seconds: float,
        cancel: Callable[[str], None],
        gone: Callable[[Failure], None],
        supervisor: Supervisor,
        observer: OperationObserver = UNOBSERVED,
    ) -> None:
        self._observer = observer
        self.server = server
        self._store = store
        self._seconds = seconds
        self._on_cancel = cancel
        self._on_table_gone = gone
        self._supervisor = supervisor
        self._last = float("-inf")
        # Grows after each gap between heartbeats. Leases of an earlier epoch may have ended.
        self.epoch = 0
        self._acknowledged: frozenset[str] = frozenset()
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def is_fresh(self, epoch: int) -> bool:
        """Whether no other server can have taken over operations of EPOCH. Any thread may call this."""
        # In this order, because `_send` sets the new epoch before `_last`.
        return now() - self._last < self._seconds * _TRUST_SHARE and self.epoch == epoch

    async def begin(self) -> int:
        """Write heartbeats from now on, and return the epoch. Raises Failure if the first write fails."""
        async with self._lock:
            if self._task is None:
                await self._send()
                self._task = asyncio.create_task(
                    self._supervisor.repeat(
                        "operations.heartbeat", self._renew, longest_delay=self._seconds * _RETRY_SHARE
                    ),
                    context=Context(),  # the loop outlives the call that starts it
                )
        return self.epoch

    def end(self) -> None:
        """Write no more heartbeats."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _renew(self) -> None:
        await asyncio.sleep(max(0.0, self._last + self._seconds * RENEWAL_SHARE - now()))
        try:
            await self._send()
        except Failure as failure:
            if failure.reason == TABLE_GONE:
                self.end()
                self._on_table_gone(failure)
            elif is_transient(failure):  # the endpoint may be back before the lease ends
                await asyncio.sleep(self._seconds * _RETRY_SHARE)
            else:
                raise

    async def _send(self) -> None:
        began = now()
        try:
            cancel_requests = await self._write()
        except Failure:
            self._observer.heartbeat(written=False)
            raise
        self._observer.heartbeat(written=True)
        if not self.is_fresh(self.epoch):
            self.epoch += 1
        self._last = began
        self._acknowledged = cancel_requests
        for operation_id in cancel_requests:
            self._on_cancel(operation_id)

    async def _write(self) -> frozenset[str]:
        """Write a heartbeat, and return the operations that were cancelled through other servers."""
        try:
            return await self._store.heartbeat(self.server, self._acknowledged)
        except Failure as failure:
            if failure.code not in _UNREADABLE_CODES:
                raise
            _log.warning("replaced an unreadable heartbeat", server=self.server, reason=failure.reason)
        await self._store.recreate_heartbeat(self.server)
        return frozenset()


def now() -> float:
    """Return the seconds of this machine's monotonic clock."""
    return time.clock_gettime(_CLOCK)
