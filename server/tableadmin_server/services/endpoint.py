"""`EndpointService`: the endpoints of the configuration."""

from typing import Any, TypeAlias

import grpc

from tableadmin.v1 import (
    ConfiguredEndpoint,
    ListEndpointsRequest,
    ListEndpointsResponse,
    endpoint_service_pb2,
)
from tableadmin_server.dynamodb.endpoints import Endpoints

SERVICE = endpoint_service_pb2.DESCRIPTOR.services_by_name["EndpointService"]

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def handlers(endpoints: Endpoints) -> "grpc.GenericRpcHandler[Any, Any]":
    """Return the handlers of `EndpointService` for ENDPOINTS."""
    default = endpoints.named(None)
    response = ListEndpointsResponse(
        endpoints=[
            ConfiguredEndpoint(
                name=each.name,
                region=each.region,
                is_default=each is default,
                is_aws=each.is_aws,
                has_operations=bool(each.own_table),
            )
            for each in sorted(endpoints, key=lambda each: each.name)
        ]
    )

    async def list_endpoints(_request: ListEndpointsRequest, _context: Context) -> ListEndpointsResponse:
        return response

    return grpc.method_handlers_generic_handler(
        SERVICE.full_name,
        {
            "ListEndpoints": grpc.unary_unary_rpc_method_handler(
                list_endpoints,
                ListEndpointsRequest.FromString,
                ListEndpointsResponse.SerializeToString,
            )
        },
    )
