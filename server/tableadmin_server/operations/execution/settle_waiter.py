"""Waits for a table to settle, on the table's shared poll loop."""

import asyncio

from tableadmin_server.polling.auto_reset_event import AutoResetEvent
from tableadmin_server.tables.transitions import transitions
from tableadmin_server.watching.hub import Hub

# Seconds until the operation reads the parts of a table that its poll loop does not read: at first, and at
# most. While the table itself changes, the poll loop tells when it has settled, and the longest wait applies.
_SHORTEST, _LONGEST, _MOVING = 0.25, 5.0, 30.0
_GROWTH = 1.5


class SettleWaiter(AutoResetEvent):
    """The waits of one operation. Each wait is longer than the one before, until `reset`."""

    def __init__(self, hub: Hub, table_name: str) -> None:
        super().__init__()
        self._hub = hub
        self._table_name = table_name
        self._seconds = _SHORTEST
        self._is_ended = False

    def end(self) -> None:
        """End the current wait and all later ones at once."""
        self._is_ended = True
        self.wake()

    def reset(self) -> None:
        """Begin with the shortest wait again."""
        self._seconds = _SHORTEST

    async def sleep(self, seconds: float) -> None:
        """Wait for SECONDS, or until woken."""
        if not self._is_ended:
            await self.wait(_now() + seconds)

    async def settle(self) -> None:
        """Wait until the table has settled, or it is time to read its other parts."""
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
