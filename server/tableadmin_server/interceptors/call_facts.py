"""The facts of a call for logs and audit: caller, endpoint, names, request ids and outcome."""

import asyncio
from dataclasses import replace
from itertools import chain, islice

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code

from tableadmin_server.bounds import parse_bounded
from tableadmin_server.config.endpoint import ENDPOINT_NAME
from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.identity import USER_AGENT_KEY, metadata_value, readable_peer
from tableadmin_server.interceptors.wrapping import Context
from tableadmin_server.security.audit.audit import outcome_of
from tableadmin_server.security.audit.record import Outcome
from tableadmin_server.security.audit.requests import found_tables, method_of, named_resources
from tableadmin_server.security.identity import Caller, caller

# Keys in the metadata of a call, and in the trailing metadata of its answer.
_ENDPOINT_KEY = "tableadmin-endpoint"
_REQUEST_ID_KEY = "tableadmin-request-id"
_AWS_REQUEST_ID_KEY = "aws-request-id"

# The largest number of names, and of characters of a text that the caller chose.
_MAX_NAMES = 20
MAX_TEXT = 256
_MALFORMED = "(malformed name)"
# The code of calls of unauthenticated callers, whose requests are not parsed.
UNKNOWN_CALLER = "UNAUTHENTICATED"


def caller_of(context: Context) -> Caller:
    """Return the caller of the call; if it was not identified, an unknown caller with the call's address."""
    known = caller()
    if known.peer and 0 < len(known.user_agent) <= MAX_TEXT:
        return known
    user_agent = known.user_agent or metadata_value(context.invocation_metadata(), USER_AGENT_KEY)
    return replace(known, peer=known.peer or readable_peer(context.peer()), user_agent=user_agent[:MAX_TEXT])


def endpoint_of(context: Context, default: str) -> str:
    """Return the name of the call's endpoint, DEFAULT if the call names none.

    A malformed name is not returned, because it may be a token in the wrong place.
    """
    name = metadata_value(context.invocation_metadata(), _ENDPOINT_KEY, default)
    return name if ENDPOINT_NAME.fullmatch(name) else _MALFORMED


def request_id_of(context: Context) -> str:
    """Return the request id of the call."""
    return metadata_value(context.trailing_metadata(), _REQUEST_ID_KEY)


def aws_request_id_of(context: Context) -> str:
    """Return AWS's request id, "" if no request reached AWS."""
    return metadata_value(context.trailing_metadata(), _AWS_REQUEST_ID_KEY)


def outcome(context: Context, error: BaseException | None) -> Outcome:
    """Return the outcome of a call whose handler has raised ERROR, or nothing (None)."""
    if error is None:
        return Outcome(aws_request_id=aws_request_id_of(context))
    if isinstance(error, Failure):
        return outcome_of(error)
    # A cancelled stream ends with either.
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return Outcome("CANCELLED")
    if isinstance(error, grpc.aio.AbortError):
        return Outcome(_name_of(context.code()))
    return Outcome("INTERNAL", "INTERNAL")


def code_when_left(context: Context) -> str:
    """Return the code of a call whose task gRPC has cancelled: by the client, or at the deadline."""
    remaining = context.time_remaining()
    return "DEADLINE_EXCEEDED" if remaining is not None and remaining <= 0 else "CANCELLED"


def _name_of(code: int | grpc.StatusCode) -> str:
    """The name of CODE, which grpc.aio keeps in the type that was passed to `abort`."""
    return code.name if isinstance(code, grpc.StatusCode) else Code.Name(code)


async def request_of(method: str, payload: object) -> Message | None:
    """Return PAYLOAD as a request of METHOD, None for a stream of requests or malformed bytes."""
    found = method_of(method)
    if found is None or not isinstance(payload, bytes):
        return None
    try:
        return await parse_bounded(GetMessageClass(found.input_type).FromString, payload)
    except Failure:
        return None


def names_in(request: Message | None) -> tuple[str, ...]:
    """Return the first 20 tables, ARNs and ids of REQUEST and of the call."""
    names = chain(() if request is None else named_resources(request), found_tables())
    return tuple(name[:MAX_TEXT] for name in islice(names, _MAX_NAMES))
