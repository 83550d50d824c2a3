"""The rate at which copies consume the capacity of tables."""

import asyncio


class Pace:
    """Spaces calls so that they consume RATE units a second on average.

    The units of a call are known when it is answered, so the next call waits for them.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until the units of the calls before are within the rate."""
        wait = self._next - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)

    def consumed(self, units: float) -> None:
        """Note UNITS that a call has consumed."""
        self._next = max(self._next, asyncio.get_running_loop().time()) + units / self._rate
