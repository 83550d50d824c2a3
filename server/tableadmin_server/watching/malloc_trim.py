"""The memory of streams that have ended.

Python and glibc keep what was freed for what comes next: after ten thousand streams, most of what they took.
When many of them have ended, what can be is given back to the system.
"""

import asyncio
import ctypes
import gc
import threading
from collections.abc import Callable

# So many streams fewer than there were are worth a pause of some hundredths of a second.
MIN_CLOSED = 1000
# Seconds after which gRPC has freed what belonged to the last of them.
_DELAY = 2.0


def trim_memory() -> None:
    """Free what only a collection frees, and give free pages back to the system."""
    gc.collect()
    malloc_trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:  # only glibc has it
        # It takes a while, in which it holds no lock of Python's.
        threading.Thread(target=malloc_trim, args=(0,), daemon=True).start()


class MallocTrim:
    """Counts the streams that are open, and calls TRIM once after many have ended."""

    def __init__(self, trim: Callable[[], None] = trim_memory) -> None:
        self._trim = trim
        self._open = 0
        self._most = 0
        self._due: asyncio.TimerHandle | None = None

    def opened(self) -> None:
        """A stream has begun."""
        self._open += 1
        self._most = max(self._most, self._open)

    def closed(self) -> None:
        """A stream has ended."""
        self._open -= 1
        if self._most - self._open >= MIN_CLOSED:
            if self._due is not None:
                self._due.cancel()
            self._due = asyncio.get_running_loop().call_later(_DELAY, self._end)

    def _end(self) -> None:
        self._most, self._due = self._open, None
        self._trim()
