"""Fairness between watches and everything else on the event loop."""

import asyncio
from collections import deque

# Messages that are made in one turn of the event loop at most: some milliseconds of work.
_IN_A_TURN = 16


class Turns:
    """Lets a bounded number of tasks go on in each turn of the event loop, in the order they came.

    When a table changes, thousands of streams have something to send in the same moment. Other calls would
    wait for all of them in each turn.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = 0
        self._scheduled = False

    async def take(self) -> None:
        """Return in this turn of the event loop if there is room in it, otherwise in a later one."""
        loop = asyncio.get_running_loop()
        if not self._scheduled:
            self._scheduled = True
            loop.call_soon(self._begin, loop)
        if self._taken < _IN_A_TURN and not self._waiting:
            self._taken += 1
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the next turn to those who wait."""
        self._taken = 0
        while self._waiting and self._taken < _IN_A_TURN:
            turn = self._waiting.popleft()
            if not turn.done():  # its task was cancelled
                turn.set_result(None)
                self._taken += 1
        self._scheduled = self._taken > 0
        if self._scheduled:
            loop.call_soon(self._begin, loop)
