"""The metadata of calls: which endpoint a call is about, and what the answer says beside the response."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeAlias, TypeVar, cast

import grpc
from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.client.call_queue import NO_DEADLINE
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.dynamodb.endpoints import Endpoints
from tableadmin_server.failure import Failure

T = TypeVar("T")

# In the metadata of a call: the name of the endpoint.
ENDPOINT_KEY = "tableadmin-endpoint"
# In the trailing metadata: the id that AWS gave the request.
AWS_REQUEST_ID_KEY = "aws-request-id"
# In the trailing metadata: what AWS answered and the contract does not know, as JSON.
UNKNOWN_KEY = "tableadmin-unknown-bin"

# Seconds before the caller's deadline at which a call ends, so that the reason gets there.
_ANSWER_SECONDS = 0.2

# The services' own messages differ, and this looks at none.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def called_endpoint(endpoints: Endpoints, context: Context) -> Endpoint:
    """The endpoint that the metadata of the call names, or the default; raises Failure for a wrong name."""
    names = [str(value) for key, value in context.invocation_metadata() or () if key == ENDPOINT_KEY]
    if len(names) > 1:
        raise Failure(
            Code.INVALID_ARGUMENT,
            f"the metadata {ENDPOINT_KEY} must have one value, but has {len(names)}",
            reason="AMBIGUOUS_ENDPOINT",
        )
    return endpoints.named(names[0] if names else None)


def time_limit(context: Context) -> float | None:
    """Seconds until the caller's deadline, less what the answer takes to get there; None if there is none."""
    remaining = cast("float | None", context.time_remaining())  # which the stubs don't know to be None
    return None if remaining is None else max(remaining - _ANSWER_SECONDS, remaining / 2)


def deadline_of(context: Context) -> float:
    """The caller's deadline as a time of the event loop, less what the answer takes to get there."""
    seconds = time_limit(context)
    return NO_DEADLINE if seconds is None else asyncio.get_running_loop().time() + seconds


async def in_time(answer: Awaitable[T], context: Context, rpc: str, endpoint: Endpoint, *, reads: bool) -> T:
    """ANSWER of ENDPOINT to RPC; raises Failure right before the caller's deadline.

    After the deadline the caller would take the service, and not the endpoint, for what is silent.
    """
    try:
        async with asyncio.timeout(time_limit(context)) as limit:
            return await answer
    except TimeoutError:
        if not limit.expired():
            raise
    done = "" if reads else "; a change may have been made"
    raise Failure(
        Code.DEADLINE_EXCEEDED,
        f"{rpc}: the endpoint {endpoint.name!r} did not respond before the deadline of the call{done}",
        reason="ENDPOINT_TIMEOUT",
        metadata={"operation": rpc, "endpoint": endpoint.name},
    )
