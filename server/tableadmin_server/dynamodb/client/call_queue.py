"""A queue of calls to an endpoint. A call that would wait past its deadline is refused."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

# The weight of the newest call in the average of durations.
_WEIGHT = 0.2
# If no call begins or ends for so many seconds, this time counts as the duration of a call.
_STALL_SECONDS = 1.0
# Seconds between checks of the waiting calls.
_CHECK_SECONDS = 1.0

NO_DEADLINE = float("inf")


class DeadlineTooClose(Exception):
    """The call is refused, because the calls ahead of it take longer than its deadline allows."""


class Dropped(Exception):
    """The call was taken out of the queue by `drop`."""


@dataclass(eq=False)
class _Waiting:
    """A call in the queue. TURN is done when the call may begin. DEADLINE is a time of the event loop."""

    turn: asyncio.Future[None]
    deadline: float


class CallQueue:
    """Runs at most SLOTS calls at once. Further calls wait, first come, first served.

    The wait of a call is estimated as the number of calls ahead, times the recent duration of a call, divided
    by SLOTS. A call whose deadline is earlier is refused when it arrives, or later if the calls ahead are
    slower than estimated.
    """

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._under_way = 0
        self._waiting: dict[_Waiting, None] = {}
        # The average duration of a call in seconds.
        self._duration = 0.0
        # When a call last began or ended.
        self._moved = 0.0
        self._check: asyncio.TimerHandle | None = None

    @property
    def held(self) -> int:
        """The number of calls under way or waiting."""
        return self._under_way + len(self._waiting)

    async def take(self, deadline: float = NO_DEADLINE) -> float:
        """Wait for a slot. Returns the current time, which `release` needs.

        Raises DeadlineTooClose and Dropped. A caller that is cancelled leaves the queue.
        """
        loop = asyncio.get_running_loop()
        if self._under_way < self._slots:
            self._under_way += 1
        else:
            await self._turn(loop, deadline)
        self._moved = loop.time()
        return self._moved

    def release(self, taken: float, *, is_whole: bool = True) -> None:
        """Free the slot taken at TAKEN. IS_WHOLE says that the caller did not give up the call."""
        now = asyncio.get_running_loop().time()
        seconds = now - taken
        if is_whole or seconds > self._duration:
            self._duration += _WEIGHT * (seconds - self._duration)
        self._moved = now
        self._pass_on()

    def drop(self) -> None:
        """End all waits with Dropped."""
        for each in self._waiting:
            _end(each, Dropped())

    async def _turn(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        if self._is_late(len(self._waiting), deadline, loop.time()):
            raise DeadlineTooClose
        waiting = _Waiting(loop.create_future(), deadline)
        self._waiting[waiting] = None
        self._check = self._check or loop.call_later(_CHECK_SECONDS, self._refuse_late)
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting not in self._waiting:  # the slot was passed on meanwhile
                self._pass_on()
            raise
        finally:
            self._waiting.pop(waiting, None)

    def _pass_on(self) -> None:
        """Give a free slot to the first waiting call."""
        for each in self._waiting:
            if not each.turn.done():
                del self._waiting[each]
                each.turn.set_result(None)
                return
        self._under_way -= 1

    def _is_late(self, ahead: int, deadline: float, now: float) -> bool:
        stalled = now - self._moved
        duration = max(self._duration, stalled) if stalled >= _STALL_SECONDS else self._duration
        return now + duration * (ahead + 1) / self._slots > deadline

    def _refuse_late(self) -> None:
        loop = asyncio.get_running_loop()
        for each in list(self._late(loop.time())):
            _end(each, DeadlineTooClose())
        self._check = loop.call_later(_CHECK_SECONDS, self._refuse_late) if self._waiting else None

    def _late(self, now: float) -> Iterator[_Waiting]:
        ahead = 0
        for each in self._waiting:
            if self._is_late(ahead, each.deadline, now):
                yield each
            else:
                ahead += 1


def _end(waiting: _Waiting, error: Exception) -> None:
    if not waiting.turn.done():
        waiting.turn.set_exception(error)
