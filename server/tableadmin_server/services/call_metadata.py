"""The metadata of calls: which endpoint a call is about, and what the answer says beside the response."""

from typing import Any, TypeAlias

import grpc

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.endpoints import Endpoints

# In the metadata of a call: the name of the endpoint.
ENDPOINT_KEY = "tableadmin-endpoint"
# In the trailing metadata: the id that AWS gave the request.
AWS_REQUEST_ID_KEY = "aws-request-id"
# In the trailing metadata: what AWS answered and the contract does not know, as JSON.
UNKNOWN_KEY = "tableadmin-unknown-bin"

# The services' own messages differ, and this looks at none.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def called_endpoint(endpoints: Endpoints, context: Context) -> Endpoint:
    """The endpoint that the metadata of the call names, or the default; raises Failure for a wrong name."""
    for key, value in context.invocation_metadata() or ():
        if key == ENDPOINT_KEY:
            return endpoints.named(str(value))
    return endpoints.named(None)
