"""`AccessService`: returns the identity of the caller, and what policies permit."""

import re
from typing import Any, TypeAlias

import grpc
from google.protobuf.empty_pb2 import Empty
from google.rpc.code_pb2 import Code

from tableadmin.v1 import (
    CheckAccessRequest,
    CheckAccessResponse,
    EndpointAccess,
    WhoAmIRequest,
    WhoAmIResponse,
    access_service_pb2,
)
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import Failure, invalid_request
from tableadmin_server.security.authorization.approvals import message_of
from tableadmin_server.security.authorization.authorizer import Authorizer
from tableadmin_server.security.authorization.classification import ACTIONS, RPCS, ResourceType, action_of
from tableadmin_server.security.authorization.required_permissions import PLANNED_ACTIONS, RequiredPermission
from tableadmin_server.security.identity import Principal, caller
from tableadmin_server.services.call_metadata import called_endpoint

SERVICE = access_service_pb2.DESCRIPTOR.services_by_name["AccessService"]

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}\Z")
_OF_SERVER = frozenset(
    action_of(method) for method, row in RPCS.items() if row.resource_type is ResourceType.SERVER
)
_OF_ENDPOINTS = frozenset(
    action_of(method)
    for method, row in RPCS.items()
    if row.resource_type is ResourceType.ENDPOINT or (row.resource_type is ResourceType.NONE and row.group)
)

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def handlers(endpoints: Endpoints, authorizer: Authorizer | None) -> "grpc.GenericRpcHandler[Any, Any]":
    """Return the handlers of `AccessService`. Without an AUTHORIZER everything is permitted."""

    async def who_am_i(_request: WhoAmIRequest, _context: Context) -> WhoAmIResponse:
        who = caller()
        return WhoAmIResponse(
            principal=str(who.principal),
            groups=sorted(who.principal.groups),
            proof=who.proof,
            has_policies=authorizer is not None,
            endpoints=[] if authorizer is None else _access(authorizer, endpoints, who.principal),
        )

    async def check_access(request: CheckAccessRequest, context: Context) -> CheckAccessResponse:
        _check(request)
        if authorizer is None:
            called_endpoint(endpoints, context)
            return CheckAccessResponse(permitted=True)
        try:
            endpoint = "" if request.action in _OF_SERVER else called_endpoint(endpoints, context).name
        except Failure as failure:
            if failure.code != Code.NOT_FOUND:
                raise
            # An unknown endpoint looks like an endpoint at which nothing is permitted.
            return CheckAccessResponse(permitted=False)
        permission = RequiredPermission(request.action, request.table_name or None, Empty())
        decision = await authorizer.decide(caller().principal, permission, endpoint)
        return CheckAccessResponse(
            permitted=decision.allowed,
            policies=decision.policies,
            advice=decision.advice,
            required_approvals=map(message_of, decision.required),
            # Only the calls of plans can wait for approval.
            made_by_plans=permission.action in PLANNED_ACTIONS if decision.required else None,
        )

    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            "WhoAmI": grpc.unary_unary_rpc_method_handler(
                who_am_i, WhoAmIRequest.FromString, WhoAmIResponse.SerializeToString
            ),
            "CheckAccess": grpc.unary_unary_rpc_method_handler(
                check_access, CheckAccessRequest.FromString, CheckAccessResponse.SerializeToString
            ),
        },
    )


def _access(authorizer: Authorizer, endpoints: Endpoints, principal: Principal) -> list[EndpointAccess]:
    """The endpoints at which any action may be permitted. The server itself comes first, with the name ""."""
    names = ["", *sorted(each.name for each in endpoints)]
    found = (
        EndpointAccess(
            endpoint=name,
            actions=[
                action
                for action in sorted(ACTIONS)
                if (action in _OF_SERVER) == (not name) and authorizer.may_permit(principal, [action], name)
            ],
        )
        for name in names
    )
    return [each for each in found if each.actions]


def _check(request: CheckAccessRequest) -> None:
    """Raise Failure (INVALID_ARGUMENT) for a request with an invalid action or table."""
    if request.action not in ACTIONS:
        raise invalid_request(
            "action", f"{request.action!r} is not an action; use an RPC such as DescribeTable"
        )
    about_table = request.action not in _OF_SERVER | _OF_ENDPOINTS
    if about_table and not _NAME.match(request.table_name):
        raise invalid_request("table_name", f"{request.action} needs the name of a table")
    if request.table_name and not about_table:
        raise invalid_request("table_name", f"must be empty, because {request.action} is not for a table")
