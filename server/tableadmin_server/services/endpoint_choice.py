"""Which endpoint a call is about."""

from typing import Any, TypeAlias

import grpc

ENDPOINT_KEY = "tableadmin-endpoint"

# The services' own messages differ, and this looks at none.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def endpoint_name(context: Context) -> str | None:
    """The endpoint that the call's metadata names; None for the default."""
    for key, value in context.invocation_metadata() or ():
        if key == ENDPOINT_KEY:
            return str(value)
    return None
