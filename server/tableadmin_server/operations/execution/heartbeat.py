"""A server's sign of life, on which it holds all its operations: one small write now and then for all."""

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

# The parts of a lease after which the next sign is given, and for which changes of tables may be sent:
# another server takes over only after all of it, counted from when it saw the last sign.
RENEWAL_SHARE, _TRUST_SHARE = 0.3, 0.6
# Seconds until another try after one that failed, as a part of the lease.
_RETRY_SHARE = 0.1
# The endpoint refuses the update of an item that somebody has garbled, or the item can't be read.
_UNREADABLE_CODES = frozenset({Code.INVALID_ARGUMENT, Code.DATA_LOSS})
# One that goes on while the machine sleeps, where there is one.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Heartbeat:
    """The sign of life of SERVER, for leases of so many SECONDS, given from `begin` to `end`.

    Clocks of machines are never compared: whoever wants to take over counts by its own from when it saw the
    last sign, which is later than when that was given. CANCEL is called with the id of each operation that
    somebody wants stopped, GONE when the table that remembers operations is gone. SUPERVISOR runs the loop.
    OBSERVER learns of each heartbeat.
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
        # Counts the times without a gap: what was held in an earlier one, others may have taken over.
        self.term = 0
        self._acknowledged: frozenset[str] = frozenset()
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def is_fresh(self, term: int) -> bool:
        """Whether no other server can have taken over what was held in TERM; may be asked in any thread."""
        # In this order: a new term begins before its first sign counts.
        return now() - self._last < self._seconds * _TRUST_SHARE and self.term == term

    async def begin(self) -> int:
        """Give signs of life from now on: the term. Raises Failure where the first can't be given."""
        async with self._lock:
            if self._task is None:
                await self._send()
                self._task = asyncio.create_task(
                    self._supervisor.repeat(
                        "operations.heartbeat", self._renew, longest_delay=self._seconds * _RETRY_SHARE
                    ),
                    context=Context(),  # not that of the call that happens to begin it
                )
        return self.term

    def end(self) -> None:
        """Give no more."""
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
            elif is_transient(failure):  # the endpoint may be back before the lease is over
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
        if not self.is_fresh(self.term):
            self.term += 1
        self._last = began
        self._acknowledged = cancel_requests
        for operation_id in cancel_requests:
            self._on_cancel(operation_id)

    async def _write(self) -> frozenset[str]:
        """The operations that somebody wants stopped, once a sign of life is written."""
        try:
            return await self._store.heartbeat(self.server, self._acknowledged)
        except Failure as failure:
            if failure.code not in _UNREADABLE_CODES:
                raise
            _log.warning("replaced an unreadable heartbeat", server=self.server, reason=failure.reason)
        await self._store.recreate_heartbeat(self.server)
        return frozenset()


def now() -> float:
    """Seconds on this machine's clock, from whenever."""
    return time.clock_gettime(_CLOCK)
