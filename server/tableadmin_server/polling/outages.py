"""Times in which an endpoint could not be asked, so that watches can say so. No I/O."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure

# Seconds of success that end an outage: an endpoint that fails now and then has one outage, not many.
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
# The service is refused, for want of credentials or rights: it lasts, but it does not lie with the read.
_REFUSED = frozenset({Code.PERMISSION_DENIED, Code.UNAUTHENTICATED})


def is_transient(failure: Failure) -> bool:
    """Whether the same read may succeed later."""
    return failure.code in _TRANSIENT


def is_of_the_table(failure: Failure) -> bool:
    """Whether it lies with the table or the part that is read, which may be forbidden, and will last."""
    return not is_transient(failure) and failure.code != Code.UNAUTHENTICATED


@dataclass(frozen=True)
class Outage:
    """A time in which the endpoint could not be asked: its number, when it began (epoch seconds), and why."""

    number: int
    since: float
    reason: str


class Outages:
    """The outages of one endpoint, numbered from 1; BEGUN is called when one begins."""

    def __init__(self, begun: Callable[[], None]) -> None:
        self._begun = begun
        self._last_failure = float("-inf")
        self.count = 0
        # Reads that have succeeded and failed.
        self.reads_answered = self.reads_failed = 0
        self.current: Outage | None = None

    @property
    def over(self) -> int:
        """How many are over: the number of the last one that is."""
        return self.count if self.current is None else self.count - 1

    def failed(self, failure: Failure, *, known: bool) -> None:
        """A read has failed; KNOWN says that the same read has succeeded before."""
        self.reads_failed += 1
        if not is_transient(failure) and not (known and failure.code in _REFUSED):
            return
        self._last_failure = asyncio.get_running_loop().time()
        if self.current is None:
            self.count += 1
            self.current = Outage(self.count, time.time(), failure.message)
            self._begun()

    def answered(self) -> None:
        """A read has succeeded: the outage is over when no other has failed for a while."""
        self.reads_answered += 1
        if self.current and asyncio.get_running_loop().time() - self._last_failure >= _RECOVERY_SECONDS:
            self.forget()

    def forget(self) -> None:
        """Take the outage for over: nobody has looked for a while."""
        self.current = None
