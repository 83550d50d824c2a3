"""How many calls a second an endpoint is asked for on nobody's direct behalf."""

import asyncio


class CallBudget:
    """Spaces calls evenly at RATE a second; what was not used in the last second may be used at once."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._next = 0.0

    async def take(self) -> None:
        """Return when one more call may be made; those who wait get their turns in the order they came."""
        now = asyncio.get_running_loop().time()
        turn = max(self._next, now - 1.0) + 1.0 / self._rate
        self._next = turn
        if turn > now:
            await asyncio.sleep(turn - now)
