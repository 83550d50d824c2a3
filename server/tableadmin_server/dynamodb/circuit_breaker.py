"""A circuit breaker, which decides whether calls to an endpoint are made. No I/O.

While the circuit is closed, all calls are made. After several calls in a row without an answer the circuit
opens, and calls are refused. From time to time one call, the probe, is still made. The first answer closes
the circuit. https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

# Half open: the probe is being made.
State: TypeAlias = Literal["closed", "open", "half_open"]
STATES: tuple[State, ...] = get_args(State)

# The circuit opens after so many calls in a row without an answer, or fewer if fewer can be under way.
THRESHOLD = 5
# Seconds from a failure to the next probe: after the circuit has opened, and at most. The delay doubles.
_FIRST_DELAY, LONGEST_DELAY = 0.25, 2.0
# Seconds after which a call counts as not answered if its caller gives up the call.
_ANSWER_SECONDS = 1.0


@dataclass(eq=False)
class TrackedCall:
    """A call that may be made. SENT is when it was sent, None before that."""

    is_probe: bool = False
    sent: float | None = None
    has_failed: bool = False


class CircuitBreaker:
    """The circuit breaker of an endpoint. The circuit opens after THRESHOLD failures. CLOCK tells seconds.

    A failure is a call that was sent and had no answer of DynamoDB. An error that DynamoDB returns is not a
    failure. A failure of a call that was sent before the newest answer does not count.
    """

    def __init__(self, threshold: int, clock: Callable[[], float]) -> None:
        self._threshold = threshold
        self._clock = clock
        self._failures = 0
        self._answered_at = float("-inf")
        self._delay = _FIRST_DELAY
        self._probe_at = 0.0
        self._probe: TrackedCall | None = None
        # Any thread may read this.
        self.is_closed = True

    @property
    def state(self) -> State:
        """The state of the circuit. Any thread may read this."""
        if self.is_closed:
            return "closed"
        return "open" if self._probe is None else "half_open"

    @property
    def admits(self) -> bool:
        """Whether `admit` would admit a call now."""
        return self.is_closed or (self._probe is None and self._clock() >= self._probe_at)

    @property
    def retry_delay(self) -> float:
        """The seconds until the next probe."""
        return self._delay if self._probe else max(0.0, self._probe_at - self._clock())

    def admit(self) -> TrackedCall | None:
        """Return a call that may be made, None if it is refused. Each call is reported to `ended`."""
        if self.is_closed:
            return TrackedCall()
        if not self.admits:
            return None
        self._probe = TrackedCall(is_probe=True)
        return self._probe

    def sent(self, call: TrackedCall) -> None:
        """Note that CALL is sent now."""
        call.sent = self._clock()

    def answered(self) -> None:
        """Close the circuit, because the endpoint has answered a call."""
        self._answered_at = self._clock()
        self._failures = 0
        self._delay = _FIRST_DELAY
        self._probe = None
        self.is_closed = True

    def failed(self, call: TrackedCall) -> None:
        """Note that CALL had no answer. Failures of retries of the same call do not count."""
        if call.has_failed or call.sent is None or call.sent < self._answered_at:
            return
        call.has_failed = True
        if self.is_closed:
            self._failures += 1
            if self._failures >= self._threshold:
                self.is_closed = False
                self._await_probe()
        elif call is self._probe:
            self._delay = min(self._delay * 2, LONGEST_DELAY)
            self._await_probe()

    def had_time(self, call: TrackedCall) -> bool:
        """Whether the endpoint had time to answer CALL until now."""
        return call.sent is not None and self._clock() - call.sent >= _ANSWER_SECONDS

    def ended(self, call: TrackedCall) -> None:
        """Note that CALL is over. After a probe without a result the next call is a probe."""
        if call is self._probe:
            self._probe = None

    def _await_probe(self) -> None:
        self._probe = None
        self._probe_at = self._clock() + self._delay
