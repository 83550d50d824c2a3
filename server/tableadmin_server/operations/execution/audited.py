"""What the audit records of a change that an operation makes: whom the change is made for."""

from tableadmin_server.operations.storage.record import OperationSpec
from tableadmin_server.planner import Step
from tableadmin_server.security.audit import redaction
from tableadmin_server.security.audit.record import Act
from tableadmin_server.security.identity import Caller


def act_of(spec: OperationSpec, step: Step, endpoint: str) -> Act:
    """The call of STEP to ENDPOINT, for the requester of the operation of SPEC."""
    return Act(
        # Of the call that asked for the operation, the proof of the principal is not kept.
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
