"""Operations as messages of the contract."""

import json
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from tableadmin.awsshape import from_aws
from tableadmin.v1 import (
    CallOutcome,
    Operation,
    OperationCall,
    OperationError,
    OperationState,
    TableSpec,
)
from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.record import Call, Trouble
from tableadmin_server.operations.storage.record import Operation as Record


def operation_message(record: Record, *, spec: bool = False) -> Operation:
    """RECORD as a message, with the SPEC if that is wanted."""
    order, progress = record.order, record.progress
    return Operation(
        operation_id=order.operation_id,
        table_name=order.table_name,
        state=OperationState.Value(f"OPERATION_STATE_{progress.state}"),
        request_id=order.request_id,
        requested_by=order.requested_by,
        caller=order.caller,
        create_time=_timestamp(order.created),
        update_time=_timestamp(progress.updated),
        end_time=_timestamp(progress.ended),
        calls=map(_call, progress.calls),
        waits=progress.waits,
        remaining_calls=progress.remaining_calls,
        error=None if progress.trouble is None else _error(progress.trouble),
        cancel_requested=record.cancel_requested,
        server=progress.server,
        # A later version of the service may have written members that this one does not know.
        spec=from_aws(order.spec, TableSpec, []) if spec else None,
    )


def unreadable_message(operation_id: str, why: Failure) -> Operation:
    """The message of an operation whose record can't be read, and WHY."""
    return Operation(
        operation_id=operation_id,
        state=OperationState.OPERATION_STATE_UNREADABLE,
        error=OperationError(code=why.code, reason=why.reason, message=why.message),
    )


def _call(call: Call) -> OperationCall:
    return OperationCall(
        summary=call.summary,
        operation=call.operation,
        request=json.dumps(call.params, ensure_ascii=False),
        start_time=_timestamp(call.began),
        end_time=_timestamp(call.ended),
        outcome=CallOutcome.Value(f"CALL_OUTCOME_{call.outcome}"),
        aws_request_id=call.aws_request_id,
        attempts=call.attempts,
        error=call.error,
        server=call.server,
    )


def _error(trouble: Trouble) -> OperationError:
    return OperationError(
        code=trouble.code,
        reason=trouble.reason,
        message=trouble.message,
        aws_error_code=trouble.aws_error_code,
        aws_request_id=trouble.aws_request_id,
        call=trouble.call,
        left=trouble.left,
    )


def _timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp
