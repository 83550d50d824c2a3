"""`OperationService`: what became of the operations that `PlanService` began."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc

from tableadmin.v1 import (
    CancelOperationRequest,
    CancelOperationResponse,
    GetOperationRequest,
    GetOperationResponse,
    ListOperationsRequest,
    ListOperationsResponse,
    OperationState,
    WatchOperationRequest,
    WatchOperationResponse,
    operation_service_pb2,
)
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import invalid_request
from tableadmin_server.operations.by_endpoint import OperationsByEndpoint
from tableadmin_server.operations.following import not_found
from tableadmin_server.operations.operations import Operations
from tableadmin_server.operations.record import Operation
from tableadmin_server.services.endpoint_choice import endpoint_name
from tableadmin_server.services.operation_messages import operation_message

SERVICE = operation_service_pb2.DESCRIPTOR.services_by_name["OperationService"]

_PAGE, _MAX_PAGE = 100, 500
# Pages of the store that are looked through at most for one page of those that are wanted.
_MAX_LOOKS = 10
_MAX_WATCHED = 5000

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def handlers(endpoints: Endpoints, operations: OperationsByEndpoint) -> "grpc.GenericRpcHandler[Any, Any]":
    """The RPCs of `OperationService`, on OPERATIONS."""

    def chosen(context: Context) -> Operations:
        return operations.of(endpoints.named(endpoint_name(context)))

    async def get_operation(request: GetOperationRequest, context: Context) -> GetOperationResponse:
        found = await chosen(context).get(_id(request.operation_id))
        if found is None:
            raise not_found(request.operation_id)
        return GetOperationResponse(operation=operation_message(found, spec=True))

    async def list_operations(request: ListOperationsRequest, context: Context) -> ListOperationsResponse:
        found, following = await _page(chosen(context), request)
        return ListOperationsResponse(operations=map(operation_message, found), next_page_token=following)

    async def cancel_operation(request: CancelOperationRequest, context: Context) -> CancelOperationResponse:
        found = await chosen(context).cancel(_id(request.operation_id))
        if found is None:
            raise not_found(request.operation_id)
        return CancelOperationResponse(operation=operation_message(found))

    async def watch_operation(
        request: WatchOperationRequest, context: Context
    ) -> AsyncIterator[WatchOperationResponse]:
        wanted = list(dict.fromkeys(request.operation_ids))
        if not 1 <= len(wanted) <= _MAX_WATCHED or not all(wanted):
            raise invalid_request("operation_ids", f"give 1 to {_MAX_WATCHED} ids")
        async with aclosing(chosen(context).follow(wanted)) as news:
            async for operation in news:
                yield WatchOperationResponse(
                    operation=None if operation is None else operation_message(operation)
                )

    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            "GetOperation": grpc.unary_unary_rpc_method_handler(
                get_operation, GetOperationRequest.FromString, GetOperationResponse.SerializeToString
            ),
            "ListOperations": grpc.unary_unary_rpc_method_handler(
                list_operations, ListOperationsRequest.FromString, ListOperationsResponse.SerializeToString
            ),
            "CancelOperation": grpc.unary_unary_rpc_method_handler(
                cancel_operation,
                CancelOperationRequest.FromString,
                CancelOperationResponse.SerializeToString,
            ),
            "WatchOperation": grpc.unary_stream_rpc_method_handler(
                watch_operation,
                WatchOperationRequest.FromString,
                WatchOperationResponse.SerializeToString,
            ),
        },
    )


def _id(operation_id: str) -> str:
    if not operation_id:
        raise invalid_request("operation_id", "is required")
    return operation_id


async def _page(operations: Operations, request: ListOperationsRequest) -> tuple[list[Operation], str]:
    """The operations that are wanted, and what asks for the next page."""
    size = request.page_size if request.HasField("page_size") else _PAGE
    if not 1 <= size <= _MAX_PAGE:
        raise invalid_request("page_size", f"must be 1 to {_MAX_PAGE}")
    wanted = _wanted(request)
    found: list[Operation] = []
    before = request.page_token
    for _ in range(_MAX_LOOKS):
        page, following = await operations.page(before=before, limit=size)
        for operation in page:
            before = operation.order.operation_id
            if wanted(operation):
                found.append(operation)
            if len(found) == size:
                return found, before
        if not following:
            return found, ""
    return found, before


def _wanted(request: ListOperationsRequest) -> Callable[[Operation], bool]:
    if not set(OperationState.values()).issuperset(request.states):
        raise invalid_request("states", "there is no such state")
    states = {OperationState.Name(state).removeprefix("OPERATION_STATE_") for state in request.states}

    def wanted(operation: Operation) -> bool:
        order = operation.order
        return (
            (not request.table_name or order.table_name == request.table_name)
            and (not request.request_id or order.request_id == request.request_id)
            and (not states or operation.progress.state in states)
        )

    return wanted
