"""The state of a live table, as AWS's reads return it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, number, structure, text
from tableadmin_server.planner.state.cooldown import Cooldown
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

_OFF = frozenset({"", "DISABLED", "DISABLING"})
_KINESIS_OFF = frozenset({"DISABLED", "DISABLING", "ENABLE_FAILED"})


class Part(StrEnum):
    """A part of a table that is not in its description, and has operations that an endpoint may not have.

    The value is the member of a spec.
    """

    TIME_TO_LIVE = "TimeToLiveSpecification"
    CONTINUOUS_BACKUPS = "PointInTimeRecoverySpecification"
    TAGS = "Tags"
    RESOURCE_POLICY = "ResourcePolicy"
    CONTRIBUTOR_INSIGHTS = "ContributorInsightsSpecification"
    KINESIS = "KinesisStreamSpecification"


@dataclass(frozen=True)
class AutoScaled:
    """Which capacity of a table or index Application Auto Scaling changes."""

    read: bool = False
    write: bool = False


@dataclass(frozen=True)
class Live:
    """What was read of a table.

    `description` is None where there is no such table. The parts are answers of Describe operations without
    the outer member: `time_to_live` is a TimeToLiveDescription, `continuous_backups` a
    ContinuousBackupsDescription, `contributor_insights` the whole answer, `kinesis` the list of destinations.
    A part is None where it was not read. Time to live, recovery, insights and Kinesis then count as off. Tags
    and policy then count as unknown, and a plan leaves them as they are. `resource_policy` is "" for a table
    without a policy. `auto_scaled` is by index name, "" for the table. `changed` is when the caller last made
    a change of each kind that has a cooldown, as far as the caller knows.
    """

    name: str
    description: AwsDict | None = None
    time_to_live: AwsDict | None = None
    continuous_backups: AwsDict | None = None
    tags: Sequence[AwsDict] | None = None
    resource_policy: str | None = None
    contributor_insights: AwsDict | None = None
    kinesis: Sequence[AwsDict] | None = None
    auto_scaled: Mapping[str, AutoScaled] = field(default_factory=dict)
    unsupported: frozenset[Part] = frozenset()
    changed: Mapping[Cooldown, datetime] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The region of the table, "" where it is not known."""
        arn = text(self.description or {}, "TableArn").split(":")
        return arn[3] if len(arn) > 3 else ""  # noqa: PLR2004  # arn:partition:dynamodb:REGION:account:table/name

    @property
    def exists(self) -> bool:
        """Whether there is a table, and it is not being deleted."""
        return self.description is not None and self.description.get("TableStatus") != "DELETING"


def live_state(live: Live) -> TableState | None:
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


def _add_parts(state: TableState, live: Live) -> None:
    time_to_live = live.time_to_live or {}
    if text(time_to_live, "TimeToLiveStatus") not in _OFF:
        state.time_to_live = text(time_to_live, "AttributeName")
    recovery = structure(live.continuous_backups or {}, "PointInTimeRecoveryDescription")
    if text(recovery, "PointInTimeRecoveryStatus") not in _OFF:
        state.recovery_days = number(recovery, "RecoveryPeriodInDays") or RECOVERY_DAYS
    insights = live.contributor_insights or {}
    if text(insights, "ContributorInsightsStatus") not in _OFF | {"FAILED"}:
        state.insights = text(insights, "ContributorInsightsMode", DEFAULT_MODE)
    state.kinesis = {
        text(each, "StreamArn"): text(each, "ApproximateCreationDateTimePrecision", DEFAULT_PRECISION)
        for each in live.kinesis or ()
        if each.get("DestinationStatus") not in _KINESIS_OFF
    }
    state.policy = None if live.resource_policy is None else canonical(live.resource_policy)
    state.tags = None if live.tags is None else _own_tags(live.tags)


def _own_tags(tags: Sequence[AwsDict]) -> dict[str, str]:
    """TAGS without those of AWS, which only AWS may change."""
    pairs = ((text(tag, "Key"), text(tag, "Value")) for tag in tags)
    return {key: value for key, value in pairs if not key.lower().startswith("aws:")}


def _encryption(table: AwsDict) -> str | None:
    description = structure(table, "SSEDescription")
    if text(description, "Status") in _OFF or description.get("SSEType") == "AES256":
        return None
    return text(description, "KMSMasterKeyArn")
