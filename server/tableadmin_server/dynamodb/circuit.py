"""The circuit breaker of one endpoint at work: refuses calls, and ends reads, while the endpoint is down."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.circuit_breaker import Admission, CircuitBreaker
from tableadmin_server.dynamodb.client.call_queue import Dropped
from tableadmin_server.dynamodb.client.calls import CallGuard, CallObserver
from tableadmin_server.dynamodb.errors import OUTAGE, is_outage
from tableadmin_server.dynamodb.reachability import Reachability
from tableadmin_server.failure import Failure

# Seconds to wait before another call, at least: many callers wait for one probe.
_RETRY_DELAY = 1.0
# What the newest call without an answer has shown, by its reason.
_SHOWN = {
    "ENDPOINT_UNREACHABLE": "cannot be reached",
    "ENDPOINT_ANSWER_UNREADABLE": "does not answer as DynamoDB does",
    "ENDPOINT_TIMEOUT": "does not respond",
}
# What is logged of a call whose caller has left.
_GIVEN_UP = Failure(Code.DEADLINE_EXCEEDED, "the endpoint did not respond in time", reason="ENDPOINT_TIMEOUT")


class AdmittedCall(CallGuard):
    """A call to the endpoint, which tells CIRCUIT how the call gets on."""

    def __init__(self, circuit: "Circuit", admission: Admission) -> None:
        self._circuit = circuit
        self._loop = asyncio.get_running_loop()
        self.came = circuit.now()
        self.admission = admission

    @property
    def began(self) -> float:
        """When the call was sent, or when it came if it was not sent."""
        return self.came if self.admission.sent is None else self.admission.sent

    def begins(self) -> None:
        """The call is sent now."""
        self._circuit.breaker.sent(self.admission)

    def may_retry(self, error: Exception) -> bool:
        """Whether there may be another try: not while the circuit is open."""
        if is_outage(error):
            self._loop.call_soon_threadsafe(self._circuit.failed, self.admission)
        return self._circuit.breaker.is_closed


class Circuit:
    """The circuit breaker of the endpoint NAME. OPENED is called when the circuit opens.

    OBSERVER learns of the calls that are refused.
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
        # Those who wait in vain once the circuit is open.
        self._waits: set[asyncio.Timeout] = set()
        self._opened = opened
        self._shown = _SHOWN["ENDPOINT_TIMEOUT"]
        self._observer = observer

    def check(self, operation: str) -> None:
        """Raise Failure (UNAVAILABLE) if OPERATION would not be sent now."""
        if not self.breaker.admits:
            raise self._refusal(operation)

    @contextmanager
    def call(self, operation: str) -> Iterator[AdmittedCall]:
        """A call of OPERATION, made within the context; raises Failure (UNAVAILABLE) if it is refused."""
        admission = self.breaker.admit()
        if admission is None:
            raise self._refusal(operation)
        call = AdmittedCall(self, admission)
        try:
            yield call
        except asyncio.CancelledError:
            self._given_up(call)
            raise
        except Dropped:
            raise self.failure(operation, not_sent=admission.sent is None) from None
        finally:
            self.breaker.ended(admission)

    @asynccontextmanager
    async def wait(self) -> AsyncIterator[None]:
        """Raises Dropped within the context when the circuit opens.

        For what nobody needs to wait for then: the answer to a read, or the turn of a call.
        """
        try:
            async with asyncio.timeout(None) as limit:
                self._waits.add(limit)
                try:
                    yield
                finally:
                    self._waits.discard(limit)
        except TimeoutError:
            if not limit.expired():
                raise
            raise Dropped from None

    @property
    def is_up(self) -> bool:
        """Whether the endpoint answers, as far as calls have shown."""
        return self._reachability.is_up

    def answered(self, call: AdmittedCall) -> float:
        """The endpoint has answered CALL; the seconds that CALL took."""
        self.breaker.answered()
        return self._reachability.answered(call.began) - call.came

    def ended(self, call: AdmittedCall, failure: Failure, *, is_answer: bool) -> float:
        """CALL has ended in FAILURE; the seconds it took. IS_ANSWER says that DynamoDB has answered so."""
        if is_answer:
            self.breaker.answered()
        elif failure.reason in OUTAGE:
            self._shown = _SHOWN[failure.reason]
            self.failed(call.admission)
        self._reachability.failed(failure, call.began)
        return self.now() - call.came

    def failed(self, admission: Admission) -> None:
        """A call had no answer."""
        was_closed = self.breaker.is_closed
        self.breaker.failed(admission)
        if was_closed and not self.breaker.is_closed:
            for limit in list(self._waits):
                limit.reschedule(asyncio.get_running_loop().time())
            self._opened()

    def failure(self, operation: str, *, not_sent: bool = True) -> Failure:
        """Why a call of OPERATION is not made, or not waited for."""
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

    def _given_up(self, call: AdmittedCall) -> None:
        """The caller of CALL has left. This counts if the endpoint had time to answer."""
        if self.breaker.had_time(call.admission):
            self.failed(call.admission)
            self._reachability.failed(_GIVEN_UP, call.began)
