"""The hubs of all endpoints."""

from collections.abc import Callable, Sequence

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.supervision import Supervisor
from tableadmin_server.watching.hub import Hub


class Hubs:
    """The hubs of all endpoints, each created on first use. SUPERVISOR runs their loops.

    LAG_OBSERVER returns the OBSERVE_LAG of a Hub for the name of an endpoint.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        lag_observer: Callable[[str], Callable[[float], object]] = lambda _: lambda _: None,
    ) -> None:
        self._supervisor = supervisor
        self._lag_observer = lag_observer
        self._by_endpoint: dict[str, Hub] = {}
        self._stopping = False

    def of(self, endpoint: Endpoint) -> Hub:
        """Return the hub of ENDPOINT."""
        if endpoint.name not in self._by_endpoint:
            observe_lag = self._lag_observer(endpoint.name)
            hub = Hub(endpoint.background, self._supervisor, observe_lag)
            self._by_endpoint[endpoint.name] = hub
            if self._stopping:
                hub.streams.stop()
        return self._by_endpoint[endpoint.name]

    def all(self) -> Sequence[Hub]:
        """Return the hubs that exist. Any thread may call this."""
        return list(self._by_endpoint.values())

    def stop(self) -> None:
        """End all watches and waits, because the server stops."""
        self._stopping = True
        for hub in self._by_endpoint.values():
            hub.streams.stop()

    def trigger(self, endpoint: Endpoint, table_name: str) -> None:
        """Poll the table now, because this server may have changed it. Does nothing without a hub."""
        hub = self._by_endpoint.get(endpoint.name)
        if hub is not None:
            hub.trigger(table_name)
