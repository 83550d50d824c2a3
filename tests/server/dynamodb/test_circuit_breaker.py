"""When a circuit breaker admits calls, refuses calls and lets a probe through."""

from tableadmin_server.dynamodb.circuit_breaker import THRESHOLD, CircuitBreaker, TrackedCall


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        """The moment."""
        return self.now


def sent(breaker: CircuitBreaker) -> TrackedCall:
    """A call that BREAKER admits, and that is sent."""
    call = breaker.admit()
    assert call is not None
    breaker.sent(call)
    return call


def fail(breaker: CircuitBreaker, calls: int = 1) -> None:
    """Make so many CALLS that have no answer."""
    for _ in range(calls):
        call = sent(breaker)
        breaker.failed(call)
        breaker.ended(call)


def opened() -> tuple[CircuitBreaker, Clock]:
    """A circuit that is open."""
    clock = Clock()
    breaker = CircuitBreaker(THRESHOLD, clock)
    fail(breaker, THRESHOLD)
    assert not breaker.admits
    return breaker, clock


def test_failures_in_a_row() -> None:
    """The circuit opens after as many failures in a row as the threshold; an answer begins a new count."""
    clock = Clock()
    breaker = CircuitBreaker(THRESHOLD, clock)
    fail(breaker, THRESHOLD - 1)
    breaker.answered()
    fail(breaker, THRESHOLD - 1)
    assert breaker.admits
    fail(breaker)
    assert breaker.admit() is None


def test_tries_of_one_call() -> None:
    """All tries of one call count as one failure."""
    breaker = CircuitBreaker(2, Clock())
    call = sent(breaker)
    for _ in range(5):
        breaker.failed(call)
    assert breaker.is_closed


def test_calls_sent_before_an_answer() -> None:
    """A call that was sent before the newest answer, and fails, says nothing about the endpoint."""
    clock = Clock()
    breaker = CircuitBreaker(1, clock)
    slow = sent(breaker)
    clock.now += 1
    breaker.answered()
    clock.now += 1
    breaker.failed(slow)
    assert breaker.is_closed


def test_calls_that_were_not_sent() -> None:
    """A call that was not sent is no failure, however long it has waited."""
    clock = Clock()
    breaker = CircuitBreaker(1, clock)
    call = breaker.admit()
    assert call is not None
    clock.now += 60
    assert not breaker.had_time(call)
    breaker.failed(call)
    assert breaker.is_closed


def test_calls_that_are_given_up() -> None:
    """An endpoint has had time to answer a call that is given up a second after the call was sent."""
    clock = Clock()
    breaker = CircuitBreaker(1, clock)
    call = sent(breaker)
    clock.now += 0.9
    assert not breaker.had_time(call)
    clock.now += 0.1
    assert breaker.had_time(call)


def test_one_probe_at_a_time() -> None:
    """When the delay is over, one call is admitted and the others are refused until that call has ended."""
    breaker, clock = opened()
    clock.now += breaker.retry_delay
    probe = sent(breaker)
    assert probe.is_probe
    assert [None] * 3 == [breaker.admit() for _ in range(3)]
    breaker.failed(probe)
    breaker.ended(probe)
    assert breaker.admit() is None
    clock.now += breaker.retry_delay
    assert breaker.admits


def test_delays_between_probes() -> None:
    """The delay doubles with each probe that fails, up to 2 s, and is short again after an answer."""
    breaker, clock = opened()
    delays = []
    for _ in range(6):
        delays.append(breaker.retry_delay)
        clock.now += breaker.retry_delay
        fail(breaker)
    breaker.answered()
    fail(breaker, THRESHOLD)
    assert [0.25, 0.5, 1, 2, 2, 2, 0.25] == [*delays, breaker.retry_delay]


def test_an_answer_closes_the_circuit() -> None:
    """The answer to any call closes the circuit at once, for all calls."""
    breaker, clock = opened()
    clock.now += breaker.retry_delay
    sent(breaker)
    breaker.answered()
    calls = [sent(breaker) for _ in range(100)]
    assert not any(call.is_probe for call in calls)


def test_a_probe_without_a_result() -> None:
    """After a probe that ended without being sent, or whose caller left at once, the next call is a probe."""
    breaker, clock = opened()
    clock.now += breaker.retry_delay
    probe = breaker.admit()
    assert probe is not None
    breaker.ended(probe)
    assert breaker.admits
    assert sent(breaker).is_probe


def test_old_failures_of_an_open_circuit() -> None:
    """Calls that were sent before the circuit opened, and fail later, do not delay the probe."""
    clock = Clock()
    breaker = CircuitBreaker(THRESHOLD, clock)
    calls = [sent(breaker) for _ in range(THRESHOLD + 3)]
    for call in calls[:THRESHOLD]:
        breaker.failed(call)
    before = breaker.retry_delay
    clock.now += 0.1
    for call in calls[THRESHOLD:]:
        breaker.failed(call)
    assert round(before - 0.1, 6) == round(breaker.retry_delay, 6)
