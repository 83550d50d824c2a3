"""A change whose records are written by the thread that makes the change.

A hand-over to the thread of the trail and back takes longer than the write itself.
"""

import threading
import time
from contextvars import ContextVar

from tableadmin_server.security.audit import record
from tableadmin_server.security.audit.record import Activity, Outcome
from tableadmin_server.security.audit.trail import Trail


class RecordedChange:
    """The change ACTIVITY, which POLICIES permitted, with its records in TRAIL.

    The intent must be written before the change is sent.
    """

    def __init__(self, trail: Trail, activity: Activity, policies: tuple[str, ...]) -> None:
        self._trail = trail
        self._activity = activity
        self._policies = policies
        self._began = time.monotonic()
        self._intent = record.intent(activity, time.time())
        # Held for ever by who writes the intent first: the thread of the change, or `end`.
        self._intent_taken = threading.Lock()
        self._is_intended = False
        self._is_over = False
        # Whether the outcome is written.
        self.is_concluded = False

    def intend(self) -> bool:
        """Write the intent in this thread if it is not written. Returns whether the change may be sent.

        It may not if the intent could not be written now, or if the call has ended.
        """
        if self._intent_taken.acquire(blocking=False):
            self._is_intended = self._trail.write_now(self._intent)
        return self._is_intended and not self._is_over

    async def append_intent(self) -> None:
        """Write the intent that `intend` could not write. Raises Failure (UNAVAILABLE)."""
        await self._trail.append(self._intent)
        self._is_intended = True

    def conclude(self, aws_request_id: str) -> None:
        """Write in this thread that the change was made, if the trail is free and the call has not ended."""
        if self._is_over:
            return
        seconds = time.monotonic() - self._began
        outcome = Outcome(aws_request_id=aws_request_id, policies=self._policies, seconds=seconds)
        self.is_concluded = self._trail.write_now(record.outcome(self._activity, outcome, time.time()))

    def end(self) -> None:
        """Note that the call has ended. An intent that is not written yet is written before the outcome."""
        self._is_over = True
        if self._intent_taken.acquire(blocking=False):
            self._trail.keep(self._intent)


_change: ContextVar[RecordedChange | None] = ContextVar("recorded_change", default=None)


def recorded_change() -> RecordedChange | None:
    """Return the current task's change if the thread that makes the change must write its records."""
    return _change.get()


def set_recorded_change(change: RecordedChange | None) -> None:
    """Set the current task's change, for `recorded_change`."""
    _change.set(change)
