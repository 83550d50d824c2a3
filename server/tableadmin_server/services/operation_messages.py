"""Converts operations to messages of the contract."""

import json

from tableadmin.awsshape import from_aws
from tableadmin.awsshape.times import timestamp
from tableadmin.v1 import (
    Approval,
    ApprovalRequest,
    ApprovalStep,
    CallOutcome,
    Operation,
    OperationCall,
    OperationError,
    OperationState,
    TableSpec,
)
from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution.approval import missing_approvals
from tableadmin_server.operations.storage import record
from tableadmin_server.security.authorization.approvals import message_of


def operation_message(operation: record.Operation, *, with_spec: bool = False) -> Operation:
    """Return OPERATION as a message, with the table spec if WITH_SPEC."""
    spec, status = operation.spec, operation.status
    return Operation(
        operation_id=spec.operation_id,
        table_name=spec.table_name,
        state=OperationState.Value(f"OPERATION_STATE_{status.state}"),
        request_id=spec.request_id,
        requested_by=spec.requested_by,
        caller=spec.caller,
        create_time=timestamp(spec.created),
        update_time=timestamp(status.updated),
        end_time=timestamp(status.ended),
        calls=map(_call, status.calls),
        waits=status.waits,
        remaining_calls=status.remaining_calls,
        error=None if status.error is None else _error(status.error),
        cancel_requested=operation.cancel_requested,
        differences=status.differences,
        server=status.server,
        # A later version of the service may have written unknown members, which are left out.
        spec=from_aws(spec.table_spec, TableSpec, []) if with_spec else None,
        approval_request=_approval_request(status),
        approvals=map(_approval, status.approvals),
        not_before=timestamp(spec.not_before),
    )


def unreadable_message(operation_id: str, why: Failure) -> Operation:
    """Return the message of an operation whose record can't be read. WHY is the error."""
    return Operation(
        operation_id=operation_id,
        state=OperationState.OPERATION_STATE_UNREADABLE,
        error=OperationError(code=why.code, reason=why.reason, message=why.message),
    )


def _approval_request(status: record.OperationStatus) -> ApprovalRequest | None:
    request = status.approval_request
    if request is None:
        return None
    return ApprovalRequest(
        steps=[
            ApprovalStep(
                summary=step.summary,
                operation=step.operation,
                request=json.dumps(step.params, ensure_ascii=False),
                required_approvals=map(message_of, step.required),
            )
            for step in request.steps
        ],
        fingerprint=request.fingerprint,
        create_time=timestamp(request.created),
        expire_time=timestamp(request.expires),
        missing_approvals=map(message_of, missing_approvals(status)),
    )


def _approval(approval: record.Approval) -> Approval:
    return Approval(
        principal=approval.principal,
        groups=approval.groups,
        rejected=approval.rejected,
        comment=approval.comment,
        time=timestamp(approval.at),
        fingerprint=approval.fingerprint,
    )


def _call(call: record.Call) -> OperationCall:
    return OperationCall(
        summary=call.summary,
        operation=call.operation,
        request=json.dumps(call.params, ensure_ascii=False),
        start_time=timestamp(call.began),
        end_time=timestamp(call.ended),
        outcome=CallOutcome.Value(f"CALL_OUTCOME_{call.outcome}"),
        aws_request_id=call.aws_request_id,
        attempts=call.attempts,
        error=call.error,
        server=call.server,
    )


def _error(error: record.OperationError) -> OperationError:
    return OperationError(
        code=error.code,
        reason=error.reason,
        message=error.message,
        aws_error_code=error.aws_error_code,
        aws_request_id=error.aws_request_id,
        call=error.call,
        left=error.left,
    )
