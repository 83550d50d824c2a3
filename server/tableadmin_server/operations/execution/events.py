"""Log events and audit records of operations."""

import structlog

from tableadmin_server.operations.storage.record import OperationSpec
from tableadmin_server.planner import Step
from tableadmin_server.security.audit import redaction
from tableadmin_server.security.audit.record import Activity
from tableadmin_server.security.identity import Caller

_log = structlog.get_logger()


def log_event(event: str, spec: OperationSpec, endpoint: str, **facts: object) -> None:
    """Log EVENT of the operation of SPEC at ENDPOINT, with those FACTS that are not None."""
    _log.info(
        event,
        operation_id=spec.operation_id,
        table=spec.table_name,
        endpoint=endpoint,
        request_id=spec.request_id,
        principal=str(spec.principal),
        requested_by=spec.requested_by or None,
        peer=spec.caller,
        **{name: value for name, value in facts.items() if value is not None},
    )


def activity_of(spec: OperationSpec, step: Step, endpoint: str) -> Activity:
    """Return the audit activity of the call of STEP to ENDPOINT, on behalf of the operation's requester."""
    return Activity(
        # An operation does not store how its requester was authenticated.
        Caller(spec.principal, "", spec.caller),
        "dynamodb",
        step.operation,
        endpoint,
        (spec.table_name,),
        redaction.of_params(step.params),
        spec.request_id,
        spec.operation_id,
        spec.requested_by,
    )
