"""One poll loop for one thing, whatever the number of those who look at it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from tableadmin_server.failure import Failure

T = TypeVar("T")

# Seconds between polls: while something is in transition, and at last when nothing changes any more.
FASTEST = 0.25
SLOWEST = 15.0
_SLOWING = 1.5
_SLOWEST_FAILING = 2.0


class Watcher(Protocol):
    """Somebody who looks at a poller."""

    def wake(self) -> None:
        """Called on the event loop when there is something new to look at."""


class Poller(Generic[T]):
    """Polls while anybody looks: fast while the newest state is in transition, slower and slower otherwise.

    READ gives the newest state or raises Failure: then the state stays what it was, `failure` says why it is
    old, and polling goes on. PUBLISH is told of each state and says whether it is news. Who looks is woken by
    news, by a first failure, and by the first poll begun after joining. There is no queue: whoever is slow
    finds the newest state.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        in_transition: Callable[[T], bool],
        publish: Callable[[T], bool],
    ) -> None:
        self._read = read
        self._in_transition = in_transition
        self._publish = publish
        self._watchers: dict[Watcher, float] = {}
        self._newcomers: dict[Watcher, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._poked = asyncio.Event()
        self._interval = FASTEST
        self._begun = 0
        self.state: T | None = None
        self.failure: Failure | None = None

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return bool(self._watchers)

    def join(self, watcher: Watcher, slowest: float = SLOWEST) -> None:
        """Look on, at least every SLOWEST seconds; a poll begins at once and wakes WATCHER when it ends."""
        self._watchers[watcher] = slowest
        self._newcomers[watcher] = self._begun + 1
        self.poke()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def leave(self, watcher: Watcher) -> None:
        """Look no longer; the last one out stops the polling."""
        self._watchers.pop(watcher, None)
        self._newcomers.pop(watcher, None)
        if not self._watchers and self._task is not None:
            self._task.cancel()
            self._task = None

    def is_fresh(self, watcher: Watcher) -> bool:
        """Whether the state is from a poll that began after WATCHER joined."""
        return watcher not in self._newcomers

    def poke(self) -> None:
        """Poll as soon as may be: what is polled may just have been changed."""
        self._interval = FASTEST
        self._poked.set()

    async def _run(self) -> None:
        while True:
            self._poked.clear()
            self._begun += 1
            number = self._begun
            news = await self._poll()
            self._wake(number, news=news)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._interval):
                    await self._poked.wait()

    async def _poll(self) -> bool:
        """Whether there is news: another state, or a failure after a success."""
        try:
            state = await self._read()
        except Failure as failure:
            news = self.failure is None
            self.failure = failure
            self._slow_down(_SLOWEST_FAILING)
            return news
        self.state, self.failure = state, None
        news = self._publish(state)
        if news or self._in_transition(state):
            self._interval = FASTEST
        else:
            self._slow_down(min(self._watchers.values(), default=SLOWEST))
        return news

    def _slow_down(self, slowest: float) -> None:
        self._interval = min(self._interval * _SLOWING, slowest)

    def _wake(self, number: int, *, news: bool) -> None:
        newcomers = [each for each, begun in self._newcomers.items() if begun <= number]
        for watcher in newcomers:
            del self._newcomers[watcher]
        for watcher in list(self._watchers) if news else newcomers:
            watcher.wake()
