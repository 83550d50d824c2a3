"""Health, as grpc.health.v1 has it, with watchers that let the server stop."""

import asyncio
from typing import Any, TypeAlias

from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import (
    HealthCheckRequest,
    HealthCheckResponse,
    HealthListRequest,
    HealthListResponse,
)

Context: TypeAlias = Any  # the stubs know the context of a plain server only

# Seconds in which watchers are told that the server stops.
_STOP_NOTICE_SECONDS = 0.5


class HealthServicer(health.aio.HealthServicer):  # type: ignore[name-defined,misc]  # missing in the stubs
    """Says how each service is; a watch ends soon after it has said NOT_SERVING for good."""

    def __init__(self) -> None:
        super().__init__()
        self._stopping = asyncio.Event()

    async def enter_graceful_shutdown(self) -> None:
        """Make everything NOT_SERVING for good."""
        await super().enter_graceful_shutdown()
        self._stopping.set()

    async def List(self, request: HealthListRequest, context: Context) -> HealthListResponse:  # noqa: N802  # the RPC's name
        """How every service is; the base class leaves this RPC out."""
        del request, context
        statuses = {
            service: HealthCheckResponse(status=status) for service, status in self._server_status.items()
        }
        return HealthListResponse(statuses=statuses)

    async def Watch(self, request: HealthCheckRequest, context: Context) -> None:  # noqa: N802  # the RPC's name
        """Send the status whenever it changes."""
        watch = asyncio.create_task(super().Watch(request, context))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({watch, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({watch}, timeout=_STOP_NOTICE_SECONDS)
        finally:
            watch.cancel()
            stopping.cancel()
