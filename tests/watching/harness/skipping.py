"""An event loop whose clock jumps to the next timer whenever nothing else is to be done."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_START = 1000.0


class SkippingLoop(asyncio.SelectorEventLoop):
    """Hours pass as fast as their timers can be run; what waits for nothing that is timed is an error."""

    def __init__(self) -> None:
        self.now = _START
        # How many turns it has begun.
        self.turns = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        """Seconds on the clock that jumps."""
        return self.now


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: SkippingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.turns += 1
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits, and for nobody"
            self._loop.now += max(timeout, 0)
        return ready


def run(main: Coroutine[Any, Any, T]) -> T:
    """What MAIN returns, on a loop that skips the waiting; no task may outlive it."""
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(_alone(main))


async def _alone(main: Coroutine[Any, Any, T]) -> T:
    result = await main
    await asyncio.sleep(0.1)  # what was cancelled ends
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"left behind: {left}"
    return result
