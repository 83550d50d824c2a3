"""Converts plans to messages of the contract."""

import json
from collections.abc import Sequence

from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape import AwsValue, from_aws
from tableadmin.v1 import (
    ChangeClass,
    PlanAction,
    PlannedChange,
    PlannedStep,
    PlanWarning,
    TableError,
    TablePlan,
    UnmanagedMember,
)
from tableadmin_server.failure import Failure
from tableadmin_server.planner import NOT_BILLED, Billed, Change, Plan, Step, time_waits

# The field of each operation's request.
_CALLS = {
    field.message_type.name.removesuffix("Request"): field
    for field in PlannedStep.DESCRIPTOR.oneofs_by_name["call"].fields
    if field.message_type is not None
}


def table_plan(name: str, plan: Plan, *, is_aws: bool, billed: Billed = NOT_BILLED) -> TablePlan:
    """Return PLAN of the table NAME as a message. BILLED has the costs before and after the plan.

    IS_AWS adds the usual duration on AWS to the waits.
    """
    waits = time_waits(plan.steps) if is_aws else [each.waits for each in plan.steps]
    return TablePlan(
        table_name=name,
        action=PlanAction.Value(f"PLAN_ACTION_{plan.action}"),
        changes=map(_change, plan.changes),
        steps=map(_step, plan.steps, waits),
        warnings=[
            PlanWarning(path=each.path, description=each.description, uncertain=each.uncertain or None)
            for each in plan.warnings
        ],
        fingerprint=plan.fingerprint,
        waits=[wait.description for wait in plan.waits],
        refusal=plan.refusal,
        unmanaged=[from_aws(each, UnmanagedMember) for each in plan.unmanaged],
        billed_before=billed.before,
        billed_after=billed.after,
    )


def table_error(failure: Failure) -> TableError:
    """Return FAILURE of one table as a message."""
    return TableError(
        code=failure.code,
        reason=failure.reason,
        message=failure.message,
        aws_error_code=failure.metadata.get("aws_error_code", ""),
        aws_request_id=failure.metadata.get("aws_request_id", ""),
    )


def _change(change: Change) -> PlannedChange:
    return PlannedChange(
        path=change.path,
        before=_json(change.before),
        after=_json(change.after),
        change_class=ChangeClass.Value(f"CHANGE_CLASS_{change.change_class}"),
        skipped=change.skipped,
        effect=change.effect,
    )


def _step(step: Step, waits: Sequence[str]) -> PlannedStep:
    message = PlannedStep(summary=step.summary, waits=waits)
    field = _CALLS[step.operation]
    assert field.message_type is not None
    getattr(message, field.name).CopyFrom(from_aws(step.params, GetMessageClass(field.message_type)))
    return message


def _json(value: AwsValue) -> str:
    return "" if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
