"""Returns the memory of ended streams to the operating system.

Python and glibc keep freed memory for later use: after ten thousand streams most of their memory. When many
streams have ended, the server returns what it can.
"""

import asyncio
import ctypes
import gc
import threading
from collections.abc import Callable

# A trim pauses the server for some hundredths of a second, so it needs at least so many ended streams.
MIN_CLOSED = 1000
# Seconds after which gRPC has freed the memory of the last ended stream.
_DELAY = 2.0


def trim_memory() -> None:
    """Collect garbage, and return free pages to the operating system."""
    gc.collect()
    malloc_trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:  # only glibc has it
        # The call takes a while and does not hold the GIL.
        threading.Thread(target=malloc_trim, args=(0,), daemon=True).start()


class MallocTrim:
    """Counts open streams, and calls TRIM after many have ended."""

    def __init__(self, trim: Callable[[], None] = trim_memory) -> None:
        self._trim = trim
        self._open = 0
        self._most = 0
        self._due: asyncio.TimerHandle | None = None

    def opened(self) -> None:
        """Count a new stream."""
        self._open += 1
        self._most = max(self._most, self._open)

    def closed(self) -> None:
        """Count an ended stream."""
        self._open -= 1
        if self._most - self._open >= MIN_CLOSED:
            if self._due is not None:
                self._due.cancel()
            self._due = asyncio.get_running_loop().call_later(_DELAY, self._end)

    def _end(self) -> None:
        self._most, self._due = self._open, None
        self._trim()
