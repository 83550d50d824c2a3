"""The order in which background calls wait: by urgency, which can be raised while they wait."""

import asyncio
from enum import IntEnum

# One in so many turns is for the call that has waited longest, so that urgent calls never block the others.
_FAIR_TURN = 4


class Urgency(IntEnum):
    """How urgent a call is. Calls with a lower value go first."""

    # A plan or an operation makes the call, or what is polled has probably just changed.
    CHANGED = 0
    # A watcher waits for its first state, or what is polled is in transition.
    AWAITED = 1
    ROUTINE = 2


class PollPriority:
    """The urgency of the calls of one caller, such as a poll loop."""

    def __init__(self) -> None:
        self.urgency = Urgency.ROUTINE
        self._waiting: dict[_Waiting, PollOrder] = {}

    def set(self, urgency: Urgency) -> None:
        """Set the urgency of the calls to come. Calls that wait keep their place."""
        self.urgency = urgency

    def raise_to(self, urgency: Urgency) -> None:
        """Make the calls that wait, and those to come, at least as urgent as URGENCY."""
        self.urgency = min(self.urgency, urgency)
        for waiting, order in self._waiting.items():
            order.raise_to(waiting, urgency)

    def enter(self, waiting: "_Waiting", order: "PollOrder") -> None:
        """Note that a call waits in ORDER."""
        self._waiting[waiting] = order

    def leave(self, waiting: "_Waiting") -> None:
        """Note that a call does not wait any more."""
        del self._waiting[waiting]


class _Waiting:
    """A call that waits. TURN is done when the call may go on. NUMBER counts the calls as they arrive."""

    def __init__(self, turn: "asyncio.Future[None]", number: int, urgency: Urgency) -> None:
        self.turn = turn
        self.number = number
        self.urgency = urgency


class PollOrder:
    """Lets at most SLOTS calls go on at once. The others wait: the most urgent goes first, then the oldest.

    Every fourth turn is for the oldest call of any urgency.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._arrived = self._turns = 0
        self._queues: dict[Urgency, dict[_Waiting, None]] = {each: {} for each in Urgency}

    @property
    def waiting(self) -> int:
        """The number of calls that wait."""
        return sum(map(len, self._queues.values()))

    async def take(self, priority: PollPriority) -> None:
        """Wait for a slot, with the urgency of PRIORITY. Every slot taken must be released."""
        if self._free:
            self._free -= 1
            return
        self._arrived += 1
        turn = asyncio.get_running_loop().create_future()
        waiting = _Waiting(turn, self._arrived, priority.urgency)
        self._queues[waiting.urgency][waiting] = None
        priority.enter(waiting, self)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the slot was passed on meanwhile
                self.release()
            raise
        finally:
            self._queues[waiting.urgency].pop(waiting, None)
            priority.leave(waiting)

    def release(self) -> None:
        """Free a slot, which goes to the next call."""
        following = self._next()
        if following is None:
            self._free += 1
        else:
            del self._queues[following.urgency][following]
            following.turn.set_result(None)

    def raise_to(self, waiting: _Waiting, urgency: Urgency) -> None:
        """Move WAITING to the end of the calls of URGENCY, unless it is as urgent or has its turn."""
        if urgency < waiting.urgency and waiting in self._queues[waiting.urgency]:
            del self._queues[waiting.urgency][waiting]
            waiting.urgency = urgency
            self._queues[urgency][waiting] = None

    def _next(self) -> _Waiting | None:
        """The call whose turn it is, None if no call waits."""
        firsts = [first for queue in self._queues.values() if (first := _first(queue)) is not None]
        if not firsts:
            return None
        self._turns += 1
        return firsts[0] if self._turns % _FAIR_TURN else min(firsts, key=lambda each: each.number)


def _first(queue: dict[_Waiting, None]) -> _Waiting | None:
    """The first of QUEUE that still waits. Those that were cancelled leave it soon."""
    return next((each for each in queue if not each.turn.done()), None)
