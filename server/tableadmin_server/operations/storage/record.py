"""The record of an operation: its requester and spec, its calls, and its status."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.identity import ANONYMOUS, Principal

# An AwsDict as a type that msgspec supports. msgspec has no recursive types.
_Json: TypeAlias = dict[str, Any]


class State(StrEnum):
    """The state of an operation, with the names of the contract's enum."""

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
        """Whether the operation has ended."""
        return self not in {State.PENDING, State.RUNNING, State.AWAITING_APPROVAL, State.SCHEDULED}

    @property
    def dormant(self) -> bool:
        """Whether the operation waits for approvals or its start time, and no server carries it out."""
        return self in {State.AWAITING_APPROVAL, State.SCHEDULED}


class Outcome(StrEnum):
    """The outcome of an AWS call, with the names of the contract's enum."""

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
    # Whether the outcome of an earlier attempt, or of the call before, is unknown.
    in_doubt: bool = False
    error: str = ""


class OperationError(msgspec.Struct, frozen=True, kw_only=True):
    """Why an operation ended without success. CODE is a google.rpc.Code."""

    code: int
    reason: str
    message: str
    aws_error_code: str = ""
    aws_request_id: str = ""
    call: str = ""
    left: tuple[str, ...] = ()


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the checks of a request. OBSTACLES are the failed checks, by table name.

    Without obstacles all operations of the request start. Otherwise none of them starts.
    """

    obstacles: dict[str, OperationError] = {}


class OperationSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a request: the table's spec, and the options of the request."""

    operation_id: str
    table_name: str
    table_spec: _Json
    request_id: str
    # The fingerprint of the plan that the request is for, "" for none.
    fingerprint: str = ""
    allow_destructive: bool = False
    allow_replacement: bool = False
    requested_by: str = ""
    caller: str = ""
    # The requester, for whom each call is authorized.
    principal: Principal = ANONYMOUS
    created: datetime
    # The start time.
    not_before: datetime | None = None
    # The traceparent (W3C) of the ApplyPlan call, "" for none.
    trace: str = ""

    @property
    def request_key(self) -> str:
        """The key of the record of the request."""
        return request_key(self.principal, self.request_id)


def request_key(principal: Principal, request_id: str) -> str:
    """Return the key of the record of a request. The same id from another principal is another request.

    A request id has only printable characters, so no id equals the key of another principal's request.
    """
    return request_id if principal == ANONYMOUS else f"{principal}\n{request_id}"


class ApprovalStep(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a plan that is to be approved, and the approvals that the call requires."""

    summary: str
    operation: str
    params: _Json
    required: tuple[RequiredApproval, ...] = ()


class ApprovalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that is to be approved: its steps, and the fingerprint of the table.

    NUMBER counts the approval requests of an operation. CALLS is the number of calls that the operation had
    made when it began to wait.
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
    """An approval or a rejection of the approval request NUMBER, by PRINCIPAL as a member of GROUPS."""

    principal: str
    groups: tuple[str, ...]
    at: datetime
    number: int
    fingerprint: str
    comment: str = ""
    rejected: bool = False


class OperationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The members of an operation that change while it runs."""

    state: State
    updated: datetime
    server: str = ""
    # The identity of the operation's table: "" if the table does not exist, None before the first read.
    table_id: str | None = None
    calls: tuple[Call, ...] = ()
    # The time of the last change with each cooldown, by the clock of the server that made the change.
    changed: dict[Cooldown, datetime] = {}
    waits: tuple[str, ...] = ()
    remaining_calls: int = 0
    error: OperationError | None = None
    # The members in which the table differs from the spec although the operation succeeded.
    differences: tuple[str, ...] = ()
    ended: datetime | None = None
    # The newest approval request.
    approval_request: ApprovalRequest | None = None
    # Of a dormant operation: its start time, or the end of the time to approve it.
    due: datetime | None = None
    # Oldest first.
    approvals: tuple[Approval, ...] = ()
    # How much more the table costs a month after the plan before the first call, in US dollars, for policies.
    # None if it is not known.
    cost_increase: Decimal | None = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as it is stored."""

    spec: OperationSpec
    status: OperationStatus
    cancel_requested: bool = False
