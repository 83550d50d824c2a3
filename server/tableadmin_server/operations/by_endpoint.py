"""The operations of each endpoint."""

import asyncio
from collections.abc import Callable, Mapping

from google.rpc.code_pb2 import Code

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution.observer import (
    UNOBSERVED,
    UNTRACED,
    OperationObserver,
    OperationTracing,
)
from tableadmin_server.operations.operations import Operations
from tableadmin_server.security.audit.audit import Audit
from tableadmin_server.watching.hubs import Hubs


class OperationsByEndpoint:
    """The operations of every endpoint that has an operations table.

    OBSERVER returns the observer for the name of an endpoint, TRACING the tracing.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        hubs: Hubs,
        configs: Mapping[str, EndpointConfig],
        audit: Audit,
        approval_timeout: float,
        observer: Callable[[str], OperationObserver] = lambda _: UNOBSERVED,
        *,
        tracing: Callable[[str], OperationTracing] = lambda _: UNTRACED,
    ) -> None:
        self._by_endpoint = {
            endpoint.name: Operations(
                endpoint,
                configs[endpoint.name],
                hubs.of(endpoint),
                audit,
                approval_timeout,
                observer(endpoint.name),
                tracing(endpoint.name),
            )
            for endpoint in endpoints
            if endpoint.own_table
        }

    def of(self, endpoint: Endpoint) -> Operations:
        """Return the operations of ENDPOINT. Raises Failure (UNIMPLEMENTED) if it has no operations table."""
        if endpoint.name not in self._by_endpoint:
            raise Failure(
                Code.UNIMPLEMENTED,
                f"the endpoint {endpoint.name!r} has no operations: its operations_table is empty",
                reason="NO_OPERATIONS",
                metadata={"endpoint": endpoint.name},
            )
        return self._by_endpoint[endpoint.name]

    def all(self) -> Mapping[str, Operations]:
        """Return the operations of all endpoints that have an operations table, by endpoint name."""
        return self._by_endpoint

    def start(self) -> None:
        """Take over operations until `stop`, and exchange changes with other servers until `leave`."""
        for operations in self._by_endpoint.values():
            operations.start()

    async def stop(self) -> None:
        """Release the operations that this server carries out."""
        await asyncio.gather(*(operations.stop() for operations in self._by_endpoint.values()))

    async def leave(self) -> None:
        """Send the last changes to the other servers, and tell them that this server stops."""
        await asyncio.gather(*(operations.leave() for operations in self._by_endpoint.values()))
