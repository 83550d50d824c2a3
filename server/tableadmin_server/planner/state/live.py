"""The state of a live table, as AWS's reads return it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
    of_one_mode,
    parse_definition,
)
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.tables.transitions import is_on


class Bounds(NamedTuple):
    """The lowest and the highest capacity that auto scaling sets, None where the endpoint does not say it."""

    lowest: int | None
    highest: int | None

    @property
    def in_words(self) -> str:
        """` between 5 and 50`, "" where the bounds are not known."""
        return "" if None in self else f" between {self.lowest} and {self.highest}"


@dataclass(frozen=True)
class AutoScaled:
    """Which capacity of a table or index Application Auto Scaling changes, by the name of the units."""

    bounds: Mapping[str, Bounds]

    @property
    def read(self) -> bool:
        """Whether auto scaling changes the read capacity."""
        return "ReadCapacityUnits" in self.bounds

    @property
    def write(self) -> bool:
        """Whether auto scaling changes the write capacity."""
        return "WriteCapacityUnits" in self.bounds


def auto_scaled(live: Snapshot) -> Mapping[str, AutoScaled]:
    """What Application Auto Scaling moves, by index name, "" for the table, as far as the endpoint shows."""
    scaled: dict[str, AutoScaled] = {}
    for replica in elements(live.structure(Part.AUTO_SCALING), "Replicas"):
        if replica.get("RegionName") == live.region:
            scaled[""] = _scaling(replica, "ReplicaProvisioned")
            for index in elements(replica, "GlobalSecondaryIndexes"):
                scaled[text(index, "IndexName")] = _scaling(index, "Provisioned")
    return {scope: each for scope, each in scaled.items() if each.bounds}


def _scaling(holder: AwsDict, prefix: str) -> AutoScaled:
    settings = {
        f"{kind}CapacityUnits": structure(holder, f"{prefix}{kind}CapacityAutoScalingSettings")
        for kind in ("Read", "Write")
    }
    return AutoScaled(
        {
            units: Bounds(number(each, "MinimumUnits"), number(each, "MaximumUnits"))
            for units, each in settings.items()
            if each.get("ScalingPolicies") and not each.get("AutoScalingDisabled")
        }
    )


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
    state = parse_definition(table, going)
    state.billing_mode = text(structure(table, "BillingModeSummary"), "BillingMode", PROVISIONED)
    state = of_one_mode(state)
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


def _add_parts(state: TableState, live: Snapshot) -> None:
    time_to_live = live.structure(Part.TIME_TO_LIVE)
    if is_on(time_to_live, "TimeToLiveStatus"):
        state.time_to_live = text(time_to_live, "AttributeName")
    recovery = structure(live.structure(Part.CONTINUOUS_BACKUPS), "PointInTimeRecoveryDescription")
    if is_on(recovery, "PointInTimeRecoveryStatus"):
        state.recovery_days = number(recovery, "RecoveryPeriodInDays") or RECOVERY_DAYS
    insights = live.structure(Part.CONTRIBUTOR_INSIGHTS)
    if is_on(insights, "ContributorInsightsStatus"):
        state.insights = text(insights, "ContributorInsightsMode", DEFAULT_MODE)
    state.kinesis = {
        text(each, "StreamArn"): text(each, "ApproximateCreationDateTimePrecision", DEFAULT_PRECISION)
        for each in live.elements(Part.KINESIS)
        if is_on(each, "DestinationStatus")
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
    if not is_on(description, "Status") or description.get("SSEType") == "AES256":
        return None
    return text(description, "KMSMasterKeyArn")
