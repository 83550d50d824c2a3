"""Writes audit records in batches, so that one sync serves many calls."""

import asyncio
import contextlib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import NamedTuple

import structlog
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.security.audit.destination import Destination

# The reason of a call that is refused because its intent can't be written.
UNWRITABLE = "AUDIT_UNWRITABLE"

# Seconds that a write may take. A reader of standard output that does not read would block all changes.
_WRITE_SECONDS = 5.0
# Seconds until records that could not be written are written again.
_RETRY_SECONDS = 5.0
# The size in bytes after which a batch is full, and the largest number of kept records.
_MAX_BATCH = 1_048_576
_MAX_KEPT = 10_000

_log = structlog.get_logger()


class _Waiting(NamedTuple):
    line: bytes
    written: "asyncio.Future[None]"
    since: float


class _Batch(NamedTuple):
    """Lines of one write: first the KEPT lines, then the WAITING ones."""

    kept: Sequence[bytes]
    waiting: Sequence[_Waiting]


_NO_BATCH = _Batch((), ())


class Trail:
    """Writes records to DESTINATION in one thread, in order. Times are in seconds.

    A dedicated thread needs a third of the CPU time of a thread pool and a task for each write. With SHARED
    another thread may write a record itself while the trail is free.
    """

    def __init__(
        self,
        destination: Destination,
        write_seconds: float = _WRITE_SECONDS,
        retry_seconds: float = _RETRY_SECONDS,
        *,
        shared: bool = False,
    ) -> None:
        self._shared = shared
        self._destination = destination
        # Held by the thread that writes to the destination.
        self._writing = threading.Lock()
        # When another thread began to write a record itself; None if no thread does.
        self._writing_since: float | None = None
        self._thread = _Thread(destination, self._writing)
        self._write_seconds = write_seconds
        self._retry_seconds = retry_seconds
        self._waiting: deque[_Waiting] = deque()
        # Records of outcomes that could not be written yet.
        self._kept: deque[bytes] = deque(maxlen=_MAX_KEPT)
        self._is_due = False
        # The batch that is being written; None if there is none, or if its write took too long.
        self._batch: _Batch | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._is_stuck = False
        self._idle = asyncio.Event()
        self._retrying: asyncio.TimerHandle | None = None
        self._failing = False
        # When the first of the kept records was kept.
        self._kept_since = 0.0
        self._counts = Counter(written=0, failed=0, lost=0)
        # The number of records that `write_now` has written.
        self._written_now = 0

    @property
    def counts(self) -> Mapping[str, int]:
        """The numbers of written, failed (also several times) and lost records. Any thread may read this."""
        return {**self._counts, "written": self._counts["written"] + self._written_now}

    @property
    def waiting(self) -> int:
        """The number of records that are not written yet. Any thread may read this."""
        batch = self._batch or _NO_BATCH
        others = self._writing_since is not None
        return len(self._waiting) + len(self._kept) + len(batch.kept) + len(batch.waiting) + others

    @property
    def lag(self) -> float:
        """The seconds for which the oldest unwritten record has waited. Any thread may read this."""
        batch = self._batch or _NO_BATCH
        since = [each.since for each in (*batch.waiting, *list(self._waiting)[:1])]
        if (writing_since := self._writing_since) is not None:
            since.append(writing_since)
        if batch.kept or self._kept:
            since.append(self._kept_since)
        return max(0.0, time.monotonic() - min(since)) if since else 0.0

    @property
    def is_free(self) -> bool:
        """Whether other threads may write: no record is unwritten, and the last write did not fail."""
        return self._shared and not (self.waiting or self._is_stuck or self._failing)

    def write_now(self, line: bytes) -> bool:
        """Write LINE in this thread if no other thread writes. Returns whether LINE is written."""
        if not self._writing.acquire(blocking=False):
            return False
        self._writing_since = time.monotonic()
        try:
            self._destination.write(line)
        except Exception:  # noqa: BLE001  # the caller lets the trail write, which tells the error
            return False
        else:
            self._written_now += 1
            return True
        finally:
            self._writing_since = None
            self._writing.release()

    async def append(self, line: bytes) -> None:
        """Write LINE, to the disk if the destination syncs. Raises Failure (UNAVAILABLE)."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(line, written, time.monotonic()))
        self._write_soon()
        await written

    async def append_or_keep(self, line: bytes) -> None:
        """Write LINE. If this fails, keep LINE and write it before the next records."""
        try:
            await self.append(line)
        except Failure:
            self.keep(line)

    def keep(self, line: bytes) -> None:
        """Keep LINE, and write it before the next records or a few seconds later."""
        if len(self._kept) == _MAX_KEPT:
            self._counts["lost"] += 1
            _log.error("audit record lost", record=self._kept[0].decode())
        if not self._kept:
            self._kept_since = time.monotonic()
        self._kept.append(line)
        self._retry_later()

    async def close(self) -> None:
        """Write the remaining records if possible, and close the destination."""
        self._write_soon()
        await self._idle.wait()
        if self._retrying is not None:
            self._retrying.cancel()
        self._thread.end(wait=not self._is_stuck)

    def _write_soon(self) -> None:
        """Write in the next turn of the event loop, together with the records that come until then."""
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
        """Handle the end of the write of a batch. ERROR is None for a success."""
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
        self._counts["written" if error is None else "failed"] += len(batch.kept) + len(batch.waiting)
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
        """Log once that records can't be written, and once that they are written again."""
        if error is not None and not self._failing:
            _log.error("audit records cannot be written; changes are refused", cause=str(error))
        if error is None and self._failing:
            _log.info("audit records are written again")
        self._failing = error is not None


class _Thread:
    """Writes to DESTINATION, and closes it at the end. The exit of the process does not wait for a write.

    WRITING is held meanwhile.
    """

    def __init__(self, destination: Destination, writing: threading.Lock) -> None:
        self._destination = destination
        self._writing = writing
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)

    def write(self, lines: bytes, ended: Callable[[Exception | None], None]) -> None:
        """Write LINES, then call ENDED in the running loop with the error, None for a success."""
        if not self._thread.is_alive():
            self._thread.start()
        self._work.put(_Work(lines, asyncio.get_running_loop(), ended))

    def end(self, *, wait: bool) -> None:
        """Close the destination after the current write. With WAIT, return after that."""
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
                with self._writing:
                    self._destination.write(work.lines)
            except Exception as raised:  # noqa: BLE001  # otherwise changes would wait for ever
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed
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
