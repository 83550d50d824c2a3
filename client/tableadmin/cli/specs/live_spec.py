"""Live tables as specs: what DescribeTable says, and what AWS keeps apart from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from tableadmin.cli.app.session import aws
from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict, AwsValue
    from tableadmin.client import Client
    from tableadmin.formats.tree import Record
    from tableadmin.v1 import TableSpec

# Of a table's name and ARN, the members of a spec that a part of the table says.
_Read: TypeAlias = "Callable[[Client, str, str, list[str]], AwsDict]"

_ON = ("ENABLED", "ENABLING", "ACTIVE", "UPDATING")


def read(client: Client, name: str, notes: list[str]) -> TableSpec:
    """The spec of the table NAME as it is; NOTES gets a line for each thing that is left out.

    Raises TableAdminError; not for parts that the endpoint does not have.
    """
    from tableadmin import v1  # noqa: PLC0415 - protobuf
    from tableadmin.awsshape import from_aws  # noqa: PLC0415 - protobuf
    from tableadmin.formats import cli_json  # noqa: PLC0415 - yaml

    table = client.describe_table(table_name=name).table
    spec = cli_json.described(cast("Record", aws(table)), notes)
    for what, part in _PARTS.items():
        spec.MergeFrom(from_aws(_members(what, part, client, (name, table.table_arn), notes), v1.TableSpec))
    return spec


def _members(what: str, part: _Read, client: Client, table: tuple[str, str], notes: list[str]) -> AwsDict:
    from tableadmin.errors import NotFound, Unimplemented  # noqa: PLC0415 - grpc

    try:
        return part(client, *table, notes)
    except (Unimplemented, NotFound) as error:
        if error.aws_code != "PolicyNotFoundException":
            notes.append(f"table {table[0]}: {what} left out: {error.message}")
        return {}


def _time_to_live(client: Client, name: str, arn: str, notes: list[str]) -> AwsDict:
    del arn, notes
    live = client.describe_time_to_live(table_name=name).time_to_live_description
    if word(live, "time_to_live_status") not in _ON:
        return {}
    return {"TimeToLiveSpecification": {"AttributeName": live.attribute_name, "Enabled": True}}


def _point_in_time_recovery(client: Client, name: str, arn: str, notes: list[str]) -> AwsDict:
    del arn, notes
    backups = client.describe_continuous_backups(table_name=name).continuous_backups_description
    recovery = backups.point_in_time_recovery_description
    if word(recovery, "point_in_time_recovery_status") not in _ON:
        return {}
    period: AwsDict = (
        {"RecoveryPeriodInDays": recovery.recovery_period_in_days}
        if recovery.HasField("recovery_period_in_days")
        else {}
    )
    return {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, **period}}


def _tags(client: Client, name: str, arn: str, notes: list[str]) -> AwsDict:
    del name, notes
    tags = client.list_tags_of_resource.items(resource_arn=arn)
    # Those of `aws:` are AWS's own, and no spec may have them.
    own: list[AwsValue] = [aws(tag) for tag in tags if not tag.key.startswith("aws:")]
    return {"Tags": own} if own else {}


def _resource_policy(client: Client, name: str, arn: str, notes: list[str]) -> AwsDict:
    del name, notes
    policy = client.get_resource_policy(resource_arn=arn).policy
    return {"ResourcePolicy": policy} if policy else {}


def _contributor_insights(client: Client, name: str, arn: str, notes: list[str]) -> AwsDict:
    del arn, notes
    insights = client.describe_contributor_insights(table_name=name)
    if word(insights, "contributor_insights_status") not in _ON:
        return {}
    mode: AwsDict = (
        {"Mode": word(insights, "contributor_insights_mode")}
        if insights.HasField("contributor_insights_mode")
        else {}
    )
    return {"ContributorInsightsSpecification": {"Enabled": True, **mode}}


def _kinesis(client: Client, name: str, arn: str, notes: list[str]) -> AwsDict:
    del arn
    answer = client.describe_kinesis_streaming_destination(table_name=name)
    live = [
        each for each in answer.kinesis_data_stream_destinations if word(each, "destination_status") in _ON
    ]
    notes += [
        f"table {name}: a spec holds one Kinesis data stream: {each.stream_arn} left out" for each in live[1:]
    ]
    kept: Sequence[AwsDict] = [
        {
            member: value
            for member, value in aws(each).items()
            if member in ("StreamArn", "ApproximateCreationDateTimePrecision")
        }
        for each in live[:1]
    ]
    return {"KinesisStreamSpecification": kept[0]} if kept else {}


_PARTS: dict[str, _Read] = {
    "time to live": _time_to_live,
    "point-in-time recovery": _point_in_time_recovery,
    "tags": _tags,
    "resource policy": _resource_policy,
    "Contributor Insights": _contributor_insights,
    "Kinesis data stream": _kinesis,
}
