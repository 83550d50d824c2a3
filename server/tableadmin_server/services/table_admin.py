"""`TableAdmin`: one handler for every RPC, built from the service descriptor."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import grpc
import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import ShapeError, Unknown, from_aws, to_aws
from tableadmin.v1 import table_admin_pb2
from tableadmin_server.dynamodb.endpoint import Answer
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import Failure, field_violations

SERVICE = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]

ENDPOINT_KEY = "tableadmin-endpoint"
AWS_REQUEST_ID_KEY = "aws-request-id"
UNKNOWN_KEY = "tableadmin-unknown-bin"

# Header blocks past 8 KiB are refused by many peers; what is unknown is named in at most half of one.
_MAX_UNKNOWN = 4096

_log = structlog.get_logger()

Context: TypeAlias = "grpc.aio.ServicerContext[Message, Message]"
Handler: TypeAlias = Callable[[Message, Context], Awaitable[Message]]


def handlers(endpoints: Endpoints) -> "grpc.GenericRpcHandler[Message, Message]":
    """The RPCs of `TableAdmin`, served by calls to ENDPOINTS."""
    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            method.name: grpc.unary_unary_rpc_method_handler(
                _handler(method, endpoints),
                request_deserializer=GetMessageClass(method.input_type).FromString,
                response_serializer=GetMessageClass(method.output_type).SerializeToString,
            )
            for method in SERVICE.methods
        },
    )


def _handler(method: MethodDescriptor, endpoints: Endpoints) -> Handler:
    response_type = GetMessageClass(method.output_type)

    async def handle(request: Message, context: Context) -> Message:
        endpoint = endpoints.named(_endpoint_name(context))
        try:
            params = to_aws(request)
        except ShapeError as error:
            raise _not_of_shape(error, method.name) from error
        answer = await endpoint.call(method.name, params, request)
        unknown: list[Unknown] = []
        response = from_aws(answer.data, response_type, unknown)
        context.set_trailing_metadata(_trailing(context, answer, unknown))
        if unknown:
            _log.warning("answer.unknown", operation=method.name, paths=[each.path for each in unknown])
        return response

    return handle


def _endpoint_name(context: Context) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == ENDPOINT_KEY:
            return str(value)
    return None


def _trailing(
    context: Context, answer: Answer, unknown: Sequence[Unknown]
) -> tuple[tuple[str, str | bytes], ...]:
    pairs = [*context.trailing_metadata(), (AWS_REQUEST_ID_KEY, answer.request_id)]
    if unknown:
        pairs.append((UNKNOWN_KEY, _named(unknown)))
    return tuple(pairs)


def _named(unknown: Sequence[Unknown]) -> bytes:
    """Paths and values as JSON; where that is too long, as many paths as fit, and the last says so."""
    full = json.dumps([{"path": each.path, "value": each.value} for each in unknown], default=str).encode()
    if len(full) <= _MAX_UNKNOWN:
        return full
    paths = [{"path": each.path} for each in unknown]
    while len(json.dumps(paths)) > _MAX_UNKNOWN:
        paths = [*paths[: len(paths) // 2], {"path": "..."}]
    return json.dumps(paths).encode()


def _not_of_shape(error: ShapeError, operation: str) -> Failure:
    return Failure(
        Code.INVALID_ARGUMENT,
        f"{operation}: {error}",
        reason="MALFORMED_REQUEST",
        metadata={"operation": operation},
        details=[field_violations([(error.path, error.reason)])],
    )
