"""Applies the circuit breaker of one endpoint: refuses calls and ends reads while the endpoint is down."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.circuit_breaker import CircuitBreaker, TrackedCall
from tableadmin_server.dynamodb.client.call_queue import Dropped
from tableadmin_server.dynamodb.client.calls import CallGuard, CallObserver
from tableadmin_server.dynamodb.errors import OUTAGE, is_outage
from tableadmin_server.dynamodb.reachability import Reachability
from tableadmin_server.failure import Failure

# The least retry delay in seconds that callers get, because many callers wait for one probe.
_RETRY_DELAY = 1.0
# The state of the endpoint in words, by the reason of the newest call without an answer.
_SHOWN = {
    "ENDPOINT_UNREACHABLE": "cannot be reached",
    "ENDPOINT_ANSWER_UNREADABLE": "does not answer as DynamoDB does",
    "ENDPOINT_TIMEOUT": "does not respond",
}
# The failure of a call whose caller has given up.
_GIVEN_UP = Failure(Code.DEADLINE_EXCEEDED, "the endpoint did not respond in time", reason="ENDPOINT_TIMEOUT")


class AdmittedCall(CallGuard):
    """A call of OPERATION to the endpoint, which reports to CIRCUIT. The call is made in its context.

    The context raises Failure (UNAVAILABLE) in place of Dropped.
    """

    def __init__(self, circuit: "Circuit", tracked: TrackedCall, operation: str) -> None:
        self._circuit = circuit
        self._loop = asyncio.get_running_loop()
        self._operation = operation
        self.came = circuit.now()
        self.tracked = tracked

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, asyncio.CancelledError):
                self._circuit.given_up(self)
            elif isinstance(error, Dropped):
                not_sent = self.tracked.sent is None
                raise self._circuit.failure(self._operation, not_sent=not_sent) from None
        finally:
            self._circuit.breaker.ended(self.tracked)

    @property
    def began(self) -> float:
        """When the call was sent, or when it arrived if it was not sent."""
        return self.came if self.tracked.sent is None else self.tracked.sent

    def begins(self) -> None:
        """Note that the call is sent now."""
        self._circuit.breaker.sent(self.tracked)

    def may_retry(self, error: Exception) -> bool:
        """Whether the call may be retried. False while the circuit is open."""
        if is_outage(error):
            self._loop.call_soon_threadsafe(self._circuit.failed, self.tracked)
        return self._circuit.breaker.is_closed


class EndpointWait:
    """A context in which Dropped is raised when the endpoint goes down. WAITS has all open timeouts."""

    def __init__(self, waits: set[asyncio.Timeout]) -> None:
        self._waits = waits
        self._limit = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        self._waits.add(self._limit)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waits.discard(self._limit)
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            raise Dropped from None


class Circuit:
    """The circuit breaker of the endpoint NAME. OPENED is called when the circuit opens.

    OBSERVER is told of refused calls.
    """

    def __init__(
        self,
        name: str,
        threshold: int,
        clock: Callable[[], float],
        opened: Callable[[], None],
        observer: CallObserver,
    ) -> None:
        self._name = name
        self.now = clock
        self.breaker = CircuitBreaker(threshold, clock)
        self._reachability = Reachability(name, clock)
        # The waits that end when the circuit opens.
        self._waits: set[asyncio.Timeout] = set()
        self._opened = opened
        self._shown = _SHOWN["ENDPOINT_TIMEOUT"]
        self._observer = observer

    def check(self, operation: str) -> None:
        """Raise Failure (UNAVAILABLE) if OPERATION would not be sent now."""
        if not self.breaker.admits:
            raise self._refusal(operation)

    def call(self, operation: str) -> AdmittedCall:
        """Return the context of a call of OPERATION. Raises Failure (UNAVAILABLE) if the call is refused."""
        tracked = self.breaker.admit()
        if tracked is None:
            raise self._refusal(operation)
        return AdmittedCall(self, tracked, operation)

    def wait(self) -> EndpointWait:
        """Return a context in which Dropped is raised when the circuit opens.

        For waits that are useless then: for the answer to a read, or for the turn of a call.
        """
        return EndpointWait(self._waits)

    @property
    def is_up(self) -> bool:
        """Whether the endpoint answered the last calls."""
        return self._reachability.is_up

    def answered(self, call: AdmittedCall) -> float:
        """Note that the endpoint has answered CALL. Returns the seconds that CALL took."""
        self.breaker.answered()
        return self._reachability.answered(call.began) - call.came

    def ended(self, call: AdmittedCall, failure: Failure, *, is_answer: bool) -> float:
        """Note that CALL ended with FAILURE. Returns its seconds. IS_ANSWER says that DynamoDB answered."""
        if is_answer:
            self.breaker.answered()
        elif failure.reason in OUTAGE:
            self._shown = _SHOWN[failure.reason]
            self.failed(call.tracked)
        self._reachability.failed(failure, call.began)
        return self.now() - call.came

    def failed(self, tracked: TrackedCall) -> None:
        """Note that the call TRACKED had no answer."""
        was_closed = self.breaker.is_closed
        self.breaker.failed(tracked)
        if was_closed and not self.breaker.is_closed:
            for limit in list(self._waits):
                limit.reschedule(asyncio.get_running_loop().time())
            self._opened()

    def failure(self, operation: str, *, not_sent: bool = True) -> Failure:
        """Return the Failure of a call of OPERATION while the endpoint is down."""
        sent = "; the call was not sent" if not_sent else ""
        return Failure(
            Code.UNAVAILABLE,
            f"{operation}: the endpoint {self._name!r} {self._shown}{sent}",
            reason="ENDPOINT_UNREACHABLE",
            metadata={"operation": operation, "endpoint": self._name},
            retry_delay=max(_RETRY_DELAY, self.breaker.retry_delay),
            not_sent=not_sent,
        )

    def _refusal(self, operation: str) -> Failure:
        failure = self.failure(operation)
        self._observer.refused(operation, failure)
        return failure

    def given_up(self, call: AdmittedCall) -> None:
        """Count CALL as not answered if its caller gave up after the endpoint had time to answer."""
        if self.breaker.had_time(call.tracked):
            self.failed(call.tracked)
            self._reachability.failed(_GIVEN_UP, call.began)
