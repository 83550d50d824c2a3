"""The right to carry an operation out, kept by writing now and then."""

import asyncio
import time
from collections.abc import Callable

from tableadmin_server.failure import Failure
from tableadmin_server.operations.record import Progress
from tableadmin_server.operations.store import TABLE_GONE, Held, Store

# The parts of a lease after which it is renewed, and for which a change of a table may be sent: another
# server takes over only after all of it, counted from what it saw last.
_RENEWED, _TRUSTED = 0.3, 0.6
# One that goes on while the machine sleeps, where there is one.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Lease:
    """The lease of the operation that is HELD, of so many SECONDS from each save, at first from SINCE on.

    Clocks of machines are never compared: whoever wants to take over counts by its own from when it saw the
    last save, which is later than when that began.
    """

    def __init__(self, store: Store, held: Held, seconds: float, since: float) -> None:
        self._store = store
        self._held = held
        self._seconds = seconds
        self._saving = asyncio.Lock()
        self._saved = since

    def is_trusted(self) -> bool:
        """Whether no other server can have taken over yet; may be asked in any thread."""
        return now() - self._saved < self._seconds * _TRUSTED

    async def save(self, progress: Callable[[], Progress]) -> bool:
        """Write down what PROGRESS gives when it is written; whether somebody wants the operation cancelled.

        Raises LeaseLost and Failure.
        """
        async with self._saving:
            began = now()
            cancel_requested = await self._store.save(self._held, progress())
            self._saved = began
            return cancel_requested

    async def keep(self, progress: Callable[[], Progress], cancel: Callable[[], None]) -> None:
        """Save in time, for ever; raises LeaseLost, and Failure (OPERATIONS_TABLE_GONE).

        Somebody's wish to CANCEL is passed on.
        """
        while True:
            await asyncio.sleep(max(0.0, self._saved + self._seconds * _RENEWED - now()))
            try:
                if self._saved + self._seconds * _RENEWED <= now() and await self.save(progress):
                    cancel()
            except Failure as failure:
                if failure.reason == TABLE_GONE:
                    raise
                # The endpoint may be back before the lease is over.
                await asyncio.sleep(self._seconds * _RENEWED / 3)

    async def give_back(self) -> None:
        """Let another server take over at once; raises Failure."""
        async with self._saving:
            await self._store.release(self._held)


def now() -> float:
    """Seconds on this machine's clock, from whenever."""
    return time.clock_gettime(_CLOCK)
