"""Reads metrics from the state of the server at each scrape, in the thread that answers the scrape.

Dicts are copied in one atomic step, because the event loop may change them meanwhile. A scrape is answered
also while the event loop hangs, which is when an operator needs it most.
"""

import asyncio
import platform
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Protocol, TypeAlias, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tableadmin import __version__
from tableadmin_server.dynamodb.circuit_breaker import STATES
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.listening.certificates import Certificates
from tableadmin_server.metrics import definitions
from tableadmin_server.metrics.definitions import Metric
from tableadmin_server.operations.by_endpoint import OperationsByEndpoint
from tableadmin_server.operations.storage.record import Operation, State
from tableadmin_server.security.audit.audit import Audit
from tableadmin_server.security.authentication.authentication import Authenticators
from tableadmin_server.security.authorization.authorizer import Authorizer
from tableadmin_server.security.limits import Limits
from tableadmin_server.supervision import Supervisor
from tableadmin_server.watching.hubs import Hubs

T = TypeVar("T")

# The values of a metric by the values of its labels.
Values: TypeAlias = Iterable[tuple[tuple[str, ...], float]]

# The longest time in seconds that a scrape waits for the event loop.
_LOOP_SECONDS = 1.0


class SharedRead(Protocol):
    """Counts requested reads, and calls made for them."""

    asked: int
    called: int


@dataclass(frozen=True)
class Sources:
    """The parts of a server with the state. AUTHORIZER is None if no policies are configured."""

    endpoints: Endpoints
    hubs: Hubs
    operations: OperationsByEndpoint
    shared_reads: Mapping[str, SharedRead]
    supervisor: Supervisor
    audit: Audit
    authorizer: Authorizer | None
    authenticators: Authenticators
    limits: Limits
    certificates: Sequence[Certificates]
    is_healthy: Callable[[], bool]
    loop: asyncio.AbstractEventLoop


class StateCollector(Collector):
    """Collects the state of SOURCES."""

    def __init__(self, sources: Sources) -> None:
        self._readings = readings(sources)

    def describe(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Yield the metrics without values, so that nothing is read before the first scrape."""
        yield from map(_family, self._readings)

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Yield the metrics with their current values."""
        for metric, read in self._readings.items():
            family = _family(metric)
            for labels, value in read():
                family.add_metric(labels, value)
            yield family


def readings(sources: Sources) -> Mapping[Metric, Callable[[], Values]]:
    """Return the function that reads the values of each metric."""
    return {
        definitions.READS_ASKED: lambda: _each(sources.shared_reads, lambda read: read.asked),
        definitions.READS_CALLED: lambda: _each(sources.shared_reads, lambda read: read.called),
        **_of_endpoints(sources.endpoints),
        **_of_hubs(sources.hubs),
        **_of_operations(sources.operations),
        **_of_policies(sources.authorizer),
        definitions.FAILED_LOGINS: lambda: _counts(sources.authenticators.failed_logins.counts),
        definitions.CREDENTIAL_LOADS: lambda: _loads(sources.authenticators.loads),
        definitions.LIMITS_REFUSED: lambda: _counts(sources.limits.refused),
        **_of_audit(sources.audit),
        **_of_certificates(sources.certificates),
        definitions.BUILD_INFO: lambda: [(_versions(), 1)],
        definitions.HEALTHY: lambda: [((), sources.is_healthy())],
        definitions.LOOP_FAILURES: lambda: _counts(sources.supervisor.failures),
        definitions.LOOP_DELAY: lambda: [((), _delay(sources.loop))],
        definitions.LOOP_TASKS: lambda: [((), len(asyncio.all_tasks(sources.loop)))],
    }


def _of_endpoints(endpoints: Endpoints) -> Mapping[Metric, Callable[[], Values]]:
    def circuits() -> Values:
        for each in endpoints:
            now = each.circuit_state
            for state in STATES:
                yield (each.name, state), state == now

    return {
        definitions.ENDPOINT_UP: lambda: [((each.name,), each.is_up) for each in endpoints],
        definitions.ENDPOINT_CIRCUIT: circuits,
        definitions.ENDPOINT_HELD: lambda: [((each.name,), each.calls_held) for each in endpoints],
        definitions.ENDPOINT_LIMIT: lambda: [((each.name,), each.calls_limit) for each in endpoints],
        definitions.BUDGET_USED: lambda: [((each.name,), each.background.budget_used) for each in endpoints],
        definitions.BUDGET_WAITING: lambda: [((each.name,), each.background.waiting) for each in endpoints],
    }


def _of_hubs(hubs: Hubs) -> Mapping[Metric, Callable[[], Values]]:
    def loops() -> Values:
        for hub in hubs.all():
            yield (hub.endpoint.name, "table"), hub.tables.watched_count
            yield (hub.endpoint.name, "names"), hub.names.watched
            yield (hub.endpoint.name, "resource"), hub.resources.count

    def polls() -> Values:
        for hub in hubs.all():
            yield (hub.endpoint.name, "answered"), hub.outages.reads_answered
            yield (hub.endpoint.name, "failed"), hub.outages.reads_failed

    return {
        definitions.POLL_LOOPS: loops,
        definitions.POLLS: polls,
        definitions.WATCHERS: lambda: [((hub.endpoint.name,), hub.streams.count) for hub in hubs.all()],
    }


def _of_operations(operations: OperationsByEndpoint) -> Mapping[Metric, Callable[[], Values]]:
    def by_state() -> Values:
        for endpoint, each in operations.all().items():
            states = [operation.status.state for operation in each.held()]
            for state in (State.PENDING, State.RUNNING):
                yield (endpoint, state.value), states.count(state)

    return {
        definitions.OPERATIONS: by_state,
        definitions.OPERATION_OLDEST: lambda: _each(operations.all(), lambda each: _oldest(each.held())),
        definitions.APPROVALS_WAITING: lambda: _each(operations.all(), lambda each: each.approvals_waiting),
        definitions.LIVE_SERVERS: lambda: _each(operations.all(), lambda each: each.live_servers),
    }


def _of_policies(authorizer: Authorizer | None) -> Mapping[Metric, Callable[[], Values]]:
    if authorizer is None:
        return dict.fromkeys(
            (definitions.DECISIONS, definitions.POLICY_LOADS, definitions.POLICIES_LOADED_AT), tuple
        )
    return {
        definitions.DECISIONS: lambda: _counts(authorizer.decisions),
        definitions.POLICY_LOADS: lambda: _counts(authorizer.loads),
        definitions.POLICIES_LOADED_AT: lambda: [((), authorizer.loaded_at)],
    }


def _of_audit(audit: Audit) -> Mapping[Metric, Callable[[], Values]]:
    trail = audit.trail
    if trail is None:
        return dict.fromkeys(
            (definitions.AUDIT_RECORDS, definitions.AUDIT_WAITING, definitions.AUDIT_LAG), tuple
        )
    return {
        definitions.AUDIT_RECORDS: lambda: _counts(trail.counts),
        definitions.AUDIT_WAITING: lambda: [((), trail.waiting)],
        definitions.AUDIT_LAG: lambda: [((), trail.lag)],
    }


def _of_certificates(certificates: Sequence[Certificates]) -> Mapping[Metric, Callable[[], Values]]:
    return {
        definitions.CERTIFICATE_EXPIRY: lambda: [
            ((each.key,), each.expires.timestamp()) for each in certificates
        ],
        definitions.CERTIFICATE_LOADS: lambda: _loads({each.key: each.loads for each in certificates}),
    }


def _each(parts: Mapping[str, T], value: Callable[[T], float]) -> Values:
    return [((name,), value(part)) for name, part in parts.items()]


def _counts(counts: Mapping[str, int]) -> Values:
    return [((name,), count) for name, count in list(counts.items())]


def _loads(loads: Mapping[str, Mapping[str, int]]) -> Values:
    """The numbers of loads, by owner and outcome."""
    return [((owner, outcome), count) for owner, counts in loads.items() for outcome, count in counts.items()]


def _oldest(operations: Iterable[Operation]) -> float:
    """The age in seconds of the oldest of OPERATIONS, 0 for none."""
    now = datetime.now(UTC)
    return max((max(0.0, (now - each.spec.created).total_seconds()) for each in operations), default=0.0)


@cache
def _versions() -> tuple[str, ...]:
    return (__version__, platform.python_version(), version("grpcio"), version("botocore"))


def _delay(loop: asyncio.AbstractEventLoop) -> float:
    """The seconds that LOOP takes to run a callback, at most _LOOP_SECONDS."""
    ran = threading.Event()
    began = time.perf_counter()
    try:
        loop.call_soon_threadsafe(ran.set)
    except RuntimeError:  # the loop is closed: the server has stopped
        return _LOOP_SECONDS
    ran.wait(_LOOP_SECONDS)
    return min(_LOOP_SECONDS, time.perf_counter() - began)


def _family(metric: Metric) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    return kind(metric.name, metric.meaning, labels=metric.labels)
