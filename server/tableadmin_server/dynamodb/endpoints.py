"""The endpoints of the configuration, by name."""

from collections.abc import Callable, Iterator

from google.rpc.code_pb2 import Code

from tableadmin_server.config import ServerConfig
from tableadmin_server.dynamodb.client.calls import CallObserver, Calls
from tableadmin_server.dynamodb.client.service_calls import TraceCall, untraced
from tableadmin_server.dynamodb.endpoint import Endpoint, MakeCalls
from tableadmin_server.failure import Failure


class Endpoints:
    """All configured endpoints, one of which is the default.

    OBSERVER returns the observer for the name of an endpoint. MAKE_CALLS creates the Calls of an endpoint.
    TRACE returns the tracing of the calls to other services for the name of an endpoint.
    """

    def __init__(
        self,
        config: ServerConfig,
        observer: Callable[[str], CallObserver] = lambda _: CallObserver(),
        *,
        make_calls: MakeCalls = Calls,
        trace: Callable[[str], TraceCall] = lambda _: untraced,
    ) -> None:
        """Make a client for each endpoint; raises ConfigError."""
        self._by_name = {
            name: Endpoint(name, endpoint, observer(name), make_calls, trace(name))
            for name, endpoint in config.endpoints.items()
        }
        self._default = self._by_name[config.default]

    def named(self, name: str | None) -> Endpoint:
        """Return the endpoint NAME, the default for None. Raises Failure (NOT_FOUND) for an unknown name."""
        if name is None:
            return self._default
        try:
            return self._by_name[name]
        except KeyError:
            raise Failure(
                Code.NOT_FOUND,
                f"the endpoint {name!r} is not configured; configured endpoints: "
                f"{', '.join(sorted(self._by_name))}",
                reason="ENDPOINT_NOT_FOUND",
                metadata={"endpoint": name},
            ) from None

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._by_name.values())

    def close(self) -> None:
        """Close every endpoint."""
        for endpoint in self._by_name.values():
            endpoint.close()
