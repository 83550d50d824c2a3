"""One poll loop for one thing, whatever the number of those who look at it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from contextvars import Context
from typing import Generic, Protocol, TypeVar

import structlog
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.polling.outages import Outages, is_transient
from tableadmin_server.supervision import Supervisor

T = TypeVar("T")

# Seconds between polls: while something is in transition, and at last when nothing changes any more.
SHORTEST_INTERVAL = 0.25
LONGEST_INTERVAL = 15.0
_BACKOFF_FACTOR = 1.5
_LONGEST_FAILING_INTERVAL = 2.0
# Seconds from the end of a poll to the next at least, however many join or write: they share it.
_MIN_GAP = 0.05

_log = structlog.get_logger()


class Watcher(Protocol):
    """Somebody who looks at a poller."""

    def wake(self, subject: str) -> None:
        """Called on the event loop when there is something new to look at; SUBJECT is the poller's."""


class Spread(Protocol):
    """Makes many calls without holding up the event loop."""

    def __call__(self, call: Callable[[T], None], arguments: Collection[T], /) -> None:
        """CALL with each of ARGUMENTS, now or soon."""


class Poller(Generic[T]):
    """Polls while anybody looks: fast while the newest state moves, slower and slower otherwise.

    READ gives the newest state, a known one if nothing has changed, or raises: then the state stays what it
    was, `failure` says why it is old, and polling goes on. MOVES says of the state before and the newest
    whether to look again soon. Who looks is woken by another state, by a first failure, and by each poll
    that begins after joining until one succeeds. There is no queue: whoever is slow finds the newest state.
    SPREAD makes the calls that wake them, so that thousands of them do not hold up the event loop.
    They are told the SUBJECT of the poller, such as the name of a table. Those who join within the seconds
    that GATHER gives share a poll.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        moves: Callable[[T | None, T], bool],
        outages: Outages,
        supervisor: Supervisor,
        spread: Spread,
        subject: str,
        gather: Callable[[], float],
    ) -> None:
        self._read = read
        self._moves = moves
        self._outages = outages
        self._supervisor = supervisor
        self._spread = spread
        self._subject = subject
        self._gather = gather
        self._gathering: asyncio.TimerHandle | None = None
        self._watchers: dict[Watcher, float] = {}
        # Those who have seen no state yet that was read after they joined: from which poll on it is.
        self._awaiting_fresh: dict[Watcher, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._triggered = asyncio.Event()
        self._interval = SHORTEST_INTERVAL
        # Polls are numbered: the last that has begun, the last that has ended.
        self._begun = 0
        self._ended = 0
        self.state: T | None = None
        self.failure: Failure | None = None

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return bool(self._watchers)

    @property
    def longest_interval(self) -> float:
        """Seconds from one poll to the next at most, as those who look want it."""
        return min(self._watchers.values(), default=LONGEST_INTERVAL)

    def join(self, watcher: Watcher, longest_interval: float = LONGEST_INTERVAL) -> None:
        """Poll at least every LONGEST_INTERVAL seconds; the first poll starts at once and wakes WATCHER."""
        self._watchers[watcher] = longest_interval
        self._awaiting_fresh[watcher] = self._begun + 1
        if self._task is None:
            self._interval = SHORTEST_INTERVAL
            self._triggered.set()
            # In a context of its own: the loop is not that of the call that was the first to watch.
            self._task = asyncio.create_task(self._supervisor.repeat("poll", self._round), context=Context())
        else:
            self._trigger_for_joined()

    def leave(self, watcher: Watcher) -> None:
        """Look no longer; the last one out stops the polling."""
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
        """Why the last poll that began after WATCHER joined has failed; None if it has not."""
        return self.failure if self._awaiting_fresh.get(watcher, 0) <= self._ended else None

    def is_readable(self, watcher: Watcher) -> bool:
        """Whether WATCHER has something fresh to look at; raises the failure that won't pass by itself."""
        failure = self.failure_for(watcher)
        if failure is not None and not is_transient(failure):
            raise failure
        return failure is None and self.is_fresh(watcher)

    def wake(self) -> None:
        """Wake whoever looks: there is something new beside the state."""
        self._wake_all(self._watchers)

    def _trigger_for_joined(self) -> None:
        """Poll for those who have joined, at once or after the time in which others may join."""
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
        """Poll as soon as may be, and often for a while: what is polled may just have been changed."""
        self._interval = SHORTEST_INTERVAL
        self._triggered.set()

    async def _round(self) -> None:
        self._triggered.clear()
        self._begun += 1
        news = await self._poll()
        self._ended = self._begun
        self._wake(news=news)
        await self._pause()

    async def _poll(self) -> bool:
        """Whether there is news: another state, or a failure after a success."""
        try:
            state = await self._read()
            moves = self._moves(self.state, state)
        except Exception as error:  # noqa: BLE001  # whatever an endpoint answers, its watchers live on
            return self._failed(error)
        self._outages.answered()
        # The change itself may be half of one: look again soon.
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
        self._interval = min(self._interval * _BACKOFF_FACTOR, longest_interval)

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
