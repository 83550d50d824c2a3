"""`OperationService`: reads, cancels, approves and watches operations."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias, TypeVar

import grpc

from tableadmin.v1 import (
    ApproveOperationRequest,
    ApproveOperationResponse,
    CancelOperationRequest,
    CancelOperationResponse,
    ForgetOperationRequest,
    ForgetOperationResponse,
    GetOperationRequest,
    GetOperationResponse,
    ListOperationsRequest,
    ListOperationsResponse,
    Operation,
    OperationState,
    RejectOperationRequest,
    RejectOperationResponse,
    WatchOperationRequest,
    WatchOperationResponse,
    operation_service_pb2,
)
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import Failure, invalid_request
from tableadmin_server.operations.by_endpoint import OperationsByEndpoint
from tableadmin_server.operations.operation_polls import not_found
from tableadmin_server.operations.operations import Operations
from tableadmin_server.operations.storage import record
from tableadmin_server.operations.storage.record import request_key
from tableadmin_server.operations.storage.store import Found, Selection
from tableadmin_server.security.audit.requests import add_found_table
from tableadmin_server.security.identity import Principal, caller
from tableadmin_server.services.call_metadata import called_endpoint, in_time
from tableadmin_server.services.operation_messages import operation_message, unreadable_message

SERVICE = operation_service_pb2.DESCRIPTOR.services_by_name["OperationService"]

_PAGE, _MAX_PAGE = 100, 500
# The largest number of pages of the store that are read for one page of a filtered listing.
_MAX_LOOKS = 10
_MAX_WATCHED = 5000
_MAX_COMMENT = 1000

# A request and its response.
Q = TypeVar("Q")
A = TypeVar("A")

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def handlers(endpoints: Endpoints, operations: OperationsByEndpoint) -> "grpc.GenericRpcHandler[Any, Any]":
    """Return the handlers of `OperationService` for OPERATIONS."""

    def chosen(context: Context) -> Operations:
        return operations.of(called_endpoint(endpoints, context))

    async def get_operation(request: GetOperationRequest, context: Context) -> GetOperationResponse:
        found = _existing(request.operation_id, await chosen(context).get(_id(request.operation_id)))
        return GetOperationResponse(operation=operation_message(found, with_spec=True))

    async def list_operations(request: ListOperationsRequest, context: Context) -> ListOperationsResponse:
        return await _page(chosen(context), request)

    async def cancel_operation(request: CancelOperationRequest, context: Context) -> CancelOperationResponse:
        found = _existing(request.operation_id, await chosen(context).cancel(_id(request.operation_id)))
        return CancelOperationResponse(operation=operation_message(found))

    async def forget_operation(request: ForgetOperationRequest, context: Context) -> ForgetOperationResponse:
        await chosen(context).forget(_id(request.operation_id))
        return ForgetOperationResponse()

    async def watch_operation(
        request: WatchOperationRequest, context: Context
    ) -> AsyncIterator[WatchOperationResponse]:
        async with aclosing(chosen(context).follow(_watched(request))) as news:
            async for operation in news:
                yield WatchOperationResponse(
                    operation=None if operation is None else operation_message(operation)
                )

    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            "GetOperation": grpc.unary_unary_rpc_method_handler(
                _in_time("GetOperation", get_operation, endpoints),
                GetOperationRequest.FromString,
                GetOperationResponse.SerializeToString,
            ),
            "ListOperations": grpc.unary_unary_rpc_method_handler(
                _in_time("ListOperations", list_operations, endpoints),
                ListOperationsRequest.FromString,
                ListOperationsResponse.SerializeToString,
            ),
            "CancelOperation": grpc.unary_unary_rpc_method_handler(
                _in_time("CancelOperation", cancel_operation, endpoints, reads=False),
                CancelOperationRequest.FromString,
                CancelOperationResponse.SerializeToString,
            ),
            "ApproveOperation": grpc.unary_unary_rpc_method_handler(
                _decision("ApproveOperation", Operations.approve, ApproveOperationResponse, chosen),
                ApproveOperationRequest.FromString,
                ApproveOperationResponse.SerializeToString,
            ),
            "RejectOperation": grpc.unary_unary_rpc_method_handler(
                _decision("RejectOperation", Operations.reject, RejectOperationResponse, chosen),
                RejectOperationRequest.FromString,
                RejectOperationResponse.SerializeToString,
            ),
            "ForgetOperation": grpc.unary_unary_rpc_method_handler(
                _in_time("ForgetOperation", forget_operation, endpoints, reads=False),
                ForgetOperationRequest.FromString,
                ForgetOperationResponse.SerializeToString,
            ),
            "WatchOperation": grpc.unary_stream_rpc_method_handler(
                watch_operation,
                WatchOperationRequest.FromString,
                WatchOperationResponse.SerializeToString,
            ),
        },
    )


def _in_time(
    rpc: str, handle: Callable[[Q, Context], Awaitable[A]], endpoints: Endpoints, *, reads: bool = True
) -> Callable[[Q, Context], Awaitable[A]]:
    """HANDLE of RPC, with an answer before the caller's deadline."""

    async def handle_in_time(request: Q, context: Context) -> A:
        endpoint = called_endpoint(endpoints, context)
        return await in_time(handle(request, context), context, rpc, endpoint, reads=reads)

    return handle_in_time


def _decision(
    rpc: str,
    decide: Callable[[Operations, str, Principal, str], Awaitable[record.Operation | None]],
    answer: Callable[..., A],
    chosen: Callable[[Context], Operations],
) -> Callable[[Any, Context], Awaitable[A]]:
    """The handler of RPC. DECIDE approves or rejects an operation."""

    async def handle(request: ApproveOperationRequest | RejectOperationRequest, context: Context) -> A:
        operations, comment = chosen(context), _comment(request.comment)
        deciding = decide(operations, _id(request.operation_id), caller().principal, comment)
        found = await in_time(deciding, context, rpc, operations.endpoint, reads=False)
        return answer(operation=operation_message(_existing(request.operation_id, found)))

    return handle


def _existing(operation_id: str, found: record.Operation | None) -> record.Operation:
    """FOUND, after its table was noted for audit and log; raises Failure (NOT_FOUND) for None."""
    if found is None:
        raise not_found(operation_id)
    add_found_table(found.spec.table_name)
    return found


def _comment(comment: str) -> str:
    if len(comment) > _MAX_COMMENT or not comment.replace("\n", " ").isprintable():
        raise invalid_request("comment", f"must have up to {_MAX_COMMENT} printable characters")
    return comment


def _id(operation_id: str) -> str:
    if not operation_id:
        raise invalid_request("operation_id", "is required")
    return operation_id


def _watched(request: WatchOperationRequest) -> list[str]:
    wanted = list(dict.fromkeys(request.operation_ids))
    if not 1 <= len(wanted) <= _MAX_WATCHED or not all(wanted):
        raise invalid_request("operation_ids", f"must have 1 to {_MAX_WATCHED} elements")
    return wanted


async def _page(operations: Operations, request: ListOperationsRequest) -> ListOperationsResponse:
    size = request.page_size if request.HasField("page_size") else _PAGE
    if not 1 <= size <= _MAX_PAGE:
        raise invalid_request("page_size", f"must be between 1 and {_MAX_PAGE}")
    response = ListOperationsResponse()
    before, selection = request.page_token, _selection(request)
    for _ in range(_MAX_LOOKS):
        page = await operations.page(selection, before=before, limit=size - len(response.operations))
        response.operations.extend(_message(*each) for each in page.found.items())
        before = page.before
        if not before or len(response.operations) >= size:
            break
    response.next_page_token = before
    return response


def _message(operation_id: str, found: Found) -> Operation:
    if isinstance(found, Failure):
        return unreadable_message(operation_id, found)
    return operation_message(found.operation)


def _selection(request: ListOperationsRequest) -> Selection:
    request_id = request.request_id and request_key(caller().principal, request.request_id)
    return Selection(request.table_name, frozenset(map(_state, request.states)), request_id)


def _state(number: OperationState.ValueType) -> str:
    if number not in OperationState.values():
        raise invalid_request("states", f"contains an unknown state: {number}")
    return OperationState.Name(number).removeprefix("OPERATION_STATE_")
