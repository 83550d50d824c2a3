"""The audit record of a change that an operation makes."""

from tableadmin_server.operations.storage.record import OperationSpec
from tableadmin_server.planner import Step
from tableadmin_server.security.audit import redaction
from tableadmin_server.security.audit.record import Act
from tableadmin_server.security.identity import Caller


def act_of(spec: OperationSpec, step: Step, endpoint: str) -> Act:
    """Return the audit act of the call of STEP to ENDPOINT, on behalf of the operation's requester."""
    return Act(
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
