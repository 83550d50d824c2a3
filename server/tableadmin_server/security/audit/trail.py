"""Writes audit records, those that come while others are written together: one sync serves many calls."""

import asyncio
import contextlib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import NamedTuple

import structlog
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.security.audit.destination import Destination

# The reason of calls that are refused because their intent can't be written.
UNWRITABLE = "AUDIT_UNWRITABLE"

# Seconds that a write may take; a reader of standard output that does not read would hold up all changes.
_WRITE_SECONDS = 5.0
# Seconds until records are tried again that could not be written.
_RETRY_SECONDS = 5.0
# Bytes that are written at once, and records that are kept until they can be written.
_MAX_BATCH = 1_048_576
_MAX_KEPT = 10_000

_log = structlog.get_logger()


class _Waiting(NamedTuple):
    line: bytes
    written: "asyncio.Future[None]"
    since: float


class _Batch(NamedTuple):
    """Lines that are written at once: those KEPT before the WAITING ones."""

    kept: Sequence[bytes]
    waiting: Sequence[_Waiting]


_NO_BATCH = _Batch((), ())


class Trail:
    """Writes records to DESTINATION in one thread, in the order in which they came.

    A thread of its own costs a third of what a pool and a task for each write cost.
    """

    def __init__(
        self,
        destination: Destination,
        write_seconds: float = _WRITE_SECONDS,
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        self._thread = _Thread(destination)
        self._write_seconds = write_seconds
        self._retry_seconds = retry_seconds
        self._waiting: deque[_Waiting] = deque()
        # Records of what has happened that could not be written yet.
        self._kept: deque[bytes] = deque(maxlen=_MAX_KEPT)
        self._is_due = False
        # What is being written; None for nothing, or for a write that took too long.
        self._batch: _Batch | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._is_stuck = False
        self._idle = asyncio.Event()
        self._retrying: asyncio.TimerHandle | None = None
        self._failing = False
        # Since when there are records that are kept.
        self._kept_since = 0.0
        # Records by outcome: written, tried in vain, given up.
        self.counts = Counter(written=0, failed=0, lost=0)

    @property
    def waiting(self) -> int:
        """The records that are not written yet; may be asked in any thread."""
        batch = self._batch or _NO_BATCH
        return len(self._waiting) + len(self._kept) + len(batch.kept) + len(batch.waiting)

    @property
    def lag(self) -> float:
        """Seconds for which the oldest record waits that is not written yet; may be asked in any thread."""
        batch = self._batch or _NO_BATCH
        since = [each.since for each in (*batch.waiting, *list(self._waiting)[:1])]
        if batch.kept or self._kept:
            since.append(self._kept_since)
        return max(0.0, time.monotonic() - min(since)) if since else 0.0

    async def append(self, line: bytes) -> None:
        """Write LINE, on the disk where the destination syncs; raises Failure (UNAVAILABLE)."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(line, written, time.monotonic()))
        self._write_soon()
        await written

    async def append_or_keep(self, line: bytes) -> None:
        """Write LINE; where that is not possible, keep LINE and write it before the next records."""
        try:
            await self.append(line)
        except Failure:
            self.keep(line)

    def keep(self, line: bytes) -> None:
        """Write LINE before the next records, or by itself a few seconds later."""
        if len(self._kept) == _MAX_KEPT:
            self.counts["lost"] += 1
            _log.error("audit record lost", record=self._kept[0].decode())
        if not self._kept:
            self._kept_since = time.monotonic()
        self._kept.append(line)
        self._retry_later()

    async def close(self) -> None:
        """Write what is left, if that is possible, and let go of the destination."""
        self._write_soon()
        await self._idle.wait()
        if self._retrying is not None:
            self._retrying.cancel()
        self._thread.end(wait=not self._is_stuck)

    def _write_soon(self) -> None:
        """Write in the next turn of the event loop: what comes in this one is written with it."""
        self._idle.clear()
        if not self._is_due and self._batch is None:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._write_next)

    def _retry_later(self) -> None:
        if self._retrying is None:
            self._retrying = asyncio.get_running_loop().call_later(self._retry_seconds, self._retry)

    def _retry(self) -> None:
        self._retrying = None
        self._write_soon()

    def _write_next(self) -> None:
        self._is_due = False
        while self._waiting or self._kept:
            batch = self._next_batch()
            if not self._is_stuck:
                self._begin(batch)
                return
            self._end(batch, TimeoutError("the last write has not ended"))
            if not self._waiting:
                break
        self._idle.set()

    def _next_batch(self) -> _Batch:
        waiting, size = [], 0
        while self._waiting and size < _MAX_BATCH:
            waiting.append(self._waiting.popleft())
            size += len(waiting[-1].line)
        kept = tuple(self._kept)
        self._kept.clear()
        return _Batch(kept, waiting)

    def _begin(self, batch: _Batch) -> None:
        self._batch = batch
        self._limit = asyncio.get_running_loop().call_later(self._write_seconds, self._took_too_long)
        lines = b"".join([*batch.kept, *(each.line for each in batch.waiting)])
        self._thread.write(lines, self._ended)

    def _took_too_long(self) -> None:
        self._is_stuck = True
        self._finish(TimeoutError(f"the write took longer than {self._write_seconds:g} s"))

    def _ended(self, error: Exception | None) -> None:
        """The thread has written the batch, or has failed to."""
        if self._is_stuck:
            self._is_stuck = False
            return
        if self._limit is not None:
            self._limit.cancel()
        self._finish(error)

    def _finish(self, error: Exception | None) -> None:
        batch, self._batch = self._batch, None
        if batch is not None:
            self._end(batch, error)
        if self._waiting:
            self._write_next()
        else:
            self._idle.set()

    def _end(self, batch: _Batch, error: Exception | None) -> None:
        self._note(error)
        self.counts["written" if error is None else "failed"] += len(batch.kept) + len(batch.waiting)
        if error is not None and batch.kept:
            self._kept.extendleft(reversed(batch.kept))
            self._retry_later()
        for each in batch.waiting:
            if each.written.done():
                continue
            if error is None:
                each.written.set_result(None)
            else:
                each.written.set_exception(_unwritable(error))

    def _note(self, error: Exception | None) -> None:
        """Log once that records can't be written, and once that they can be again."""
        if error is not None and not self._failing:
            _log.error("audit records cannot be written; changes are refused", cause=str(error))
        if error is None and self._failing:
            _log.info("audit records are written again")
        self._failing = error is not None


class _Thread:
    """Writes to DESTINATION, and closes it in the end. The end of the process does not wait for a write."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)

    def write(self, lines: bytes, ended: Callable[[Exception | None], None]) -> None:
        """Write LINES, then call ENDED in the running loop with what went wrong, None for nothing."""
        if not self._thread.is_alive():
            self._thread.start()
        self._work.put(_Work(lines, asyncio.get_running_loop(), ended))

    def end(self, *, wait: bool) -> None:
        """Close the destination, once what is being written is written; return then if WAIT."""
        if not self._thread.is_alive():
            self._destination.close()
            return
        self._work.put(None)
        if wait:
            self._thread.join()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            error: Exception | None = None
            try:
                self._destination.write(work.lines)
            except Exception as raised:  # noqa: BLE001  # a change must not wait for ever
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                work.loop.call_soon_threadsafe(work.ended, error)
        self._destination.close()


class _Work(NamedTuple):
    lines: bytes
    loop: asyncio.AbstractEventLoop
    ended: Callable[[Exception | None], None]


def _unwritable(error: Exception) -> Failure:
    failure = Failure(
        Code.UNAVAILABLE,
        "the audit record cannot be written, so nothing was changed; the log of the server says why",
        reason=UNWRITABLE,
        not_sent=True,
        retry_delay=5.0,
    )
    failure.__cause__ = error
    return failure
