"""The approvals and the start time that an operation waits for. Pure decisions, without I/O."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution import journal
from tableadmin_server.operations.execution.reconcile import End, error_of
from tableadmin_server.operations.storage.record import (
    Approval,
    ApprovalRequest,
    ApprovalStep,
    Operation,
    OperationError,
    OperationSpec,
    OperationStatus,
    State,
)
from tableadmin_server.planner import Plan, Step
from tableadmin_server.security.authorization.approvals import RequiredApproval, remaining_approvals
from tableadmin_server.security.identity import Principal

# The approvals that each step of a plan requires, in the order of the steps.
Required: TypeAlias = Sequence[tuple[RequiredApproval, ...]]


def is_approved(status: OperationStatus, step: Step, required: Collection[RequiredApproval]) -> bool:
    """Whether the call of STEP has the approvals REQUIRED, given for a plan with the same call."""
    request = status.approval_request
    if not required:
        return True
    is_in_plan = request is not None and any(
        (each.operation, each.params) == (step.operation, step.params) for each in request.steps
    )
    return is_in_plan and not remaining_approvals(required, _given(status))


def dormant_status(
    spec: OperationSpec,
    status: OperationStatus,
    plan: Plan,
    required: Required,
    now: datetime,
    timeout: timedelta,
) -> OperationStatus | None:
    """Return the dormant status of an operation that must wait before the first call of PLAN.

    None if the operation may continue. It first waits for the approvals REQUIRED by the steps, for TIMEOUT at
    most, and then for its start time.
    """
    if not all(is_approved(status, *each) for each in zip(plan.steps, required, strict=True)):
        return awaiting_approval(status, plan, required, now, timeout)
    if plan.steps and not status.calls and spec.not_before is not None and now < spec.not_before:
        return awaiting_start(status, spec.not_before, now)
    return None


def missing_approvals(status: OperationStatus) -> tuple[RequiredApproval, ...]:
    """Return the approvals that the operation still waits for."""
    if status.approval_request is None:
        return ()
    return remaining_approvals(status.approval_request.required, _given(status))


def awaiting_approval(
    status: OperationStatus, plan: Plan, required: Required, now: datetime, timeout: timedelta
) -> OperationStatus:
    """Return the status of an operation that waits for the approvals REQUIRED, for TIMEOUT at most."""
    last = status.approval_request
    request = ApprovalRequest(
        number=last.number + 1 if last else 1,
        steps=tuple(
            ApprovalStep(summary=step.summary, operation=step.operation, params=step.params, required=each)
            for step, each in zip(plan.steps, required, strict=True)
        ),
        fingerprint=plan.fingerprint,
        created=now,
        expires=now + timeout,
        calls=len(status.calls),
    )
    return _with_waits(
        replace(
            status,
            state=State.AWAITING_APPROVAL,
            approval_request=request,
            due=request.expires,
            remaining_calls=len(plan.steps),
            updated=now,
        )
    )


def awaiting_start(status: OperationStatus, not_before: datetime, now: datetime) -> OperationStatus:
    """Return the status of an operation that waits for its start time."""
    time = f"{not_before.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return replace(status, state=State.SCHEDULED, due=not_before, waits=(f"not before {time}",), updated=now)


def after_approval(operation: Operation, approval: Approval) -> OperationStatus:
    """Return the status after APPROVAL: PENDING, unless more approvals are missing or it is too early."""
    status = replace(operation.status, approvals=(*operation.status.approvals, approval), updated=approval.at)
    if missing_approvals(status):
        return _with_waits(status)
    not_before = operation.spec.not_before
    if not_before is not None and not_before > approval.at:
        return awaiting_start(status, not_before, approval.at)
    return replace(status, state=State.PENDING, waits=())


def after_rejection(operation: Operation, approval: Approval) -> OperationStatus:
    """Return the last status of an operation that was rejected by APPROVAL."""
    comment = " ".join(approval.comment.split())
    why = f": {comment}" if comment else ""
    status = replace(operation.status, approvals=(*operation.status.approvals, approval))
    message = f"{operation.spec.table_name}: {approval.principal} rejected the operation{why}"
    return _not_done(status, Code.PERMISSION_DENIED, "APPROVAL_REJECTED", message, approval.at)


def after_expiry(operation: Operation, now: datetime) -> OperationStatus:
    """Return the last status of an operation that was not approved in time."""
    waited = "; ".join(map(str, missing_approvals(operation.status)))
    message = f"{operation.spec.table_name}: the operation was not approved in time; it waited for {waited}"
    return _not_done(operation.status, Code.ABORTED, "APPROVAL_EXPIRED", message, now)


def ended_by_drift(operation: Operation, failure: Failure, now: datetime) -> OperationStatus:
    """Return the last status of an operation whose table has changed while it waited, as FAILURE says."""
    return journal.after_end(operation.status, End(_unsuccessful(operation.status), error_of(failure)), now)


def after_cancellation(status: OperationStatus, now: datetime) -> OperationStatus:
    """Return the last status of a dormant operation that was cancelled."""
    return journal.after_end(status, End(State.CANCELLED), now)


def approval_of(
    operation: Operation, principal: Principal, comment: str, now: datetime, *, rejects: bool = False
) -> Approval | None:
    """Return PRINCIPAL's approval (or rejection, if REJECTS) of the plan that OPERATION waits for.

    None if the principal has given the same one before. Raises Failure if the principal may not approve, or
    if the operation does not wait for approval.
    """
    status, request = operation.status, operation.status.approval_request
    if request is None:
        raise _not_awaiting(operation)
    earlier = _earlier(status, str(principal), request.number)
    if earlier is not None and earlier.rejected == rejects:
        return None
    _check_principal(operation, principal)
    if status.state is not State.AWAITING_APPROVAL:
        raise _not_awaiting(operation)
    if now >= request.expires:
        raise _precondition(operation, "APPROVAL_EXPIRED", "the operation was not approved in time")
    return Approval(
        principal=str(principal),
        groups=tuple(sorted({each.group for each in request.required} & principal.groups)),
        at=now,
        number=request.number,
        fingerprint=request.fingerprint,
        comment=comment,
        rejected=rejects,
    )


def is_due(operation: Operation, now: datetime) -> bool:
    """Whether OPERATION, which is dormant, is cancelled, or its start time or its timeout has come."""
    due = operation.status.due
    return operation.cancel_requested or due is None or due <= now


def _check_principal(operation: Operation, principal: Principal) -> None:
    spec, request = operation.spec, operation.status.approval_request
    groups = sorted({each.group for each in request.required}) if request else []
    # Without the groups, which may differ between tokens of the same principal.
    if (principal.type, principal.id) == (spec.principal.type, spec.principal.id):
        message = (
            f"{principal} is the requester of the operation: another member of {' or '.join(groups)} has to "
            "approve or reject it; the requester can cancel it (CancelOperation)"
        )
        raise _denied(operation, "OWN_OPERATION", message)
    if not principal.groups.intersection(groups):
        message = (
            f"{principal} cannot approve or reject the operation: only members of {' or '.join(groups)} can"
        )
        raise _denied(operation, "NOT_AN_APPROVER", message)


def _given(status: OperationStatus) -> Mapping[str, Collection[str]]:
    """The groups for which each principal approved the newest request."""
    request = status.approval_request
    return {
        each.principal: each.groups
        for each in status.approvals
        if request is not None and each.number == request.number and not each.rejected
    }


def _earlier(status: OperationStatus, principal: str, number: int) -> Approval | None:
    """The last approval or rejection by PRINCIPAL of the approval request NUMBER."""
    given = [each for each in status.approvals if (each.principal, each.number) == (principal, number)]
    return given[-1] if given else None


def _with_waits(status: OperationStatus) -> OperationStatus:
    return replace(status, waits=tuple(map(str, missing_approvals(status))))


def _not_done(
    status: OperationStatus, code: int, reason: str, message: str, now: datetime
) -> OperationStatus:
    error = OperationError(code=code, reason=reason, message=message)
    return journal.after_end(status, End(_unsuccessful(status), error), now)


def _unsuccessful(status: OperationStatus) -> State:
    """FAILED, or ABORTED if the operation made no call."""
    return State.FAILED if status.calls else State.ABORTED


def _not_awaiting(operation: Operation) -> Failure:
    state = operation.status.state
    message = f"the operation does not wait for approval: its state is {state}"
    return _precondition(operation, "NOT_AWAITING_APPROVAL", message)


def _precondition(operation: Operation, reason: str, message: str) -> Failure:
    return _failure(operation, Code.FAILED_PRECONDITION, reason, message)


def _denied(operation: Operation, reason: str, message: str) -> Failure:
    return _failure(operation, Code.PERMISSION_DENIED, reason, message)


def _failure(operation: Operation, code: int, reason: str, message: str) -> Failure:
    spec = operation.spec
    metadata = {"operation_id": spec.operation_id, "table": spec.table_name}
    return Failure(code, f"{spec.table_name}: {message}", reason=reason, metadata=metadata)
