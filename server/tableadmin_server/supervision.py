"""Runs background loops that continue after exceptions, and reports their failures to health checks."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

T = TypeVar("T")

# After so many failures in a row the server is unhealthy.
BOUND = 5
# Seconds until a retry: after the first failure, and at most.
_FIRST_DELAY, LONGEST_DELAY = 0.25, 30.0

_log = structlog.get_logger()


def _ignore(_: bool) -> None:  # noqa: FBT001  # the signature of a callback
    """Do nothing."""


class Supervisor:
    """Runs background work that must not end because of an exception.

    Each exception is logged with the name of the work, and the work is retried after a delay that doubles
    with each failure. ON_CHANGE is called on the event loop when `healthy` changes: with False when the first
    work has failed BOUND times in a row, with True when no such work is left.
    """

    def __init__(self, on_change: Callable[[bool], None] = _ignore) -> None:
        self._on_change = on_change
        # The work that has failed BOUND times in a row or more.
        self._failing: set[object] = set()
        # The number of all failures by the name of the work, 0 for work without failures.
        self.failures: Counter[str] = Counter()

    @property
    def healthy(self) -> bool:
        """Whether no work has failed BOUND times in a row."""
        return not self._failing

    async def repeat(
        self, name: str, work: Callable[[], Awaitable[None]], *, longest_delay: float = LONGEST_DELAY
    ) -> None:
        """Do WORK again and again until cancelled, with retries as in `complete`."""
        failures = self._begun(name, longest_delay)
        try:
            while True:
                await self._tried(failures, work)
        finally:
            self._forget(failures)

    async def complete(
        self, name: str, work: Callable[[], Awaitable[T]], *, longest_delay: float = LONGEST_DELAY
    ) -> T:
        """Do WORK until it raises no exception, and return its result. LONGEST_DELAY is in seconds."""
        failures = self._begun(name, longest_delay)
        try:
            while not (done := await self._tried(failures, work)):
                continue
        finally:
            self._forget(failures)
        return done[0]

    def _begun(self, name: str, longest_delay: float) -> "_Failures":
        self.failures[name] += 0
        return _Failures(name, longest_delay)

    async def _tried(self, failures: "_Failures", work: Callable[[], Awaitable[T]]) -> tuple[T] | None:
        """Do WORK once: a tuple with its result; None after a failure and the delay."""
        try:
            done = await work()
        except Exception as error:  # noqa: BLE001  # no exception may end the work
            delay = failures.another(error)
            self.failures[failures.name] += 1
            if failures.in_a_row == BOUND:
                self._update(lambda: self._failing.add(failures))
            await asyncio.sleep(delay)
            return None
        if failures.in_a_row:
            failures.over()
            self._forget(failures)
        return (done,)

    def _forget(self, failures: "_Failures") -> None:
        self._update(lambda: self._failing.discard(failures))

    def _update(self, change: Callable[[], None]) -> None:
        before = self.healthy
        change()
        if self.healthy != before:
            self._on_change(self.healthy)


class _Failures:
    """The failures in a row of the work NAME."""

    def __init__(self, name: str, longest_delay: float) -> None:
        self.name = name
        self._longest_delay = longest_delay
        self.in_a_row = 0

    def another(self, error: Exception) -> float:
        """Count and log a failure, and return the seconds until the retry."""
        self.in_a_row += 1
        delay = min(self._longest_delay, _FIRST_DELAY * 2.0 ** min(self.in_a_row - 1, 20))
        _log.error(
            "background loop failed", loop=self.name, failures=self.in_a_row, retry_in=delay, exc_info=error
        )
        return delay

    def over(self) -> None:
        """Log that the work has succeeded again."""
        _log.info("background loop recovered", loop=self.name, failures=self.in_a_row)
        self.in_a_row = 0
