"""The health service, grpc.health.v1, with watches that end when the server stops."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import Any, TypeAlias

from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import (
    HealthCheckRequest,
    HealthCheckResponse,
    HealthListRequest,
    HealthListResponse,
)

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure

Context: TypeAlias = Any  # the stubs have only the context of a synchronous server

# Seconds for watches to send that the server stops.
_STOP_NOTICE_SECONDS = 0.5

# The prefix of the service names of endpoints.
ENDPOINT_PREFIX = "tableadmin.endpoint."
# Seconds between calls that check whether an endpoint answers, and for which they continue after a Check.
_PROBE_SECONDS = 5.0
_ASKED_SECONDS = 60.0


class HealthServicer(health.aio.HealthServicer):  # type: ignore[name-defined,misc]  # missing in the stubs
    """The health of each service and of each of ENDPOINTS. Watches end soon after the server begins to stop.

    An endpoint is NOT_SERVING while it does not answer. During a Watch, and for a minute after a Check, the
    server calls the endpoint every 5 seconds. List has endpoints only if SHOWS_ENDPOINTS.
    """

    def __init__(self, endpoints: Iterable[Endpoint] = (), *, shows_endpoints: bool = True) -> None:
        super().__init__()
        self._stopping = asyncio.Event()
        self._endpoints = {f"{ENDPOINT_PREFIX}{each.name}": each for each in endpoints}
        self._shows_endpoints = shows_endpoints
        self._asked_at: dict[str, float] = {}
        self._probing: dict[str, asyncio.Task[None]] = {}
        self._server_status.update(dict.fromkeys(self._endpoints, HealthCheckResponse.SERVING))

    async def enter_graceful_shutdown(self) -> None:
        """Set all services to NOT_SERVING permanently."""
        for each in self._probing.values():
            each.cancel()
        await super().enter_graceful_shutdown()
        self._stopping.set()

    async def Check(self, request: HealthCheckRequest, context: Context) -> HealthCheckResponse:  # noqa: N802  # the RPC's name
        """Return the current status of a service."""
        await self._ask(request.service)
        return await super().Check(request, context)

    async def List(self, request: HealthListRequest, context: Context) -> HealthListResponse:  # noqa: N802  # the RPC's name
        """Return the current status of every service. The base class lacks this RPC."""
        del request, context
        statuses = {
            service: HealthCheckResponse(status=status)
            for service, status in self._server_status.items()
            if self._shows_endpoints or service not in self._endpoints
        }
        return HealthListResponse(statuses=statuses)

    async def Watch(self, request: HealthCheckRequest, context: Context) -> None:  # noqa: N802  # the RPC's name
        """Send the status of a service, and each change of it."""
        await self._ask(request.service)
        watch = asyncio.create_task(super().Watch(request, context))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({watch, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({watch}, timeout=_STOP_NOTICE_SECONDS)
        finally:
            watch.cancel()
            stopping.cancel()

    async def _ask(self, service: str) -> None:
        """If SERVICE is an endpoint, update its status, and start to check whether it answers."""
        endpoint = self._endpoints.get(service)
        if endpoint is None or self._stopping.is_set():
            return
        self._asked_at[service] = time.monotonic()
        await self._show(service, endpoint)
        if service not in self._probing:
            self._probing[service] = asyncio.create_task(self._probe(service, endpoint))

    async def _probe(self, service: str, endpoint: Endpoint) -> None:
        """Call ENDPOINT every _PROBE_SECONDS, as long as SERVICE is checked or watched."""
        try:
            while self._is_asked_for(service):
                with contextlib.suppress(Failure):
                    await endpoint.call("ListTables", {"Limit": 1})
                await self._show(service, endpoint)
                await asyncio.sleep(_PROBE_SECONDS)
        finally:
            del self._probing[service]

    def _is_asked_for(self, service: str) -> bool:
        recently = time.monotonic() - self._asked_at[service] < _ASKED_SECONDS
        return recently or service in self._server_watchers

    async def _show(self, service: str, endpoint: Endpoint) -> None:
        status = HealthCheckResponse.SERVING if endpoint.is_up else HealthCheckResponse.NOT_SERVING
        if self._server_status[service] != status:
            await self.set(service, status)
