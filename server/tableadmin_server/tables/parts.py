"""The parts of a table: its description, and the settings that other AWS operations read, a row each.

A new part is a member of Part, a row of ROWS and, to be watched, a value of `TablePart` and a field of
`TableState` in the contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf.message import Message

from tableadmin.awsshape import AwsValue
from tableadmin.v1 import (
    ContinuousBackupsDescription,
    DescribeContributorInsightsResponse,
    KinesisDataStreamDestination,
    TableAspect,
    TableAutoScalingDescription,
    Tag,
    TimeToLiveDescription,
)


class Part(StrEnum):
    """A part of a table. The value is the member of a spec; the contract's `TablePart` has the same names."""

    DESCRIPTION = "Description"
    TIME_TO_LIVE = "TimeToLiveSpecification"
    CONTINUOUS_BACKUPS = "PointInTimeRecoverySpecification"
    TAGS = "Tags"
    RESOURCE_POLICY = "ResourcePolicy"
    CONTRIBUTOR_INSIGHTS = "ContributorInsightsSpecification"
    KINESIS = "KinesisStreamSpecification"
    INDEX_INSIGHTS = "IndexContributorInsights"
    AUTO_SCALING = "AutoScaling"


@dataclass(frozen=True)
class Status:
    """The status of a part: NAME in words, and MEMBER, which has the status.

    HOLDER is the structure in the part that has the member, "" for the part itself. If the part is a list,
    each element has a status, and LABEL is the member with the name of the element.
    """

    name: str
    member: str
    holder: str = ""
    label: str = ""


@dataclass(frozen=True)
class Row:
    """How a part is read and shown.

    OPERATION is the AWS operation, MEMBER the member of its answer, "" for the whole answer. NAMED_BY is the
    parameter with the table. EACH is a list of indexes in the description: the part is read for each index,
    and is the list of the answers. TOKEN is the parameter and member with the token of the next page. ABSENT
    has the value of the part by the reason of an error that says that the table has no such part.
    """

    operation: str
    member: str
    named_by: str = "TableName"
    each: str = ""
    token: str = ""
    absent: Mapping[str, AwsValue] | None = None
    status: Status | None = None
    # Whether the part is read only of tables with provisioned capacity, and left out if reads are denied.
    provisioned_only: bool = False
    optional: bool = False
    # For watches: whether the part is watched by default, the field of TableState, the type of the field or
    # of its elements, and the aspect of a change.
    watched: bool = False
    field: str = ""
    message: type[Message] | None = None
    aspect: "TableAspect.ValueType" = TableAspect.TABLE_ASPECT_OTHER


# In the order in which parts are read and shown.
ROWS: Mapping[Part, Row] = {
    Part.TIME_TO_LIVE: Row(
        "DescribeTimeToLive",
        "TimeToLiveDescription",
        status=Status("time to live", "TimeToLiveStatus"),
        watched=True,
        field="time_to_live",
        message=TimeToLiveDescription,
        aspect=TableAspect.TABLE_ASPECT_TIME_TO_LIVE,
    ),
    Part.CONTINUOUS_BACKUPS: Row(
        "DescribeContinuousBackups",
        "ContinuousBackupsDescription",
        status=Status(
            "point-in-time recovery", "PointInTimeRecoveryStatus", "PointInTimeRecoveryDescription"
        ),
        watched=True,
        field="continuous_backups",
        message=ContinuousBackupsDescription,
        aspect=TableAspect.TABLE_ASPECT_CONTINUOUS_BACKUPS,
    ),
    Part.TAGS: Row(
        "ListTagsOfResource",
        "Tags",
        named_by="ResourceArn",
        token="NextToken",  # noqa: S106  # the name of a member
        watched=True,
        field="tags",
        message=Tag,
        aspect=TableAspect.TABLE_ASPECT_TAGS,
    ),
    Part.RESOURCE_POLICY: Row(
        "GetResourcePolicy",
        "Policy",
        named_by="ResourceArn",
        absent={"POLICY_NOT_FOUND_EXCEPTION": ""},
        field="resource_policy",
        aspect=TableAspect.TABLE_ASPECT_RESOURCE_POLICY,
    ),
    Part.CONTRIBUTOR_INSIGHTS: Row(
        "DescribeContributorInsights",
        "",
        status=Status("Contributor Insights", "ContributorInsightsStatus"),
        field="contributor_insights",
        message=DescribeContributorInsightsResponse,
        aspect=TableAspect.TABLE_ASPECT_CONTRIBUTOR_INSIGHTS,
    ),
    Part.KINESIS: Row(
        "DescribeKinesisStreamingDestination",
        "KinesisDataStreamDestinations",
        status=Status("Kinesis stream", "DestinationStatus", label="StreamArn"),
        field="kinesis_destinations",
        message=KinesisDataStreamDestination,
        aspect=TableAspect.TABLE_ASPECT_KINESIS,
    ),
    Part.INDEX_INSIGHTS: Row(
        "DescribeContributorInsights",
        "",
        each="GlobalSecondaryIndexes",
        status=Status("Contributor Insights of index", "ContributorInsightsStatus", label="IndexName"),
        field="index_contributor_insights",
        message=DescribeContributorInsightsResponse,
        aspect=TableAspect.TABLE_ASPECT_CONTRIBUTOR_INSIGHTS,
    ),
    Part.AUTO_SCALING: Row(
        "DescribeTableReplicaAutoScaling",
        "TableAutoScalingDescription",
        provisioned_only=True,
        optional=True,
        field="auto_scaling",
        message=TableAutoScalingDescription,
        aspect=TableAspect.TABLE_ASPECT_THROUGHPUT,
    ),
}
