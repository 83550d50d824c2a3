"""Live tables as specs: what DescribeTable returns, and what AWS keeps apart from it. Pure functions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias, cast

from tableadmin.awsshape import AwsDict, AwsValue, from_aws
from tableadmin.formats.aws_cli import cli_json
from tableadmin.formats.text.tree import Record
from tableadmin.v1 import TableSpec, UnmanagedMember
from tableadmin_server.failure import table_not_found
from tableadmin_server.planner.state.live import auto_scaled
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.tables.transitions import is_on

# A part of a table as members of a spec. The list receives a note for each thing that a spec can't hold.
_Members: TypeAlias = Callable[[Snapshot, list[str]], AwsDict]


class Exported(NamedTuple):
    """A table as a spec, and a note for each thing that the spec does not contain."""

    spec: TableSpec
    notes: Sequence[str]


def export_spec(live: Snapshot) -> Exported:
    """LIVE as a spec. Raises Failure (NOT_FOUND) where there is no table."""
    if live.description is None:
        raise table_not_found(live.name)
    notes: list[str] = []
    spec = cli_json.spec_of_description(cast("Record", dict(live.description)), notes)
    for part, members in _PARTS.items():
        why = _missing(live, part)
        if why:
            notes.append(f"table {live.name}: {_NAMES[part]} left out: {why}")
            spec.unmanaged.add(path=part.value, reason=why)
        else:
            spec.MergeFrom(from_aws(members(live, notes), TableSpec))
    if len(_streams(live)) > 1:
        spec.unmanaged.add(path=Part.KINESIS.value, reason="a spec holds one Kinesis data stream")
    spec.unmanaged.extend(_scaled(live))
    return Exported(spec, notes)


def _scaled(live: Snapshot) -> Iterator[UnmanagedMember]:
    """The capacity that Application Auto Scaling manages, with its bounds."""
    for index, scaled in auto_scaled(live).items():
        prefix = f"GlobalSecondaryIndexes[{index}]." if index else ""
        for units, bounds in scaled.bounds.items():
            yield UnmanagedMember(
                path=f"{prefix}ProvisionedThroughput.{units}",
                reason="Application Auto Scaling",
                minimum=bounds.lowest,
                maximum=bounds.highest,
            )


def _streams(live: Snapshot) -> Sequence[AwsDict]:
    """The Kinesis data streams that get the changes of the table."""
    return [each for each in live.elements(Part.KINESIS) if is_on(each, "DestinationStatus")]


def _missing(live: Snapshot, part: Part) -> str:
    """Why PART is not known; "" where it is."""
    if part in live.unsupported:
        return "the endpoint does not support it"
    if part not in live.parts:
        return f"it can't be read while the table is {(live.description or {}).get('TableStatus')}"
    return ""


def _time_to_live(live: Snapshot, notes: list[str]) -> AwsDict:
    del notes
    found = live.structure(Part.TIME_TO_LIVE)
    if not is_on(found, "TimeToLiveStatus"):
        return {}
    return {"TimeToLiveSpecification": {"AttributeName": found["AttributeName"], "Enabled": True}}


def _continuous_backups(live: Snapshot, notes: list[str]) -> AwsDict:
    del notes
    recovery = cast(
        "AwsDict", live.structure(Part.CONTINUOUS_BACKUPS).get("PointInTimeRecoveryDescription") or {}
    )
    if not is_on(recovery, "PointInTimeRecoveryStatus"):
        return {}
    period = _some(recovery, "RecoveryPeriodInDays")
    return {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, **period}}


def _tags(live: Snapshot, notes: list[str]) -> AwsDict:
    del notes
    # AWS makes the tags of `aws:`, and no spec may have them.
    own: list[AwsValue] = [tag for tag in live.elements(Part.TAGS) if not str(tag["Key"]).startswith("aws:")]
    return {"Tags": own} if own else {}


def _resource_policy(live: Snapshot, notes: list[str]) -> AwsDict:
    del notes
    policy = live.parts[Part.RESOURCE_POLICY]
    return {"ResourcePolicy": policy} if policy else {}


def _contributor_insights(live: Snapshot, notes: list[str]) -> AwsDict:
    del notes
    found = live.structure(Part.CONTRIBUTOR_INSIGHTS)
    if not is_on(found, "ContributorInsightsStatus"):
        return {}
    mode: AwsDict = {"Mode": found["ContributorInsightsMode"]} if found.get("ContributorInsightsMode") else {}
    return {"ContributorInsightsSpecification": {"Enabled": True, **mode}}


def _kinesis(live: Snapshot, notes: list[str]) -> AwsDict:
    on = _streams(live)
    notes += [
        f"table {live.name}: a spec holds one Kinesis data stream: {each['StreamArn']!s} left out"
        for each in on[1:]
    ]
    if not on:
        return {}
    members = _some(on[0], "StreamArn", "ApproximateCreationDateTimePrecision")
    return {"KinesisStreamSpecification": members}


def _some(data: AwsDict, *members: str) -> AwsDict:
    return {member: data[member] for member in members if member in data}


_PARTS: Mapping[Part, _Members] = {
    Part.TIME_TO_LIVE: _time_to_live,
    Part.CONTINUOUS_BACKUPS: _continuous_backups,
    Part.TAGS: _tags,
    Part.RESOURCE_POLICY: _resource_policy,
    Part.CONTRIBUTOR_INSIGHTS: _contributor_insights,
    Part.KINESIS: _kinesis,
}
_NAMES: Mapping[Part, str] = {
    Part.TIME_TO_LIVE: "time to live",
    Part.CONTINUOUS_BACKUPS: "point-in-time recovery",
    Part.TAGS: "tags",
    Part.RESOURCE_POLICY: "resource policy",
    Part.CONTRIBUTOR_INSIGHTS: "Contributor Insights",
    Part.KINESIS: "Kinesis data stream",
}
