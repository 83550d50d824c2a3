"""Counts the events of the server with prometheus_client. Other modules call these observers."""

from collections.abc import Callable, Sequence
from functools import cache

import prometheus_client as prometheus
from google.rpc.code_pb2 import Code
from prometheus_client import CollectorRegistry

from tableadmin_server.dynamodb.client.calls import CallObserver
from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.metrics import RpcObserver
from tableadmin_server.metrics import definitions
from tableadmin_server.metrics.definitions import Metric
from tableadmin_server.operations.execution.observer import OperationObserver
from tableadmin_server.operations.storage.record import State

# The labels of unknown methods, whose names callers choose.
_UNKNOWN = ("unary", "unknown", "unknown")
# Codes whose names in Go do not follow the rule of `go_name`.
_NAMES_IN_GO = {"OK": "OK", "CANCELLED": "Canceled"}


@cache
def go_name(code: int) -> str:
    """Return the name of a gRPC code in Go, such as NotFound, as go-grpc-prometheus and dashboards use it."""
    name = Code.Name(code)
    return _NAMES_IN_GO.get(name, name.title().replace("_", ""))


class Rpcs:
    """Counts the calls of all RPCs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._started = _counter(definitions.RPCS_STARTED, registry)
        self._handled = _counter(definitions.RPCS_HANDLED, registry)
        self._received = _counter(definitions.RPC_MESSAGES_RECEIVED, registry)
        self._sent = _counter(definitions.RPC_MESSAGES_SENT, registry)
        self._handling = _histogram(definitions.RPCS_HANDLING, registry)
        self._in_progress = _gauge(definitions.RPCS_IN_PROGRESS, registry)

    def of(self, grpc_type: str, service: str, method: str) -> RpcObserver:
        """Return the observer of METHOD."""
        labels = (grpc_type, service, method)
        return _Rpc(
            labels,
            self._started.labels(*labels),
            self._received.labels(*labels),
            self._sent.labels(*labels),
            self._handled,
            self._handling.labels(*labels),
            self._in_progress.labels(*labels),
        )

    def unknown(self) -> None:
        """Count a call of a method that the server does not have."""
        self._started.labels(*_UNKNOWN).inc()
        self._handled.labels(*_UNKNOWN, go_name(Code.UNIMPLEMENTED)).inc()


class _Rpc(RpcObserver):
    """Counts the calls of one RPC. It keeps the labelled metrics, whose lookup would triple the cost."""

    def __init__(
        self,
        labels: tuple[str, str, str],
        started: prometheus.Counter,
        received: prometheus.Counter,
        sent: prometheus.Counter,
        handled: prometheus.Counter,
        handling: prometheus.Histogram,
        in_progress: prometheus.Gauge,
    ) -> None:
        self._started = started
        self._received = received
        self._sent = sent
        self._handling = handling
        self._in_progress = in_progress
        self._handled = cache(lambda code: handled.labels(*labels, go_name(code)))
        self._handled(Code.OK)

    def began(self) -> None:
        self._started.inc()
        self._in_progress.inc()

    def received(self) -> None:
        self._received.inc()

    def sent(self) -> None:
        self._sent.inc()

    def ended(self, code: int, seconds: float) -> None:
        self._in_progress.dec()
        self._handled(code).inc()
        self._handling.observe(seconds)


class EndpointCalls:
    """Counts the calls to all endpoints."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = _counter(definitions.ENDPOINT_CALLS, registry)
        self._latency = _histogram(definitions.ENDPOINT_LATENCY, registry)
        self._requests = _counter(definitions.ENDPOINT_REQUESTS, registry)
        self._throttled = _counter(definitions.ENDPOINT_THROTTLED, registry)
        self._refused = _counter(definitions.ENDPOINT_REFUSED, registry)

    def of(self, endpoint: str) -> CallObserver:
        """Return the observer of the calls to ENDPOINT."""
        return _EndpointCalls(
            cache(lambda operation, code: self._calls.labels(endpoint, operation, go_name(code))),
            cache(lambda operation: self._throttled.labels(endpoint, operation)),
            self._latency.labels(endpoint),
            self._requests.labels(endpoint),
            cache(lambda reason: self._refused.labels(endpoint, reason)),
        )


class _EndpointCalls(CallObserver):
    """Counts the calls to one endpoint."""

    def __init__(
        self,
        calls: Callable[[str, int], prometheus.Counter],
        throttled: Callable[[str], prometheus.Counter],
        latency: prometheus.Histogram,
        requests: prometheus.Counter,
        refused: Callable[[str], prometheus.Counter],
    ) -> None:
        self._calls = calls
        self._throttled = throttled
        self._latency = latency
        self._refused = refused
        self._requests = requests

    def sent(self) -> None:
        self._requests.inc()

    def answered(self, operation: str, seconds: float) -> None:
        self._calls(operation, Code.OK).inc()
        self._latency.observe(seconds)

    def failed(self, operation: str, failure: Failure, seconds: float) -> None:
        self._calls(operation, failure.code).inc()
        self._latency.observe(seconds)
        if failure.code == Code.RESOURCE_EXHAUSTED and failure.retry_delay is not None:
            self._throttled(operation).inc()

    def refused(self, operation: str, failure: Failure) -> None:
        self._calls(operation, failure.code).inc()
        self._refused(failure.reason).inc()

    def dropped(self, operation: str) -> None:
        self._calls(operation, Code.CANCELLED).inc()


class OperationEvents:
    """Counts the events of operations."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = _counter(definitions.OPERATIONS_ENDED, registry)
        self._duration = _histogram(definitions.OPERATION_DURATION, registry)
        self._steps = _histogram(definitions.STEP_DURATION, registry)
        self._takeovers = _counter(definitions.TAKEOVERS, registry)
        self._renewals = _counter(definitions.LEASE_RENEWALS, registry)

    def of(self, endpoint: str) -> OperationObserver:
        """Return the observer of the operations of ENDPOINT.

        Each state in which operations end has a series with 0 from the start, because Prometheus sees no
        increase in a series that begins with 1.
        """
        for state in State:
            if state.ended:
                self._ended.labels(endpoint, state.value)
        return _OperationEvents(
            endpoint,
            self._ended,
            self._duration,
            self._steps,
            self._takeovers.labels(endpoint),
            tuple(self._renewals.labels(endpoint, outcome) for outcome in ("failed", "written")),
        )


class _OperationEvents(OperationObserver):
    """Counts the events of the operations of one endpoint, which are rare: labels are looked up each time."""

    def __init__(
        self,
        endpoint: str,
        ended: prometheus.Counter,
        duration: prometheus.Histogram,
        steps: prometheus.Histogram,
        takeovers: prometheus.Counter,
        renewals: Sequence[prometheus.Counter],
    ) -> None:
        self._endpoint = endpoint
        self._ended = ended
        self._duration = duration
        self._steps = steps
        self._renewals = renewals
        self._takeovers = takeovers

    def taken_over(self) -> None:
        self._takeovers.inc()

    def ended(self, state: State, seconds: float) -> None:
        self._ended.labels(self._endpoint, state.value).inc()
        self._duration.labels(self._endpoint, state.value).observe(seconds)

    def step_ended(self, operation: str, seconds: float) -> None:
        self._steps.labels(self._endpoint, operation).observe(seconds)

    def heartbeat(self, *, written: bool) -> None:
        self._renewals[written].inc()


class EventLag:
    """Measures the lag of watch events."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = _histogram(definitions.EVENT_LAG, registry)

    def of(self, endpoint: str) -> Callable[[float], None]:
        """Return a function that records the lag of an event of ENDPOINT, in seconds."""
        return self._lag.labels(endpoint).observe


def _counter(metric: Metric, registry: CollectorRegistry) -> prometheus.Counter:
    return prometheus.Counter(metric.name, metric.meaning, metric.labels, registry=registry)


def _gauge(metric: Metric, registry: CollectorRegistry) -> prometheus.Gauge:
    return prometheus.Gauge(metric.name, metric.meaning, metric.labels, registry=registry)


def _histogram(metric: Metric, registry: CollectorRegistry) -> prometheus.Histogram:
    return prometheus.Histogram(
        metric.name, metric.meaning, metric.labels, registry=registry, buckets=metric.buckets
    )
