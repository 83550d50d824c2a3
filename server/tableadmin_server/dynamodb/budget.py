"""How many calls a second an endpoint is asked for on nobody's direct behalf."""

import asyncio


class CallBudget:
    """Spaces calls evenly at RATE a second; what was not used in the last second may be used at once."""

    def __init__(self, rate: float) -> None:
        self._spacing = 1.0 / rate
        self._next = 0.0
        # Only the first in the line has a turn to wait for: whoever leaves the line takes none along.
        self._line = asyncio.Lock()

    async def take(self) -> None:
        """Return when one more call may be made; those who wait get their turns in the order they came."""
        async with self._line:
            now = asyncio.get_running_loop().time()
            turn = max(self._next, now - max(0.0, 1.0 - self._spacing))
            if turn > now:
                await asyncio.sleep(turn - now)
            self._next = turn + self._spacing
