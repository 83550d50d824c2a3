"""What somebody who looks at something is woken by."""

import asyncio
import contextlib


class Bell:
    """Rung by news; rung twice before anybody listens, it is heard once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Ring; called on the event loop when there is something new to look at."""
        self._event.set()

    async def rung(self, until: float) -> bool:
        """Wait until it is rung, or until a moment on the event loop's clock: whether it was rung."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._event.wait()
        rung = self._event.is_set()
        self._event.clear()
        return rung
