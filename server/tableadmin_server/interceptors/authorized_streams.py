"""The messages of streams, limited to what a principal may see: events, plans and resume tokens."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from tableadmin.v1 import PlanTablesResponse, StepDenial, WatchEvent
from tableadmin_server.failure import Failure
from tableadmin_server.security.authorization.approvals import RequiredApproval, message_of
from tableadmin_server.security.authorization.authorizer import Authorizer
from tableadmin_server.security.authorization.required_permissions import step_permissions
from tableadmin_server.security.authorization.resources import EndpointAccount, table_in
from tableadmin_server.security.identity import Principal

# The secret prevents that a caller computes the seal of another caller. Resume tokens are valid only in this
# process, so the secret is not stored.
_SECRET = secrets.token_bytes(32)
_SEAL_BYTES = 16
# The operations of failures that are not about a table. Failures of the service itself have none.
_OF_NO_TABLE = frozenset({None, "ListTables"})


@lru_cache(1_000)
def key_of(principal: Principal, policies: str) -> bytes:
    """Return the key that seals the resume tokens of PRINCIPAL. POLICIES is the hash of the policies."""
    text = f"{principal}\n{sorted(principal.groups)}\n{policies}"
    return blake2b(text.encode(), key=_SECRET, digest_size=32).digest()


def unseal(token: bytes, key: bytes) -> bytes:
    """Return TOKEN without its seal. Raises Failure (ABORTED) if the seal was not made with KEY."""
    content = token[:-_SEAL_BYTES]
    if not hmac.compare_digest(token[-_SEAL_BYTES:], _seal_of(content, key)):
        raise policies_changed()
    return content


def seal(event: WatchEvent, key: bytes) -> None:
    """Seal the resume token of EVENT, if there is one, with KEY."""
    if event.resume_token:
        event.resume_token += _seal_of(event.resume_token, key)


def _seal_of(token: bytes, key: bytes) -> bytes:
    return blake2b(token, key=key, digest_size=_SEAL_BYTES).digest()


def remove_names(event: WatchEvent) -> None:
    """Replace the reason of a gap.

    All watches of an endpoint report the same outage, whose reason may name a table of another caller.
    """
    if event.HasField("gap"):
        event.gap.reason = "polls of the endpoint failed"


async def nameless_failure(failure: Failure, sees: Callable[[str], Awaitable[bool]]) -> Failure:
    """Return FAILURE of a watch, without a table that the caller may not see.

    SEES tells whether the caller may see a table. A poll of any table can end a watch that selects tables.
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


def policies_changed() -> Failure:
    """Return the Failure of a watch that must begin again, with the tables that its caller may see now."""
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
    account: EndpointAccount,
    at: datetime | None,
) -> None:
    """Add the decisions of policies for PRINCIPAL to each step in RESPONSE, at the time AT (None is now).

    A step is denied, needs approvals, or neither.
    """
    text = response.plan.monthly_cost_increase
    increase = Decimal(text) if text else None
    for step in response.plan.steps:
        call: Message = getattr(step, step.WhichOneof("call") or "create_table")
        required: dict[RequiredApproval, None] = {}
        for permission in step_permissions(call, response.table_name, account, at, increase):
            decision = await authorizer.decide(principal, permission, account.endpoint)
            required.update(dict.fromkeys(decision.required))
            if not (decision.allowed or decision.required):
                denial = StepDenial(
                    action=permission.action, policies=decision.policies, advice=decision.advice
                )
                step.denial.CopyFrom(denial)
                break
        else:
            step.required_approvals.extend(map(message_of, required))
