"""The state that a spec describes."""

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, number, structure, text
from tableadmin_server.planner.state.policy import canonical
from tableadmin_server.planner.state.replica import replica_of
from tableadmin_server.planner.state.table_state import (
    DEFAULT_MODE,
    DEFAULT_PRECISION,
    PROVISIONED,
    RECOVERY_DAYS,
    TableState,
    parse_definition,
)


def desired_state(spec: AwsDict) -> TableState:
    """The state of SPEC, a valid TableSpec as an AWS-shaped dict, with AWS's defaults for absent members."""
    state = parse_definition(spec)
    state.billing_mode = text(spec, "BillingMode", PROVISIONED)
    state.stream = _if(spec, "StreamSpecification", "StreamEnabled", "StreamViewType")
    state.encryption = _if(spec, "SSESpecification", "Enabled", "KMSMasterKeyId")
    state.table_class = text(spec, "TableClass", "STANDARD")
    state.deletion_protection = bool(spec.get("DeletionProtectionEnabled"))
    state.policy = canonical(text(spec, "ResourcePolicy"))
    state.tags = {text(tag, "Key"): text(tag, "Value") for tag in elements(spec, "Tags")}
    state.time_to_live = _if(spec, "TimeToLiveSpecification", "Enabled", "AttributeName")
    state.insights = _if(spec, "ContributorInsightsSpecification", "Enabled", "Mode", DEFAULT_MODE)
    recovery = structure(spec, "PointInTimeRecoverySpecification")
    if recovery.get("PointInTimeRecoveryEnabled"):
        state.recovery_days = number(recovery, "RecoveryPeriodInDays") or RECOVERY_DAYS
    kinesis = structure(spec, "KinesisStreamSpecification")
    if kinesis:
        precision = text(kinesis, "ApproximateCreationDateTimePrecision", DEFAULT_PRECISION)
        state.kinesis = {text(kinesis, "StreamArn"): precision}
    state.replicas = {text(each, "RegionName"): replica_of(each) for each in elements(spec, "Replicas")}
    return state


def _if(spec: AwsDict, member: str, switch: str, what: str, default: str = "") -> str | None:
    specification = structure(spec, member)
    return text(specification, what, default) if specification.get(switch) else None
