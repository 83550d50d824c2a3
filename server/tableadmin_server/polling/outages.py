"""Outages: times in which the polls of an endpoint fail. Watches report them. No I/O."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure

# Seconds without a failure that end an outage. An endpoint that fails from time to time has one outage.
_RECOVERY_SECONDS = 5.0

_TRANSIENT = frozenset(
    {
        Code.ABORTED,
        Code.DEADLINE_EXCEEDED,
        Code.INTERNAL,
        Code.RESOURCE_EXHAUSTED,
        Code.UNAVAILABLE,
        Code.UNKNOWN,
    }
)
# The endpoint refuses the credentials of the service. These failures last, and do not depend on the table.
_REFUSED = frozenset({Code.PERMISSION_DENIED, Code.UNAUTHENTICATED})


def is_transient(failure: Failure) -> bool:
    """Whether the same read may succeed later."""
    return failure.code in _TRANSIENT


def is_of_the_table(failure: Failure) -> bool:
    """Whether FAILURE is permanent and concerns the table or part that was read, such as a denied read."""
    return not is_transient(failure) and failure.code != Code.UNAUTHENTICATED


@dataclass(frozen=True)
class Outage:
    """An outage: its number, its begin in seconds since 1970, and the message of the first failure."""

    number: int
    since: float
    reason: str


class Outages:
    """The outages of one endpoint, numbered from 1. BEGUN is called when an outage begins."""

    def __init__(self, begun: Callable[[], None]) -> None:
        self._begun = begun
        self._last_failure = float("-inf")
        self.count = 0
        # The numbers of reads that have succeeded and failed.
        self.reads_answered = self.reads_failed = 0
        self.current: Outage | None = None

    @property
    def over(self) -> int:
        """The number of the last outage that is over."""
        return self.count if self.current is None else self.count - 1

    def failed(self, failure: Failure, *, known: bool) -> None:
        """Count a failed read. KNOWN says that the same read has succeeded before."""
        self.reads_failed += 1
        if not is_transient(failure) and not (known and failure.code in _REFUSED):
            return
        self._last_failure = asyncio.get_running_loop().time()
        if self.current is None:
            self.count += 1
            self.current = Outage(self.count, time.time(), failure.message)
            self._begun()

    def answered(self) -> None:
        """Count a successful read. Ends the outage if no read has failed for _RECOVERY_SECONDS."""
        self.reads_answered += 1
        if self.current and asyncio.get_running_loop().time() - self._last_failure >= _RECOVERY_SECONDS:
            self.forget()

    def forget(self) -> None:
        """End the current outage."""
        self.current = None
