"""Writes audit records, those that come while others are written together: one sync serves many calls."""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
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


class Trail:
    """Writes records to DESTINATION in one thread, in the order in which they came."""

    def __init__(
        self,
        destination: Destination,
        write_seconds: float = _WRITE_SECONDS,
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        self._destination = destination
        self._write_seconds = write_seconds
        self._retry_seconds = retry_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._waiting: deque[_Waiting] = deque()
        # Records of what has happened that could not be written yet.
        self._kept: deque[bytes] = deque(maxlen=_MAX_KEPT)
        self._writing: asyncio.Task[None] | None = None
        self._retrying: asyncio.TimerHandle | None = None
        # A write that took too long and has not ended.
        self._stuck: asyncio.Future[None] | None = None
        self._failing = False

    async def append(self, line: bytes) -> None:
        """Write LINE, on the disk where the destination syncs; raises Failure (UNAVAILABLE)."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(line, written))
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
            _log.error("audit record lost", record=self._kept[0].decode())
        self._kept.append(line)
        self._retry_later()

    async def close(self) -> None:
        """Write what is left, if that is possible, and let go of the destination."""
        self._write_soon()
        while self._writing is not None:
            await asyncio.wait({self._writing})
        if self._retrying is not None:
            self._retrying.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._stuck is None:
            self._destination.close()

    def _write_soon(self) -> None:
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())

    def _retry_later(self) -> None:
        if self._retrying is None:
            self._retrying = asyncio.get_running_loop().call_later(self._retry_seconds, self._retry)

    def _retry(self) -> None:
        self._retrying = None
        self._write_soon()

    async def _write_all(self) -> None:
        try:
            if self._kept and not self._waiting:
                await self._write([])
            while self._waiting:
                await self._write(self._next_batch())
        finally:
            self._writing = None

    def _next_batch(self) -> list[_Waiting]:
        batch, size = [], 0
        while self._waiting and size < _MAX_BATCH:
            batch.append(self._waiting.popleft())
            size += len(batch[-1].line)
        return batch

    async def _write(self, batch: list[_Waiting]) -> None:
        kept = list(self._kept)
        self._kept.clear()
        try:
            await self._written(b"".join([*kept, *(each.line for each in batch)]))
        except OSError as error:
            self._kept.extendleft(reversed(kept))
            if kept:
                self._retry_later()
            self._note(error)
            for each in batch:
                if not each.written.done():
                    each.written.set_exception(_unwritable(error))
            return
        self._note(None)
        for each in batch:
            if not each.written.done():
                each.written.set_result(None)

    async def _written(self, lines: bytes) -> None:
        """Write LINES in the thread; raises OSError, TimeoutError if that takes too long."""
        if self._stuck is not None and not self._stuck.done():
            raise TimeoutError("the last write has not ended")
        writing = asyncio.get_running_loop().run_in_executor(self._thread, self._destination.write, lines)
        self._stuck = None
        await asyncio.wait({writing}, timeout=self._write_seconds)
        if not writing.done():
            self._stuck = writing
            # Its exception is of no use any more.
            writing.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            raise TimeoutError(f"the write took longer than {self._write_seconds:g} s")
        writing.result()

    def _note(self, error: OSError | None) -> None:
        """Log once that records can't be written, and once that they can be again."""
        if error is not None and not self._failing:
            _log.error("audit records cannot be written; changes are refused", cause=str(error))
        if error is None and self._failing:
            _log.info("audit records are written again")
        self._failing = error is not None


def _unwritable(error: OSError) -> Failure:
    failure = Failure(
        Code.UNAVAILABLE,
        "the audit record cannot be written, so nothing was changed; the log of the server says why",
        reason=UNWRITABLE,
        retry_delay=5.0,
    )
    failure.__cause__ = error
    return failure
