"""A poll loop that any number of watchers share."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from contextvars import Context
from typing import Generic, Protocol, TypeVar

import structlog
from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.poll_order import PollPriority, Urgency
from tableadmin_server.failure import Failure
from tableadmin_server.polling.outages import Outages, is_transient
from tableadmin_server.supervision import Supervisor

T = TypeVar("T")

# Seconds between polls: after a change, and after a long time without one.
SHORTEST_INTERVAL = 0.25
LONGEST_INTERVAL = 15.0
_BACKOFF_FACTOR = 1.5
_LONGEST_FAILING_INTERVAL = 2.0
# The least seconds from the end of a poll to the next. Watchers that join meanwhile share the next poll.
_MIN_GAP = 0.05

_log = structlog.get_logger()


class Watcher(Protocol):
    """A stream or wait that uses a poller."""

    def wake(self, subject: str) -> None:
        """Note, on the event loop, that the poller of SUBJECT has something new."""


class Spread(Protocol):
    """Makes many calls without blocking the event loop."""

    def __call__(self, call: Callable[[T], None], arguments: Collection[T], /) -> None:
        """Call CALL with each of ARGUMENTS, now or soon."""


class Poller(Generic[T]):
    """Polls while it has watchers: fast while the state is in transition, otherwise more and more slowly.

    READ returns the newest state. If READ raises, the state stays as it was, `failure` has the error, and
    polling continues. MOVES gets the state before and the newest state, and returns whether to poll again
    soon. A watcher is woken by a changed state, by a first failure, and, after it has joined, by each poll
    until one succeeds. There is no queue: a slow watcher finds the newest state. SPREAD makes the calls that
    wake watchers, so that thousands of them do not block the event loop. The calls have the SUBJECT of the
    poller, such as the name of a table. Watchers that join within GATHER() seconds share a poll. A state
    that does not change is read again after GATHER() seconds at the earliest. PRIORITY is that of the calls
    that READ makes: the poll loop sets it.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # what a poll loop shares with others
        self,
        read: Callable[[], Awaitable[T]],
        moves: Callable[[T | None, T], bool],
        outages: Outages,
        supervisor: Supervisor,
        spread: Spread,
        subject: str,
        gather: Callable[[], float],
        priority: PollPriority,
    ) -> None:
        self._read = read
        self._moves = moves
        self._outages = outages
        self._supervisor = supervisor
        self._spread = spread
        self._subject = subject
        self._gather = gather
        self._priority = priority
        self._gathering: asyncio.TimerHandle | None = None
        self._watchers: dict[Watcher, float] = {}
        # The watchers without a state read after they joined, each with the first poll after it joined.
        self._awaiting_fresh: dict[Watcher, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._triggered = asyncio.Event()
        self._interval = SHORTEST_INTERVAL
        # Whether a change was seen, or is likely: then the loop polls often, however many loops there are.
        self._is_changing = False
        # Whether `trigger` was called since the last poll began.
        self._has_changed = False
        # The number of the last poll that has begun, and of the last that has ended.
        self._begun = 0
        self._ended = 0
        self.state: T | None = None
        self.failure: Failure | None = None

    @property
    def watched(self) -> bool:
        """Whether there are watchers."""
        return bool(self._watchers)

    @property
    def longest_interval(self) -> float:
        """The longest time in seconds between polls that the watchers allow."""
        return min(self._watchers.values(), default=LONGEST_INTERVAL)

    def join(self, watcher: Watcher, longest_interval: float = LONGEST_INTERVAL) -> None:
        """Poll at least every LONGEST_INTERVAL seconds. The first poll starts at once and wakes WATCHER."""
        self._watchers[watcher] = longest_interval
        self._awaiting_fresh[watcher] = self._begun + 1
        if self._task is None:
            self._interval = SHORTEST_INTERVAL
            self._triggered.set()
            # A new context, because the loop outlives the call that was the first to watch.
            self._task = asyncio.create_task(self._supervisor.repeat("poll", self._round), context=Context())
        else:
            self._priority.raise_to(Urgency.AWAITED)
            self._trigger_for_joined()

    def leave(self, watcher: Watcher) -> None:
        """Remove WATCHER. Polling stops after the last watcher."""
        self._watchers.pop(watcher, None)
        self._awaiting_fresh.pop(watcher, None)
        if not self._watchers and self._task is not None:
            self._task.cancel()
            self._task = None
            if self._gathering is not None:
                self._gathering.cancel()
                self._gathering = None

    def is_fresh(self, watcher: Watcher) -> bool:
        """Whether the state is from a poll that began after WATCHER joined."""
        return watcher not in self._awaiting_fresh

    def failure_for(self, watcher: Watcher) -> Failure | None:
        """Return the failure of the last poll that began after WATCHER joined, None if it succeeded."""
        return self.failure if self._awaiting_fresh.get(watcher, 0) <= self._ended else None

    def is_readable(self, watcher: Watcher) -> bool:
        """Whether WATCHER has a state read after it joined. Raises a failure that is not transient."""
        failure = self.failure_for(watcher)
        if failure is not None and not is_transient(failure):
            raise failure
        return failure is None and self.is_fresh(watcher)

    def wake(self) -> None:
        """Wake all watchers, because something beside the state is new."""
        self._wake_all(self._watchers)

    def _trigger_for_joined(self) -> None:
        """Poll for new watchers, at once or after the time in which more may join."""
        if self._gathering is not None:
            return
        seconds = self._gather()
        if seconds <= _MIN_GAP:
            self._triggered.set()
        else:
            self._gathering = asyncio.get_running_loop().call_later(seconds, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        self._triggered.set()

    def trigger(self) -> None:
        """Poll as soon as possible, and often for a while, because a change is likely."""
        self._interval = SHORTEST_INTERVAL
        self._is_changing = self._has_changed = True
        self._triggered.set()
        self._priority.raise_to(Urgency.CHANGED)

    async def _round(self) -> None:
        self._triggered.clear()
        self._priority.set(self._next_urgency())
        self._begun += 1
        news = await self._poll()
        self._ended = self._begun
        self._wake(news=news)
        await self._pause()

    def _next_urgency(self) -> Urgency:
        """The urgency of the poll that begins now."""
        if self._has_changed:
            self._has_changed = False
            return Urgency.CHANGED
        return Urgency.AWAITED if self._awaiting_fresh or self._is_changing else Urgency.ROUTINE

    async def _poll(self) -> bool:
        """Poll once. Returns whether there is news: a changed state, or a failure after a success."""
        try:
            state = await self._read()
            moves = self._moves(self.state, state)
        except Exception as error:  # noqa: BLE001  # no answer of an endpoint may end the loop
            return self._failed(error)
        self._outages.answered()
        # A change may be followed by another: poll again soon.
        self._is_changing = self._is_changing or moves
        self._slow_down(SHORTEST_INTERVAL if moves else self.longest_interval)
        self.failure = None
        if state == self.state:
            return False
        self.state = state
        return True

    def _failed(self, error: Exception) -> bool:
        failure = error if isinstance(error, Failure) else _UNREADABLE
        if failure is _UNREADABLE and failure is not self.failure:
            _log.warning("could not read the answer to a poll", exc_info=error)
        self._outages.failed(failure, known=self.state is not None)
        self._slow_down(_LONGEST_FAILING_INTERVAL)
        news = self.failure is None
        self.failure = failure
        return news

    def _slow_down(self, longest_interval: float) -> None:
        interval = self._interval * _BACKOFF_FACTOR
        shortest = self._gather()
        if interval >= shortest:
            self._is_changing = False
        elif not self._is_changing:
            # Thousands of settled tables must not delay the polls of the tables that change.
            interval = shortest
        self._interval = min(interval, longest_interval)

    def _wake(self, *, news: bool) -> None:
        newcomers = [each for each, since in self._awaiting_fresh.items() if since <= self._ended]
        if self.failure is None:
            for watcher in newcomers:
                del self._awaiting_fresh[watcher]
        self._wake_all(self._watchers if news else newcomers)

    def _wake_all(self, watchers: Collection[Watcher]) -> None:
        self._spread(lambda watcher: watcher.wake(self._subject), watchers)

    async def _pause(self) -> None:
        await asyncio.sleep(_MIN_GAP)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._interval - _MIN_GAP):
                await self._triggered.wait()


_UNREADABLE = Failure(
    Code.UNAVAILABLE, "the response of the endpoint cannot be parsed", reason="ENDPOINT_ANSWER_UNREADABLE"
)
