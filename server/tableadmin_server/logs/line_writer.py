"""Writes lines to a file descriptor without waiting for the reader."""

import os
import select
import threading
from collections import deque
from collections.abc import Callable

# The largest number of bytes kept for a slow reader.
MAX_KEPT = 1024 * 1024


class LineWriter:
    """Writes whole lines to DESCRIPTOR, from any thread.

    If the reader is slow, up to 1 MB is kept, and a thread writes it in order. Further lines are lost. Then
    the line that LOST returns for their number is written once there is room.
    """

    def __init__(self, descriptor: int, lost: Callable[[int], bytes]) -> None:
        self._descriptor = descriptor
        self._lost = lost
        self._lost_count = 0
        self._kept: deque[memoryview] = deque()
        self._kept_bytes = 0
        self._thread: threading.Thread | None = None
        # Reentrant, because a signal handler or a finalizer may log while its thread writes a line.
        self._lock = threading.RLock()
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def write(self, line: bytes) -> None:
        """Write LINE, or keep it until it can be written."""
        with self._lock:
            rest = memoryview(line)
            if not self._kept:
                rest = self._write_at_once(rest)
            if rest:
                self._keep(rest)

    def flush(self, seconds: float) -> None:
        """Wait until all kept lines are written, for SECONDS at most."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _write_at_once(self, rest: memoryview) -> memoryview:
        """Write as much of REST as there is room for, and return the rest. Without a reader it is dropped."""
        try:
            # A pipe that can be written to has room for PIPE_BUF bytes.
            while rest and self._poll.poll(0):
                rest = rest[os.write(self._descriptor, rest[: select.PIPE_BUF]) :]
        except BlockingIOError:  # another process with the same descriptor has made it non-blocking
            pass
        except OSError:
            return memoryview(b"")
        return rest

    def _keep(self, rest: memoryview) -> None:
        if self._kept_bytes + len(rest) > MAX_KEPT:
            self._lost_count += 1
            return
        self._kept.append(rest)
        self._kept_bytes += len(rest)
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_kept, name="log", daemon=True)
            self._thread.start()

    def _write_kept(self) -> None:
        while True:
            self._poll.poll()
            with self._lock:
                first = self._kept.popleft()
                rest = self._write_at_once(first)
                self._kept_bytes -= len(first) - len(rest)
                if rest:
                    self._kept.appendleft(rest)
                elif not self._kept and not self._keep_lost():
                    self._thread = None
                    return

    def _keep_lost(self) -> bool:
        """Keep the line about lost lines. Returns whether there is one."""
        count, self._lost_count = self._lost_count, 0
        if count:
            line = memoryview(self._lost(count))
            self._kept.append(line)
            self._kept_bytes += len(line)
        return bool(count)
