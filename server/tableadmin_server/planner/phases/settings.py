"""Steps that change one setting of the table: deletion protection, table class, encryption."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.rules.update_table import UpdateKind


def protection_off(builder: PlanBuilder) -> Iterator[Step]:
    """Deletion protection off, as the first step of a plan."""
    if builder.at.deletion_protection and not builder.to.deletion_protection:
        yield _protection(builder, on=False)


def protection_on(builder: PlanBuilder) -> Iterator[Step]:
    """Deletion protection on, as the last step of a plan."""
    if builder.to.deletion_protection and not builder.at.deletion_protection:
        yield _protection(builder, on=True)


def table_class(builder: PlanBuilder) -> Iterator[Step]:
    """The table class."""
    at, to = builder.at, builder.to
    if at.table_class != to.table_class:
        at.table_class = to.table_class
        summary = f"change the table class to {to.table_class}"
        yield builder.update(UpdateKind.TABLE_CLASS, summary, {"TableClass": to.table_class})


def encryption(builder: PlanBuilder) -> Iterator[Step]:
    """The KMS key of encryption at rest."""
    at, to = builder.at, builder.to
    if at.encryption != to.encryption:
        at.encryption = to.encryption
        specification: AwsDict = {"SSESpecification": _key(to.encryption)}
        yield builder.update(
            UpdateKind.ENCRYPTION, "change encryption", specification, ("encryption settled",)
        )


def _protection(builder: PlanBuilder, *, on: bool) -> Step:
    builder.at.deletion_protection = on
    return builder.update(
        UpdateKind.DELETION_PROTECTION,
        f"turn deletion protection {'on' if on else 'off'}",
        {"DeletionProtectionEnabled": on},
        cooldown=Cooldown.DELETION_PROTECTION,
    )


def _key(key: str | None) -> AwsDict:
    if key is None:
        return {"Enabled": False}
    return {"Enabled": True, "SSEType": "KMS", **({"KMSMasterKeyId": key} if key else {})}
