"""The calls to an endpoint that wait for their turn. A call that would wait past its deadline is refused."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

# The weight of the newest call in the average of durations.
_WEIGHT = 0.2
# Seconds without any call that begins or ends, after which the calls under way count as that slow.
_STALL_SECONDS = 1.0
# Seconds from one look at the calls that wait to the next.
_CHECK_SECONDS = 1.0

NO_DEADLINE = float("inf")


class DeadlineTooClose(Exception):
    """The call is refused: the calls ahead of this call take longer than its caller waits."""


class Dropped(Exception):
    """The call was taken out of the queue by `drop`."""


@dataclass(eq=False)
class _Waiting:
    """A call in the queue. TURN is done when the call may begin. DEADLINE is a time of the event loop."""

    turn: asyncio.Future[None]
    deadline: float


class CallQueue:
    """Lets SLOTS calls be under way. Further calls wait, first come, first served.

    The time that a call will wait is estimated: the number of calls ahead, times the recent duration of a
    call, divided by SLOTS. A call whose deadline is earlier is refused when it comes, or later when the calls
    ahead turn out to be slower.
    """

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._under_way = 0
        self._waiting: dict[_Waiting, None] = {}
        # Average seconds of a call.
        self._duration = 0.0
        # When a call last began or ended.
        self._moved = 0.0
        self._check: asyncio.TimerHandle | None = None

    @property
    def held(self) -> int:
        """The calls that are under way or wait."""
        return self._under_way + len(self._waiting)

    async def take(self, deadline: float = NO_DEADLINE) -> float:
        """Wait for a slot; the time at which the slot was taken, which `release` needs.

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
        """Free the slot that was TAKEN then. IS_WHOLE says that the call was not given up by its caller."""
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
        """Give a slot that is free now to the first call that waits for a slot."""
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
