"""Health, as grpc.health.v1 has it, with watchers that let the server stop."""

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

Context: TypeAlias = Any  # the stubs know the context of a plain server only

# Seconds in which watchers are told that the server stops.
_STOP_NOTICE_SECONDS = 0.5

# The names of endpoints begin so, as health checks know them.
ENDPOINT_PREFIX = "tableadmin.endpoint."
# Seconds between calls that find out whether an endpoint answers, and for how long after a check they go on.
_PROBE_SECONDS = 5.0
_ASKED_SECONDS = 60.0


class HealthServicer(health.aio.HealthServicer):  # type: ignore[name-defined,misc]  # missing in the stubs
    """Says how each service is, and each of ENDPOINTS; a watch ends soon after NOT_SERVING for good.

    An endpoint is NOT_SERVING while it does not answer. While somebody asks, and for a minute after that, the
    server calls the endpoint every 5 seconds: it notices when nobody else calls. List names endpoints only if
    SHOWS_ENDPOINTS.
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
        """Make everything NOT_SERVING for good."""
        for each in self._probing.values():
            each.cancel()
        await super().enter_graceful_shutdown()
        self._stopping.set()

    async def Check(self, request: HealthCheckRequest, context: Context) -> HealthCheckResponse:  # noqa: N802  # the RPC's name
        """How a service is now."""
        await self._ask(request.service)
        return await super().Check(request, context)

    async def List(self, request: HealthListRequest, context: Context) -> HealthListResponse:  # noqa: N802  # the RPC's name
        """How every service is; the base class leaves this RPC out."""
        del request, context
        statuses = {
            service: HealthCheckResponse(status=status)
            for service, status in self._server_status.items()
            if self._shows_endpoints or service not in self._endpoints
        }
        return HealthListResponse(statuses=statuses)

    async def Watch(self, request: HealthCheckRequest, context: Context) -> None:  # noqa: N802  # the RPC's name
        """Send the status whenever it changes."""
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
        """Somebody asks about SERVICE: say how it is as far as calls have shown, and go on finding out."""
        endpoint = self._endpoints.get(service)
        if endpoint is None or self._stopping.is_set():
            return
        self._asked_at[service] = time.monotonic()
        await self._show(service, endpoint)
        if service not in self._probing:
            self._probing[service] = asyncio.create_task(self._probe(service, endpoint))

    async def _probe(self, service: str, endpoint: Endpoint) -> None:
        """Call ENDPOINT again and again, as long as somebody asks about SERVICE."""
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
