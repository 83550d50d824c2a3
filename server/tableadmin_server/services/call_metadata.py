"""The metadata of calls: the endpoint and the deadline of a call, and the keys of trailing metadata."""

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

# The metadata key of the endpoint's name.
ENDPOINT_KEY = "tableadmin-endpoint"
# The trailing metadata key of AWS's request id.
AWS_REQUEST_ID_KEY = "aws-request-id"
# The trailing metadata key of members that the contract does not know, as JSON.
UNKNOWN_KEY = "tableadmin-unknown-bin"

# A call ends so many seconds before the caller's deadline, so that the caller gets the reason.
_ANSWER_SECONDS = 0.2

# Messages of any service.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def called_endpoint(endpoints: Endpoints, context: Context) -> Endpoint:
    """Return the endpoint that the metadata of the call names, or the default. Raises Failure."""
    names = [str(value) for key, value in context.invocation_metadata() or () if key == ENDPOINT_KEY]
    if len(names) > 1:
        raise Failure(
            Code.INVALID_ARGUMENT,
            f"the metadata {ENDPOINT_KEY} must have one value, but has {len(names)}",
            reason="AMBIGUOUS_ENDPOINT",
        )
    return endpoints.named(names[0] if names else None)


def time_limit(context: Context) -> float | None:
    """Return the seconds until the caller's deadline, minus the time for the answer; None for no deadline."""
    remaining = cast("float | None", context.time_remaining())  # the stubs lack None
    return None if remaining is None else max(remaining - _ANSWER_SECONDS, remaining / 2)


def deadline_of(context: Context) -> float:
    """Return the caller's deadline as a time of the event loop, minus the time for the answer."""
    seconds = time_limit(context)
    return NO_DEADLINE if seconds is None else asyncio.get_running_loop().time() + seconds


async def in_time(answer: Awaitable[T], context: Context, rpc: str, endpoint: Endpoint, *, reads: bool) -> T:
    """Await ANSWER of ENDPOINT to RPC. Raises Failure shortly before the caller's deadline.

    After the deadline the caller could not tell whether the endpoint or the service did not respond.
    """
    seconds = time_limit(context)
    if seconds is None:
        return await answer
    try:
        async with asyncio.timeout(seconds) as limit:
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
