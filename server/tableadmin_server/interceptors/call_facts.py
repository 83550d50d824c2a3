"""What can be told of a call: who calls, which endpoint, which names, the request ids, and how it ended."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, islice

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code

from tableadmin_server.bounds import received
from tableadmin_server.config.endpoint import ENDPOINT_NAME
from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.identity import readable_peer
from tableadmin_server.interceptors.wrapping import Context
from tableadmin_server.security.audit.audit import outcome_of
from tableadmin_server.security.audit.record import Outcome
from tableadmin_server.security.audit.requests import found_tables, method_of, named
from tableadmin_server.security.identity import Caller, caller

# In the metadata of a call, and in the trailing metadata of its answer.
_ENDPOINT_KEY = "tableadmin-endpoint"
_USER_AGENT_KEY = "user-agent"
_REQUEST_ID_KEY = "tableadmin-request-id"
_AWS_REQUEST_ID_KEY = "aws-request-id"

# Names that are told at most, and characters of a text that the caller chose.
_MAX_NAMES = 20
MAX_TEXT = 256
_MALFORMED = "(malformed name)"
# The code of calls whose callers are not known, and whose bytes are not parsed.
UNKNOWN_CALLER = "UNAUTHENTICATED"


def caller_of(context: Context) -> Caller:
    """Who makes the call; where that was not found out, an unknown caller at the call's address."""
    known = caller()
    if known.peer and 0 < len(known.user_agent) <= MAX_TEXT:
        return known
    return replace(
        known,
        peer=known.peer or readable_peer(context.peer()),
        user_agent=(known.user_agent or _metadata(context).get(_USER_AGENT_KEY, ""))[:MAX_TEXT],
    )


def endpoint_of(context: Context, default: str) -> str:
    """The endpoint that the call is about; DEFAULT where the call names none.

    What can be no name of an endpoint is not told: it may be a token in the wrong place.
    """
    name = _metadata(context).get(_ENDPOINT_KEY, default)
    return name if ENDPOINT_NAME.fullmatch(name) else _MALFORMED


def request_id_of(context: Context) -> str:
    """The id of the call."""
    return _trailing(context, _REQUEST_ID_KEY)


def aws_request_id_of(context: Context) -> str:
    """The id that AWS gave the request of the call, "" where none reached AWS."""
    return _trailing(context, _AWS_REQUEST_ID_KEY)


def outcome(context: Context, error: BaseException | None) -> Outcome:
    """How a call ends whose handler has raised ERROR, or has raised nothing (None)."""
    if error is None:
        return Outcome(aws_request_id=aws_request_id_of(context))
    if isinstance(error, Failure):
        return outcome_of(error)
    # A stream that its caller leaves ends with either.
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return Outcome("CANCELLED")
    if isinstance(error, grpc.aio.AbortError):
        return Outcome(_name_of(context.code()))
    return Outcome("INTERNAL", "INTERNAL")


def code_when_left(context: Context) -> str:
    """The code of a call whose task gRPC has ended: the client has left, or the deadline has passed."""
    left = context.time_remaining()
    return "DEADLINE_EXCEEDED" if left is not None and left <= 0 else "CANCELLED"


def _name_of(code: int | grpc.StatusCode) -> str:
    """The name of CODE, which grpc.aio keeps as it was given to `abort`."""
    return code.name if isinstance(code, grpc.StatusCode) else Code.Name(code)


async def request_of(method: str, payload: object) -> Message | None:
    """The request of METHOD that PAYLOAD is; None for a stream of requests, and for what can't be read."""
    found = method_of(method)
    if found is None or not isinstance(payload, bytes):
        return None
    try:
        return await received(GetMessageClass(found.input_type).FromString, payload)
    except Failure:
        return None


def names_in(request: Message | None) -> tuple[str, ...]:
    """The tables, ARNs and ids that REQUEST names, and the tables that the call is about: the first 20."""
    names = chain(() if request is None else named(request), found_tables())
    return tuple(name[:MAX_TEXT] for name in islice(names, _MAX_NAMES))


def _metadata(context: Context) -> Mapping[str, str]:
    return {str(key): str(value) for key, value in context.invocation_metadata() or ()}


def _trailing(context: Context, key: str) -> str:
    """The value of KEY in the trailing metadata, "" where there is none."""
    for each, value in context.trailing_metadata() or ():
        if each == key and isinstance(value, str):
            return value
    return ""
