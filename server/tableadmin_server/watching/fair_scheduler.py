"""Shares the event loop fairly between streams and other calls."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

# The largest number of messages made in one turn of the event loop: half a millisecond of work.
_IN_A_TURN = 4
# `spread` makes at most so many calls in one turn. Up to _FEW_CALLS it makes at once.
_CALLS_IN_A_TURN = 200
_FEW_CALLS = 64


class FairScheduler:
    """Bounds the work of streams in each turn of the event loop. First come, first served.

    When a table changes, thousands of streams send an event at the same time. When a client disconnects,
    thousands of streams end. Without bounds other calls would wait for all of them.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._calls: deque[Iterator[None]] = deque()
        self._taken = 0
        self._scheduled = False

    def spread(self, call: Callable[[T], None], arguments: Collection[T]) -> None:
        """Call CALL with each of ARGUMENTS: at once if they are few, else some in each turn of the loop."""
        calls = map(call, list(arguments))
        if len(arguments) <= _FEW_CALLS:
            deque(calls, maxlen=0)
            return
        self._calls.append(calls)
        self._schedule()

    async def turn(self) -> None:
        """Return in this turn of the event loop if it has room, otherwise in a later turn."""
        loop = asyncio.get_running_loop()
        self._schedule()
        if self._taken < _IN_A_TURN and not self._waiting:
            self._taken += 1
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        """Begin a turn: resume the tasks that wait for one."""
        self._taken = 0
        while self._waiting and self._taken < _IN_A_TURN:
            turn = self._waiting.popleft()
            if not turn.done():  # its task was cancelled
                turn.set_result(None)
                self._taken += 1
        self._make_calls()
        self._scheduled = False
        if self._taken or self._calls:
            self._schedule()

    def _make_calls(self) -> None:
        left = _CALLS_IN_A_TURN
        while self._calls and left:
            made = sum(1 for _ in islice(self._calls[0], left))
            left -= made
            if left:
                self._calls.popleft()
