"""All metrics of a server: their recorders, and the port for scrapes."""

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from tableadmin_server.metrics.exposition import Exposition
from tableadmin_server.metrics.recorders import EndpointCalls, EventLag, OperationEvents, Rpcs
from tableadmin_server.metrics.state import Sources, StateCollector


class Metrics:
    """The metrics of one server. Each member counts events of one kind."""

    def __init__(self) -> None:
        # Otherwise each counter and histogram has another series with its creation time.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.rpcs = Rpcs(self.registry)
        self.endpoint_calls = EndpointCalls(self.registry)
        self.event_lag = EventLag(self.registry)
        self.operations = OperationEvents(self.registry)

    def serve(self, address: str, sources: Sources) -> Exposition:
        """Answer scrapes at ADDRESS, with the state of SOURCES. Raises ListenError."""
        self.registry.register(StateCollector(sources))
        return Exposition(self.registry, address)
