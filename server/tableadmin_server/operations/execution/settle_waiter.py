"""Waits for a table to settle, through the poll loop that all who look at the table share."""

import asyncio

from tableadmin_server.polling.auto_reset_event import AutoResetEvent
from tableadmin_server.tables.transitions import transitions
from tableadmin_server.watching.hub import Hub

# Seconds between looks at what no poll loop shows: at first, and at most. While the table itself moves its
# poll loop says when that is over.
_SHORTEST, _LONGEST, _MOVING = 0.25, 5.0, 30.0
_GROWTH = 1.5


class SettleWaiter(AutoResetEvent):
    """Waits of one operation: each until something may be different, longer and longer in vain."""

    def __init__(self, hub: Hub, table_name: str) -> None:
        super().__init__()
        self._hub = hub
        self._table_name = table_name
        self._seconds = _SHORTEST
        self._is_ended = False

    def end(self) -> None:
        """Wait no longer, now and ever after, whatever moves."""
        self._is_ended = True
        self.wake()

    def reset(self) -> None:
        """The next wait is for something else."""
        self._seconds = _SHORTEST

    async def sleep(self, seconds: float) -> None:
        """Wait so long, or until woken."""
        if not self._is_ended:
            await self.wait(_now() + seconds)

    async def settle(self) -> None:
        """Wait until what is seen of the table moves no more, or it is time to look at the rest of it."""
        seconds = self._seconds
        self._seconds = min(seconds * _GROWTH, _LONGEST)
        table = self._hub.tables.of(self._table_name)
        began, moved = _now(), False
        table.join(self, ())
        try:
            while True:
                if self._is_ended:
                    return
                moves = table.poller.is_fresh(self) and bool(transitions(table.newest))
                if moved and not moves:
                    return
                moved = moves
                if not await self.wait(began + (_MOVING if moves else seconds)):
                    return
        finally:
            table.leave(self, ())


def _now() -> float:
    return asyncio.get_running_loop().time()
