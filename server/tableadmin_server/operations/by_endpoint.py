"""The operations of each endpoint."""

import asyncio
from collections.abc import Mapping

from google.rpc.code_pb2 import Code

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import Failure
from tableadmin_server.operations.operations import Operations
from tableadmin_server.security.audit.audit import Audit
from tableadmin_server.watching.hubs import Hubs


class OperationsByEndpoint:
    """The operations of every endpoint that remembers some."""

    def __init__(
        self,
        endpoints: Endpoints,
        hubs: Hubs,
        configs: Mapping[str, EndpointConfig],
        audit: Audit,
        approval_timeout: float,
    ) -> None:
        self._by_endpoint = {
            endpoint.name: Operations(
                endpoint, configs[endpoint.name], hubs.of(endpoint), audit, approval_timeout
            )
            for endpoint in endpoints
            if endpoint.own_table
        }

    def of(self, endpoint: Endpoint) -> Operations:
        """The operations of ENDPOINT; raises Failure (UNIMPLEMENTED) where it remembers none."""
        if endpoint.name not in self._by_endpoint:
            raise Failure(
                Code.UNIMPLEMENTED,
                f"the endpoint {endpoint.name!r} has no operations: its operations_table is empty",
                reason="NO_OPERATIONS",
                metadata={"endpoint": endpoint.name},
            )
        return self._by_endpoint[endpoint.name]

    def start(self) -> None:
        """Take over operations that no server carries out, until `stop`."""
        for operations in self._by_endpoint.values():
            operations.start()

    async def stop(self) -> None:
        """Give back what this server carries out."""
        await asyncio.gather(*(operations.stop() for operations in self._by_endpoint.values()))
