"""The mixed load: who calls, from its beginning to its end."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from soak.load.applying import apply, apply_with_approval
from soak.load.callers import Callers
from soak.load.reading import read
from soak.load.watching import Watcher, come_and_go
from soak.load.writing import write

READERS, WRITERS, APPLIERS, WITH_APPROVAL, COMERS = 12, 4, 3, 3, 2
# How many tables the appliers apply at once.
_TABLES = (1, 1, 3)
_PREFIXES = ("", "", "static-", "applied-", "direct-")
_END_SECONDS = 300.0


class Load:
    """The callers and watchers; calls begin with `start` and have ended after `stop`."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._calling: set[asyncio.Task[None]] = set()
        self._watching: set[asyncio.Task[None]] = set()
        self.watchers: list[Watcher] = []

    def start(self, name: str) -> None:
        """Begin; tables of this load have NAME in their names."""
        self._callers.going.set()
        self._calling = {asyncio.create_task(each) for each in self._calls(name)}
        self.watchers = [Watcher(self._callers, prefix) for prefix in _PREFIXES]
        self._watching = {asyncio.create_task(each.watch()) for each in self.watchers}

    async def stop(self) -> None:
        """Let all callers end what they do."""
        self._callers.going.clear()
        ended, stuck = await asyncio.wait(self._calling, timeout=_END_SECONDS)
        for each in ended:
            each.result()
        for each in stuck:
            self._callers.journal.problems.append(f"a caller is stuck: {each.get_stack(limit=1)}")
            each.cancel()

    async def stop_watching(self) -> None:
        """End all watches."""
        for each in self._watching:
            each.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)

    def _calls(self, name: str) -> Iterator[Coroutine[Any, Any, None]]:
        yield from (read(self._callers) for _ in range(READERS))
        yield from (write(self._callers, f"{name}{number}") for number in range(WRITERS))
        for number, tables in zip(range(APPLIERS), _TABLES, strict=True):
            yield apply(self._callers, f"{name}{number}", tables)
        yield from (apply_with_approval(self._callers, f"{name}{number}") for number in range(WITH_APPROVAL))
        yield from (come_and_go(self._callers) for _ in range(COMERS))
