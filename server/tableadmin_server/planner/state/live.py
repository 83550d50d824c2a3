"""The state of a live table, as AWS's reads return it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, number, structure, text
from tableadmin_server.planner.state.index import UNLIMITED
from tableadmin_server.planner.state.policy import canonical
from tableadmin_server.planner.state.replica import replica_of
from tableadmin_server.planner.state.table_state import (
    DEFAULT_MODE,
    DEFAULT_PRECISION,
    PAY_PER_REQUEST,
    PROVISIONED,
    RECOVERY_DAYS,
    TableState,
    defined,
)
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot

_OFF = frozenset({"", "DISABLED", "DISABLING"})
_KINESIS_OFF = frozenset({"DISABLED", "DISABLING", "ENABLE_FAILED"})


@dataclass(frozen=True)
class AutoScaled:
    """Which capacity of a table or index Application Auto Scaling changes."""

    read: bool = False
    write: bool = False


def auto_scaled(live: Snapshot) -> Mapping[str, AutoScaled]:
    """What Application Auto Scaling moves, by index name, "" for the table, as far as the endpoint shows."""
    scaled: dict[str, AutoScaled] = {}
    for replica in elements(live.structure(Part.AUTO_SCALING), "Replicas"):
        if replica.get("RegionName") == live.region:
            scaled[""] = _settings(replica, "ReplicaProvisioned")
            for index in elements(replica, "GlobalSecondaryIndexes"):
                scaled[text(index, "IndexName")] = _settings(index, "Provisioned")
    return {scope: each for scope, each in scaled.items() if each.read or each.write}


def _settings(holder: AwsDict, prefix: str) -> AutoScaled:
    return AutoScaled(*(_is_scaled(holder, f"{prefix}{kind}Capacity") for kind in ("Read", "Write")))


def _is_scaled(holder: AwsDict, prefix: str) -> bool:
    settings = structure(holder, f"{prefix}AutoScalingSettings")
    return bool(settings.get("ScalingPolicies")) and not settings.get("AutoScalingDisabled")


def live_state(live: Snapshot) -> TableState | None:
    """The state of LIVE, changes in progress taken as made; None without a table, or while it is deleted."""
    table = live.description
    if table is None or not live.exists:
        return None
    going = [
        text(index, "IndexName")
        for member in ("GlobalSecondaryIndexes", "VectorIndexes")
        for index in elements(table, member)
        if index.get("IndexStatus") == "DELETING"
    ]
    state = defined(table, going)
    state.billing_mode = text(structure(table, "BillingModeSummary"), "BillingMode", PROVISIONED)
    _drop_other_mode(state)
    stream = structure(table, "StreamSpecification")
    state.stream = text(stream, "StreamViewType") if stream.get("StreamEnabled") else None
    state.encryption = _encryption(table)
    state.table_class = text(structure(table, "TableClassSummary"), "TableClass", "STANDARD")
    state.deletion_protection = bool(table.get("DeletionProtectionEnabled"))
    state.replicas = {
        region: replica_of(each)
        for each in elements(table, "Replicas")
        if (region := text(each, "RegionName")) != live.region and each.get("ReplicaStatus") != "DELETING"
    }
    _add_parts(state, live)
    return state


def _drop_other_mode(state: TableState) -> None:
    """Leave out the capacity of the other billing mode, which some engines still return."""
    if state.billing_mode == PAY_PER_REQUEST:
        state.throughput = None
        state.indexes = {
            name: replace(index, throughput=None) if index.throughput else index
            for name, index in state.indexes.items()
        }
    else:
        state.on_demand = UNLIMITED
        state.indexes = {
            name: replace(index, on_demand=UNLIMITED) if index.on_demand != UNLIMITED else index
            for name, index in state.indexes.items()
        }


def _add_parts(state: TableState, live: Snapshot) -> None:
    time_to_live = live.structure(Part.TIME_TO_LIVE)
    if text(time_to_live, "TimeToLiveStatus") not in _OFF:
        state.time_to_live = text(time_to_live, "AttributeName")
    recovery = structure(live.structure(Part.CONTINUOUS_BACKUPS), "PointInTimeRecoveryDescription")
    if text(recovery, "PointInTimeRecoveryStatus") not in _OFF:
        state.recovery_days = number(recovery, "RecoveryPeriodInDays") or RECOVERY_DAYS
    insights = live.structure(Part.CONTRIBUTOR_INSIGHTS)
    if text(insights, "ContributorInsightsStatus") not in _OFF | {"FAILED"}:
        state.insights = text(insights, "ContributorInsightsMode", DEFAULT_MODE)
    state.kinesis = {
        text(each, "StreamArn"): text(each, "ApproximateCreationDateTimePrecision", DEFAULT_PRECISION)
        for each in live.elements(Part.KINESIS)
        if each.get("DestinationStatus") not in _KINESIS_OFF
    }
    policy = live.parts.get(Part.RESOURCE_POLICY)
    state.policy = None if policy is None else canonical(str(policy))
    state.tags = _own_tags(live.elements(Part.TAGS)) if Part.TAGS in live.parts else None


def _own_tags(tags: Sequence[AwsDict]) -> dict[str, str]:
    """TAGS without those of AWS, which only AWS may change."""
    pairs = ((text(tag, "Key"), text(tag, "Value")) for tag in tags)
    return {key: value for key, value in pairs if not key.lower().startswith("aws:")}


def _encryption(table: AwsDict) -> str | None:
    description = structure(table, "SSEDescription")
    if text(description, "Status") in _OFF or description.get("SSEType") == "AES256":
        return None
    return text(description, "KMSMasterKeyArn")
