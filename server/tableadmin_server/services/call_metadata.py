"""The metadata of calls: which endpoint a call is about, and what the answer says beside the response."""

from typing import Any, TypeAlias

import grpc

# In the metadata of a call: the name of the endpoint.
ENDPOINT_KEY = "tableadmin-endpoint"
# In the trailing metadata: the id that AWS gave the request.
AWS_REQUEST_ID_KEY = "aws-request-id"
# In the trailing metadata: what AWS answered and the contract does not know, as JSON.
UNKNOWN_KEY = "tableadmin-unknown-bin"

# The services' own messages differ, and this looks at none.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def endpoint_name(context: Context) -> str | None:
    """The endpoint that the call's metadata names; None for the default."""
    for key, value in context.invocation_metadata() or ():
        if key == ENDPOINT_KEY:
            return str(value)
    return None
