"""`ItemService`: copies the items of small tables."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any, TypeAlias

import grpc
from google.rpc.code_pb2 import Code

from tableadmin.v1 import CopyItemsRequest, CopyItemsResponse, item_service_pb2
from tableadmin_server.config import EndpointConfig
from tableadmin_server.copying.copying import Copy
from tableadmin_server.copying.findings import CopySpec
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import Failure, invalid_request
from tableadmin_server.services.call_metadata import called_endpoint
from tableadmin_server.services.reserved_table import ReservedTable

SERVICE = item_service_pb2.DESCRIPTOR.services_by_name["ItemService"]

_COPIED = ReservedTable(CopyItemsRequest.DESCRIPTOR)

# The limits of a request that has none.
_MAX_ITEMS, _MAX_BYTES = 100_000, 100_000_000
# Seconds between two responses.
_PROGRESS_SECONDS = 0.5

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def handlers(
    endpoints: Endpoints, configs: Mapping[str, EndpointConfig]
) -> "grpc.GenericRpcHandler[Any, Any]":
    """Return the handlers of `ItemService` for ENDPOINTS, whose configurations are CONFIGS by name."""
    under_way: set[str] = set()

    async def copy_items(request: CopyItemsRequest, context: Context) -> AsyncIterator[CopyItemsResponse]:
        endpoint = called_endpoint(endpoints, context)
        _COPIED.check(endpoint, request)
        copy = Copy(endpoint, _spec(request, endpoint.name, configs[endpoint.name]))
        with _only(endpoint, under_way):
            async with aclosing(_progress(copy)) as responses:
                async for response in responses:
                    yield response

    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            "CopyItems": grpc.unary_stream_rpc_method_handler(
                copy_items, CopyItemsRequest.FromString, CopyItemsResponse.SerializeToString
            )
        },
    )


async def _progress(copy: Copy) -> AsyncGenerator[CopyItemsResponse]:
    """Run COPY, and yield its progress until the end. Raises Failure after the last response."""
    run = asyncio.create_task(copy.run())
    try:
        while not run.done():
            yield _copy_of(copy.progress)
            await asyncio.wait({run}, timeout=_PROGRESS_SECONDS)
        yield _copy_of(copy.progress)
        await run
    finally:
        run.cancel()
        await asyncio.wait({run})


def _copy_of(progress: CopyItemsResponse) -> CopyItemsResponse:
    response = CopyItemsResponse()
    response.CopyFrom(progress)
    return response


@contextmanager
def _only(endpoint: Endpoint, under_way: set[str]) -> Iterator[None]:
    """A context for the only copy at ENDPOINT. Raises Failure if there is another one in UNDER_WAY."""
    if endpoint.name in under_way:
        raise Failure(
            Code.RESOURCE_EXHAUSTED,
            f"another copy of items at the endpoint {endpoint.name!r} is under way; call again later",
            reason="COPY_UNDER_WAY",
            metadata={"endpoint": endpoint.name},
            retry_delay=5.0,
        )
    under_way.add(endpoint.name)
    try:
        yield
    finally:
        under_way.discard(endpoint.name)


def _spec(request: CopyItemsRequest, endpoint: str, config: EndpointConfig) -> CopySpec:
    """What REQUEST asks for, within the limits of CONFIG. Raises Failure."""
    if not config.copy_max_items:
        raise Failure(
            Code.FAILED_PRECONDITION,
            f"copies of items are not enabled for the endpoint {endpoint!r}; copy_max_items in the "
            "configuration of the server enables them",
            reason="COPIES_DISABLED",
            metadata={"endpoint": endpoint},
        )
    source, target = (_table(request, f"{each}_table_name") for each in ("source", "target"))
    if source == target:
        raise invalid_request("target_table_name", "must not be the source table")
    return CopySpec(
        source,
        target,
        request.validate_only,
        int(_limit(request, "max_items", _MAX_ITEMS, config.copy_max_items)),
        int(_limit(request, "max_bytes", _MAX_BYTES, config.copy_max_bytes)),
        _limit(request, "max_units_per_second", config.copy_units_per_second, config.copy_units_per_second),
    )


def _table(request: CopyItemsRequest, field: str) -> str:
    name: str = getattr(request, field)
    if not name:
        raise invalid_request(field, "is required")
    if ":" in name:
        raise invalid_request(field, "must be the name of a table, not an ARN")
    return name


def _limit(request: CopyItemsRequest, field: str, default: float, most: float) -> float:
    """The value of FIELD, at least 1 and at most MOST. Without FIELD, DEFAULT or MOST, if that is lower."""
    if not request.HasField(field):  # type: ignore[arg-type]  # a literal type of names
        return min(default, most)
    value: float = getattr(request, field)
    # At a lower rate than 1 unit a second, a copy of a few items keeps others from the endpoint for hours.
    least = min(1, most)
    if not least <= value <= most:
        raise invalid_request(
            field,
            f"must be at least {least:g} and at most {most:g}, the limit in the configuration of the server",
        )
    return value
