"""An event that resets after each wait."""

import asyncio
import contextlib


class AutoResetEvent:
    """Coalesces signals until the next wait: several signals before a wait end one wait.

    One task waits; any code on the event loop signals.
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self, _: object = None) -> None:
        """Signal the event. Must be called on the event loop."""
        self._event.set()

    async def wait(self, until: float) -> bool:
        """Wait for a signal until UNTIL, by the event loop's clock. Returns whether there was one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._event.wait()
        signalled = self._event.is_set()
        self._event.clear()
        return signalled
