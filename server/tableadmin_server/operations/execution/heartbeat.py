"""A server's sign of life, on which it holds all its operations: one small write now and then for all."""

import asyncio
import time
from collections.abc import Callable

import structlog
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.store import TABLE_GONE, Store
from tableadmin_server.polling.outages import is_transient
from tableadmin_server.supervision import Supervisor

_log = structlog.get_logger()

# The parts of a lease after which the next sign is given, and for which changes of tables may be sent:
# another server takes over only after all of it, counted from when it saw the last sign.
_RENEWED, _TRUSTED = 0.3, 0.6
# Seconds until another try after one that failed, as a part of the lease.
_RETRIED = 0.1
# The endpoint refuses the update of an item that somebody has garbled, or the item can't be read.
_GARBLED = frozenset({Code.INVALID_ARGUMENT, Code.DATA_LOSS})
# One that goes on while the machine sleeps, where there is one.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Heartbeat:
    """The sign of life of SERVER, for leases of so many SECONDS, given from `begin` to `end`.

    Clocks of machines are never compared: whoever wants to take over counts by its own from when it saw the
    last sign, which is later than when that was given. CANCEL is called with the id of each operation that
    somebody wants stopped, GONE when the table that remembers operations is gone. SUPERVISOR runs the loop.
    """

    def __init__(
        self,
        store: Store,
        server: str,
        seconds: float,
        cancel: Callable[[str], None],
        gone: Callable[[Failure], None],
        supervisor: Supervisor,
    ) -> None:
        self.server = server
        self._store = store
        self._seconds = seconds
        self._cancel = cancel
        self._gone = gone
        self._supervisor = supervisor
        self._given = float("-inf")
        # Counts the times without a gap: what was held in an earlier one, others may have taken over.
        self.term = 0
        self._told: frozenset[str] = frozenset()
        self._giving = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def is_heard(self, term: int) -> bool:
        """Whether no other server can have taken over what was held in TERM; may be asked in any thread."""
        # In this order: a new term begins before its first sign counts.
        return now() - self._given < self._seconds * _TRUSTED and self.term == term

    async def begin(self) -> int:
        """Give signs of life from now on: the term. Raises Failure where the first can't be given."""
        async with self._giving:
            if self._task is None:
                await self._give()
                self._task = asyncio.create_task(
                    self._supervisor.repeat(
                        "operations.heartbeat", self._give_in_time, longest_delay=self._seconds * _RETRIED
                    )
                )
        return self.term

    def end(self) -> None:
        """Give no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _give_in_time(self) -> None:
        await asyncio.sleep(max(0.0, self._given + self._seconds * _RENEWED - now()))
        try:
            await self._give()
        except Failure as failure:
            if failure.reason == TABLE_GONE:
                self.end()
                self._gone(failure)
            elif is_transient(failure):  # the endpoint may be back before the lease is over
                await asyncio.sleep(self._seconds * _RETRIED)
            else:
                raise

    async def _give(self) -> None:
        began = now()
        unwanted = await self._beaten()
        if not self.is_heard(self.term):
            self.term += 1
        self._given = began
        self._told = unwanted
        for operation_id in unwanted:
            self._cancel(operation_id)

    async def _beaten(self) -> frozenset[str]:
        """The operations that somebody wants stopped, once a sign of life is written."""
        try:
            return await self._store.beat(self.server, self._told)
        except Failure as failure:
            if failure.code not in _GARBLED:
                raise
            _log.warning("operations.heartbeat_renewed", server=self.server, reason=failure.reason)
        await self._store.renew(self.server)
        return frozenset()


def now() -> float:
    """Seconds on this machine's clock, from whenever."""
    return time.clock_gettime(_CLOCK)
