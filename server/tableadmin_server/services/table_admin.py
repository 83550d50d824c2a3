"""`TableAdmin`: one handler for every RPC, built from the service descriptor.

Handlers take and return bytes, so that callers that share a read also share parsing and serialization.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import grpc
import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import ShapeError, Unknown, from_aws, to_aws
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.bounds import off_loop, parse_bounded
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.dynamodb.fields import field_path
from tableadmin_server.dynamodb.singleflight import Call, SharedCall, Singleflight
from tableadmin_server.failure import Failure, FieldViolation
from tableadmin_server.services.call_metadata import (
    AWS_REQUEST_ID_KEY,
    UNKNOWN_KEY,
    called_endpoint,
    deadline_of,
    in_time,
)
from tableadmin_server.services.reserved_table import ReservedTable
from tableadmin_server.watching.hubs import Hubs

SERVICE = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]


# Many peers refuse more than 8 KiB of headers. The names of unknown members take at most half of that.
_MAX_UNKNOWN = 4096
_MORE = {"path": "..."}

_log = structlog.get_logger()

Context: TypeAlias = "grpc.aio.ServicerContext[bytes, bytes]"
Handler: TypeAlias = Callable[[bytes, Context], Awaitable[bytes]]
Metadata: TypeAlias = tuple[tuple[str, str | bytes], ...]


@dataclass(frozen=True)
class Reply:
    """A response as bytes, and its trailing metadata."""

    payload: bytes
    trailing: Metadata


# Creates a call that identical reads share.
MakeShared: TypeAlias = Callable[[Call[Reply]], SharedCall[Reply]]


def shared_reads(make: MakeShared = SharedCall) -> Mapping[str, Singleflight[Reply]]:
    """Return a Singleflight for each RPC that only reads, by the name of the RPC. MAKE creates its calls."""
    return {method.name: Singleflight(make) for method in SERVICE.methods if _only_reads(method)}


def handlers(
    endpoints: Endpoints, hubs: Hubs, shared: Mapping[str, Singleflight[Reply]]
) -> "grpc.GenericRpcHandler[bytes, bytes]":
    """Return the handlers of `TableAdmin`, which call ENDPOINTS. SHARED is the result of `shared_reads`."""
    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            method.name: grpc.unary_unary_rpc_method_handler(
                _handler(method, endpoints, hubs, shared.get(method.name))
            )
            for method in SERVICE.methods
        },
    )


def _handler(
    method: MethodDescriptor, endpoints: Endpoints, hubs: Hubs, shared: Singleflight[Reply] | None
) -> Handler:
    reads = shared is not None
    call = _changing(_caller(method), method, hubs) if shared is None else _shared(_caller(method), shared)

    async def handle(request: bytes, context: Context) -> bytes:
        endpoint = called_endpoint(endpoints, context)
        endpoint.check(method.name)
        answer = call(endpoint, request, deadline_of(context))
        reply = await in_time(answer, context, method.name, endpoint, reads=reads)
        context.set_trailing_metadata((*context.trailing_metadata(), *reply.trailing))
        return reply.payload

    return handle


# Makes the call of an RPC at an endpoint, with the request and the deadline as a time of the event loop.
Caller: TypeAlias = Callable[[Endpoint, bytes, float], Awaitable[Reply]]


def _shared(call: Caller, singleflight: Singleflight[Reply]) -> Caller:
    def shared(endpoint: Endpoint, payload: bytes, deadline: float) -> Awaitable[Reply]:
        return singleflight.share((endpoint.name, payload), partial(call, endpoint, payload), deadline)

    return shared


def _changing(call: Caller, method: MethodDescriptor, hubs: Hubs) -> Caller:
    """CALL, refused for the operations table. Afterwards the named tables are polled, for watches.

    They are polled also after a failure, because a change may have been made without an answer.
    """
    own_table = ReservedTable(method.input_type)
    request_type = GetMessageClass(method.input_type)

    async def changing(endpoint: Endpoint, payload: bytes, deadline: float) -> Reply:
        request = await parse_bounded(request_type.FromString, payload)
        own_table.check(endpoint, request)
        try:
            return await call(endpoint, payload, deadline)
        finally:
            for _, table in own_table.named(request):
                hubs.trigger(endpoint, table)

    return changing


def _caller(method: MethodDescriptor) -> Caller:
    request_type, response_type = GetMessageClass(method.input_type), GetMessageClass(method.output_type)

    async def call(endpoint: Endpoint, payload: bytes, deadline: float) -> Reply:
        request = await parse_bounded(request_type.FromString, payload)
        try:
            params = await off_loop(partial(to_aws, request), len(payload))
        except ShapeError as error:
            raise _not_of_shape(error, method) from error
        answer = await endpoint.call(method.name, params, request, deadline)
        unknown: list[Unknown] = []
        response = from_aws(answer.data, response_type, unknown)
        trailing: Metadata = ((AWS_REQUEST_ID_KEY, answer.request_id),) if answer.request_id else ()
        if unknown:
            _log.warning(
                "left unknown members out of an answer",
                operation=method.name,
                paths=[each.path for each in unknown],
            )
            trailing = (*trailing, (UNKNOWN_KEY, _named(unknown)))
        return Reply(response.SerializeToString(), trailing)

    return call


def _only_reads(method: MethodDescriptor) -> bool:
    level = method.GetOptions().idempotency_level
    return bool(level == MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS)


def _named(unknown: Sequence[Unknown]) -> bytes:
    """The paths and values of UNKNOWN as JSON; if that is too long, as many paths as fit and "..."."""
    full = json.dumps([{"path": each.path, "value": each.value} for each in unknown], default=str).encode()
    if len(full) <= _MAX_UNKNOWN:
        return full
    named: list[dict[str, str]] = []
    for each in unknown:
        longer = [*named, {"path": each.path}]
        if len(json.dumps([*longer, _MORE])) > _MAX_UNKNOWN:
            return json.dumps([*named, _MORE]).encode()
        named = longer
    return json.dumps(named).encode()


def _not_of_shape(error: ShapeError, method: MethodDescriptor) -> Failure:
    field = field_path(error.path, method.input_type) or error.path
    return Failure(
        Code.INVALID_ARGUMENT,
        f"{method.name}: {error}",
        reason="MALFORMED_REQUEST",
        metadata={"operation": method.name},
        field_violations=[FieldViolation(field, error.reason)],
    )
