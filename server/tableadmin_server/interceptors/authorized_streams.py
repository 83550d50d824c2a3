"""What a stream shows of tables to a principal: events, plans with their denials, and sealed tokens."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from tableadmin.v1 import PlanTablesResponse, StepDenial, WatchGap, WatchResponse
from tableadmin_server.failure import Failure
from tableadmin_server.security.authorization.approvals import RequiredApproval, message_of
from tableadmin_server.security.authorization.asks import step_asks
from tableadmin_server.security.authorization.authorizer import Authorizer
from tableadmin_server.security.authorization.resources import Place, table_in
from tableadmin_server.security.identity import Principal

# Who knows a token and the policies can't make the seal of another caller. What tokens name does not outlive
# the process either.
_SECRET = secrets.token_bytes(32)
_SEAL_BYTES = 16
# The operation of failures that are about no table; those of the service itself have none.
_OF_NO_TABLE = frozenset({None, "ListTables"})
# How messages with a gap begin: with the tag of the field.
_GAP = WatchResponse(gap=WatchGap()).SerializeToString()[:1]


def key_of(principal: Principal, policies: str) -> bytes:
    """The key that seals the resume tokens of PRINCIPAL while the POLICIES with this hash decide."""
    text = f"{principal}\n{sorted(principal.groups)}\n{policies}"
    return blake2b(text.encode(), key=_SECRET, digest_size=32).digest()


def unsealed(token: bytes, key: bytes) -> bytes:
    """TOKEN without its seal; raises Failure (ABORTED) for one that was not sealed with KEY as it is."""
    bare = token[:-_SEAL_BYTES]
    if not hmac.compare_digest(token[-_SEAL_BYTES:], _seal_of(bare, key)):
        raise policies_changed()
    return bare


def sealed(message: bytes, key: bytes) -> bytes:
    """MESSAGE, a serialized WatchResponse, with its token sealed; messages that follow each other merge."""
    token = WatchResponse.FromString(message).resume_token
    if not token:
        return message
    return message + WatchResponse(resume_token=token + _seal_of(token, key)).SerializeToString()


def _seal_of(token: bytes, key: bytes) -> bytes:
    return blake2b(token, key=key, digest_size=_SEAL_BYTES).digest()


def nameless(message: bytes) -> bytes:
    """MESSAGE of a watch, without what the endpoint has answered to polls of tables of others.

    An outage is told to all watches of an endpoint, and a poll of any table may have met it.
    """
    if message[:1] != _GAP:
        return message
    shown = WatchResponse.FromString(message)
    shown.gap.reason = "polls of the endpoint failed"
    return shown.SerializeToString()


async def nameless_failure(failure: Failure, sees: Callable[[str], Awaitable[bool]]) -> Failure:
    """What a watch is told of FAILURE: a watch that selects tables can be ended by a poll of any table.

    SEES says whether the caller may see a table.
    """
    if failure.metadata.get("operation") in _OF_NO_TABLE:
        return failure
    table = failure.resource and table_in(failure.resource.name)
    if table and await sees(table):
        return failure
    return replace(
        failure,
        message=f"{failure.metadata['operation']}: a table of the watch could not be read",
        resource=None,
        field_violations=(),
        precondition_violations=(),
    )


def table_of_event(message: bytes) -> str:
    """The table that MESSAGE, a serialized WatchResponse, is about; "" where it is about none."""
    return WatchResponse.FromString(message).table.table_name


def policies_changed() -> Failure:
    """The end of a watch that has to begin again with what its caller may see now."""
    return Failure(
        Code.ABORTED,
        "the resume token cannot be used: the token belongs to another caller, or the policies have changed. "
        "Call Watch again without the token",
        reason="RESUME_TOKEN_EXPIRED",
    )


async def note_decisions(
    response: PlanTablesResponse,
    authorizer: Authorizer,
    principal: Principal,
    place: Place,
    at: datetime | None,
) -> None:
    """Say of each step in RESPONSE what policies decide about it for PRINCIPAL, at the time AT or now.

    A step is denied, needs approvals, or neither.
    """
    for step in response.plan.steps:
        call: Message = getattr(step, step.WhichOneof("call") or "create_table")
        required: dict[RequiredApproval, None] = {}
        for ask in step_asks(call, response.table_name, place, at):
            decision = await authorizer.decide(principal, ask, place.endpoint)
            required.update(dict.fromkeys(decision.required))
            if not (decision.allowed or decision.required):
                denial = StepDenial(action=ask.action, policies=decision.policies, advice=decision.advice)
                step.denial.CopyFrom(denial)
                break
        else:
            step.required_approvals.extend(map(message_of, required))
