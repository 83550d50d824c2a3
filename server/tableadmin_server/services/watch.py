"""`WatchService`: streams of the changes of tables, and of the progress of waits."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc
from google.protobuf.duration_pb2 import Duration

from tableadmin.v1 import TablePart, WaitRequest, WaitResponse, WatchRequest, watch_service_pb2
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import invalid_request
from tableadmin_server.services.call_metadata import called_endpoint, time_limit
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.snapshot import parts_of
from tableadmin_server.watching.hubs import Hubs
from tableadmin_server.watching.stream import Options, Scope, Watch
from tableadmin_server.watching.wait import wait_responses, wait_target

SERVICE = watch_service_pb2.DESCRIPTOR.services_by_name["WatchService"]

_PARTS = frozenset(TablePart.values()) - {TablePart.TABLE_PART_UNSPECIFIED}
# The parts that are watched by default.
DEFAULT_PARTS = frozenset({Part.DESCRIPTION, *(part for part, row in ROWS.items() if row.watched)})
_CHECKPOINT_SECONDS = 30.0
_HEARTBEAT_SECONDS = 10.0
_SHORTEST, _LONGEST = 1.0, 3600.0

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def handlers(endpoints: Endpoints, hubs: Hubs) -> "grpc.GenericRpcHandler[Any, Any]":
    """Return the handlers of `WatchService`, which use the poll loops of HUBS."""

    # Not a generator itself, which would need 1 KB of memory for each of thousands of streams.
    def watch(request: WatchRequest, context: Context) -> AsyncGenerator[bytes]:
        hub = hubs.of(called_endpoint(endpoints, context))
        return Watch(hub, _scope(request), _options(request)).messages(request.resume_token)

    async def wait(request: WaitRequest, context: Context) -> AsyncIterator[WaitResponse]:
        hub = hubs.of(called_endpoint(endpoints, context))
        heartbeat = _seconds(request, "heartbeat_interval", _HEARTBEAT_SECONDS)
        awaited = wait_target(request, hub)
        async with aclosing(wait_responses(awaited, heartbeat, time_limit(context))) as responses:
            async for response in responses:
                yield response

    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            "Watch": grpc.unary_stream_rpc_method_handler(watch, WatchRequest.FromString),
            "Wait": grpc.unary_stream_rpc_method_handler(
                wait, WaitRequest.FromString, WaitResponse.SerializeToString
            ),
        },
    )


def _scope(request: WatchRequest) -> Scope:
    chosen = [
        *(["table_names"] if request.table_names else []),
        *(["prefix"] if request.HasField("prefix") else []),
        *(["all_tables"] if request.all_tables else []),
    ]
    if len(chosen) != 1:
        raise invalid_request("table_names", "set exactly one of table_names, prefix and all_tables")
    if request.table_names:
        return Scope(names=tuple(dict.fromkeys(request.table_names)))
    return Scope(prefix=request.prefix)


def _options(request: WatchRequest) -> Options:
    if not _PARTS.issuperset(request.parts):
        raise invalid_request("parts", "contains an unknown part")
    return Options(
        parts=parts_of(request.parts) or DEFAULT_PARTS,
        sizes=request.include_sizes,
        checkpoint_interval=_seconds(request, "checkpoint_interval", _CHECKPOINT_SECONDS),
        snapshot_only=request.snapshot_only,
    )


def _seconds(request: WatchRequest | WaitRequest, field: str, default: float) -> float:
    if not request.HasField(field):  # type: ignore[arg-type]  # each request has its own literal type of names
        return default
    interval: Duration = getattr(request, field)
    seconds = interval.seconds + interval.nanos / 1e9
    if not _SHORTEST <= seconds <= _LONGEST:
        raise invalid_request(field, f"must be between {_SHORTEST:g} and {_LONGEST:g} seconds")
    return seconds
