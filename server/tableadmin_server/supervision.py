"""Background loops that survive their own failures, and what their failures say about the server's health."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

T = TypeVar("T")

# So many failures in a row make the server unhealthy.
BOUND = 5
# Seconds until the next try: after the first failure, and at most.
_FIRST_DELAY, LONGEST_DELAY = 0.25, 30.0

_log = structlog.get_logger()


def _ignore(_: bool) -> None:  # noqa: FBT001  # the signature of a callback
    """Do nothing."""


class Supervisor:
    """Runs background work that must not end because of an exception.

    Each exception is logged with the name of the work, and the work is tried again after a delay that doubles
    from failure to failure. ON_CHANGE is called on the event loop with False when some work has failed BOUND
    times in a row while all other work was below the bound, and with True when no work is past it any more.
    """

    def __init__(self, on_change: Callable[[bool], None] = _ignore) -> None:
        self._on_change = on_change
        # The work that is past the bound.
        self._failing: set[object] = set()
        # The failures of all time, by the name of the work, 0 of work that has not failed.
        self.failures: Counter[str] = Counter()

    @property
    def healthy(self) -> bool:
        """Whether no work is past the bound."""
        return not self._failing

    async def repeat(
        self, name: str, work: Callable[[], Awaitable[None]], *, longest_delay: float = LONGEST_DELAY
    ) -> None:
        """Do WORK again and again, until cancelled; see `complete`."""
        failures = self._begun(name, longest_delay)
        try:
            while True:
                await self._tried(failures, work)
        finally:
            self._forget(failures)

    async def complete(
        self, name: str, work: Callable[[], Awaitable[T]], *, longest_delay: float = LONGEST_DELAY
    ) -> T:
        """Do WORK until it raises no exception; what it returns. Delays are LONGEST_DELAY seconds at most."""
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
        """What WORK returned; None when it failed, after the delay."""
        try:
            done = await work()
        except Exception as error:  # noqa: BLE001  # what is not known in advance must not end the work
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
        """Log one more; seconds until the next try."""
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
