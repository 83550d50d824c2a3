"""What AWS keeps apart from a table's description, each with operations of its own."""

from enum import StrEnum


class Part(StrEnum):
    """A part of a table that an endpoint may not have; its value is the member of a spec."""

    TIME_TO_LIVE = "TimeToLiveSpecification"
    CONTINUOUS_BACKUPS = "PointInTimeRecoverySpecification"
    TAGS = "Tags"
    RESOURCE_POLICY = "ResourcePolicy"
    CONTRIBUTOR_INSIGHTS = "ContributorInsightsSpecification"
    KINESIS = "KinesisStreamSpecification"
