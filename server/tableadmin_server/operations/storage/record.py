"""What is remembered of an operation: who asked for what, what was done, and where it stands."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.identity import ANONYMOUS, Principal

# An AwsDict, in words that msgspec can read: it knows no type that is made of itself.
_Json: TypeAlias = dict[str, Any]


class State(StrEnum):
    """How far an operation is, as the contract's enum has it."""

    PENDING = "PENDING"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    ABORTED = "ABORTED"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in {State.PENDING, State.RUNNING, State.AWAITING_APPROVAL, State.SCHEDULED}

    @property
    def dormant(self) -> bool:
        """Whether no server carries it out until somebody approves, or its time has come."""
        return self in {State.AWAITING_APPROVAL, State.SCHEDULED}


class Outcome(StrEnum):
    """What came of an AWS call, as the contract's enum has it."""

    UNDER_WAY = "UNDER_WAY"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """An AWS call that was made, or is about to be made."""

    summary: str
    operation: str
    params: _Json
    server: str
    began: datetime
    ended: datetime | None = None
    outcome: Outcome = Outcome.UNDER_WAY
    aws_request_id: str = ""
    attempts: int = 1
    # Whether it, or a call before it, was made an earlier time, of which nobody knows what came.
    in_doubt: bool = False
    error: str = ""


class OperationError(msgspec.Struct, frozen=True, kw_only=True):
    """Why an operation ended without success; CODE is a google.rpc.Code."""

    code: int
    reason: str
    message: str
    aws_error_code: str = ""
    aws_request_id: str = ""
    call: str = ""
    left: tuple[str, ...] = ()


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks of a request found: why tables can't be changed as ordered, by table name.

    Where there are no obstacles, all operations of the request may begin, and otherwise none of them.
    """

    obstacles: dict[str, OperationError] = {}


class OperationSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: one table of a request."""

    operation_id: str
    table_name: str
    table_spec: _Json
    request_id: str
    # Of the plan that was agreed to; "" where none was.
    fingerprint: str = ""
    allow_destructive: bool = False
    allow_replacement: bool = False
    requested_by: str = ""
    caller: str = ""
    # For whom each call is authorized.
    principal: Principal = ANONYMOUS
    created: datetime
    # When it may begin.
    not_before: datetime | None = None
    # The traceparent (W3C) of the call that asked for it; "" where there was none.
    trace: str = ""

    @property
    def request_key(self) -> str:
        """See `request_key`."""
        return request_key(self.principal, self.request_id)


def request_key(principal: Principal, request_id: str) -> str:
    """What a request is remembered by: the same id of another principal is another request.

    A request id has printable characters only, so no id is the key of another principal's request.
    """
    return request_id if principal == ANONYMOUS else f"{principal}\n{request_id}"


class ApprovalStep(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a plan that is to be approved, and the approvals that it requires; () where it needs none."""

    summary: str
    operation: str
    params: _Json
    required: tuple[RequiredApproval, ...] = ()


class ApprovalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that is to be approved: its steps, and the fingerprint of the table that it was made for.

    NUMBER counts the requests of an operation: an approval is for one of them. CALLS is the number of calls
    that the operation had made when it began to wait.
    """

    number: int
    steps: tuple[ApprovalStep, ...]
    fingerprint: str
    created: datetime
    expires: datetime
    calls: int = 0

    @property
    def required(self) -> tuple[RequiredApproval, ...]:
        """The approvals that any of the steps requires."""
        return tuple(sorted({each for step in self.steps for each in step.required}))


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """An approval or a rejection, by a PRINCIPAL in GROUPS, of the request of that NUMBER."""

    principal: str
    groups: tuple[str, ...]
    at: datetime
    number: int
    fingerprint: str
    comment: str = ""
    rejected: bool = False


class OperationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is: all of an operation that changes while it goes on."""

    state: State
    updated: datetime
    server: str = ""
    # Of the table that it changes: "" while there is none, and None while any table may be it.
    table_id: str | None = None
    calls: tuple[Call, ...] = ()
    # When what has a cooldown was last changed, by the clock of the server that wrote it down.
    changed: dict[Cooldown, datetime] = {}
    waits: tuple[str, ...] = ()
    remaining_calls: int = 0
    error: OperationError | None = None
    # What of the table is unlike the spec although the operation succeeded.
    differences: tuple[str, ...] = ()
    ended: datetime | None = None
    # What it waits for to be approved, or has waited for last.
    approval_request: ApprovalRequest | None = None
    # While it is dormant: when it begins, or has waited for too long.
    due: datetime | None = None
    # Oldest first.
    approvals: tuple[Approval, ...] = ()


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as it is remembered."""

    spec: OperationSpec
    status: OperationStatus
    cancel_requested: bool = False
