"""Tracks whether an endpoint answers, and logs once when it goes down and once when it comes back. No I/O."""

from collections.abc import Callable

import structlog

from tableadmin_server.dynamodb.errors import OUTAGE
from tableadmin_server.failure import Failure

# Seconds without a failure after which a success ends an outage. An endpoint that fails from time to time is
# logged once.
_RECOVERY_SECONDS = 5.0

_log = structlog.get_logger()


class Reachability:
    """Whether the endpoint NAME answers. CLOCK tells seconds."""

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self._name = name
        self._clock = clock
        self._answered = float("-inf")
        self._failed = float("-inf")
        self._down_since: float | None = None

    def now(self) -> float:
        """Return the current time of the clock."""
        return self._clock()

    @property
    def is_up(self) -> bool:
        """Whether the endpoint answered the last calls."""
        return self._down_since is None

    def answered(self, began: float) -> float:
        """Note an answer, also an error, to a call that began at BEGAN. Returns the current time."""
        self._answered = self._clock()
        is_over = began > self._failed and self._answered - self._failed >= _RECOVERY_SECONDS
        if self._down_since is not None and is_over:
            seconds = round(self._answered - self._down_since, 3)
            self._down_since = None
            _log.info("endpoint came back", endpoint=self._name, seconds=seconds)
        return self._answered

    def failed(self, failure: Failure, began: float) -> None:
        """Note that a call that began at BEGAN ended with FAILURE.

        An endpoint that has answered another call since BEGAN is not down.
        """
        if failure.metadata.get("aws_request_id"):
            self.answered(began)
        if failure.reason not in OUTAGE or self._answered >= began:
            return
        self._failed = self._clock()
        if self._down_since is None:
            self._down_since = self._failed
            _log.warning("endpoint went down", endpoint=self._name, reason=failure.reason)
