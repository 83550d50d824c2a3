"""A hub for each endpoint that is watched."""

from collections.abc import Callable, Sequence

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.supervision import Supervisor
from tableadmin_server.watching.hub import Hub


class Hubs:
    """The hubs of all endpoints, made when an endpoint is first watched; SUPERVISOR runs their loops.

    LAG_OBSERVER makes what is told the lag of the events of an endpoint, by its name; see Hub.
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
        """The hub of ENDPOINT."""
        if endpoint.name not in self._by_endpoint:
            observe_lag = self._lag_observer(endpoint.name)
            hub = Hub(endpoint.background, self._supervisor, observe_lag)
            self._by_endpoint[endpoint.name] = hub
            if self._stopping:
                hub.streams.stop()
        return self._by_endpoint[endpoint.name]

    def all(self) -> Sequence[Hub]:
        """The hubs that were made; may be asked in any thread."""
        return list(self._by_endpoint.values())

    def stop(self) -> None:
        """End every watch and wait: the server stops."""
        self._stopping = True
        for hub in self._by_endpoint.values():
            hub.streams.stop()

    def trigger(self, endpoint: Endpoint, table_name: str) -> None:
        """The table may just have been changed through this service: whoever watches it is shown at once."""
        hub = self._by_endpoint.get(endpoint.name)
        if hub is not None:
            hub.trigger(table_name)
