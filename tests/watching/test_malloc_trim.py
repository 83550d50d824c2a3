"""When the memory of streams that have ended is given back."""

import asyncio

from tableadmin_server.watching.malloc_trim import MIN_CLOSED, MallocTrim, trim_memory
from tests.watching.harness.skipping import run


class Counted:
    """A MallocTrim that counts how often it was given back."""

    def __init__(self) -> None:
        self.memory = MallocTrim(self._trim)
        self.times = 0

    def _trim(self) -> None:
        self.times += 1

    def opened(self, count: int) -> None:
        """So many streams begin."""
        for _ in range(count):
            self.memory.opened()

    def closed(self, count: int) -> None:
        """So many streams end."""
        for _ in range(count):
            self.memory.closed()


def test_after_many() -> None:
    """When many streams have ended, once, when the last of them has; and again after as many more."""

    async def main() -> None:
        counted = Counted()
        for time in (1, 2):
            counted.opened(3 * MIN_CLOSED)
            counted.closed(2 * MIN_CLOSED)
            await asyncio.sleep(1)
            counted.closed(MIN_CLOSED)
            await asyncio.sleep(1)
            assert time - 1 == counted.times
            await asyncio.sleep(60)
            assert time == counted.times

    run(main())


def test_after_few() -> None:
    """Streams that come and go a few at a time are nothing to give back, however often."""

    async def main() -> None:
        counted = Counted()
        counted.opened(MIN_CLOSED)
        for _ in range(10):
            counted.opened(MIN_CLOSED // 2)
            counted.closed(MIN_CLOSED // 2)
            await asyncio.sleep(10)
        assert 0 == counted.times

    run(main())


def test_giving_back() -> None:
    """It works on whatever system this is."""
    trim_memory()
