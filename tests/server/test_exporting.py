"""Live tables as specs."""

from typing import cast

import pytest
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict, AwsValue, to_aws
from tableadmin_server.exporting import export_spec
from tableadmin_server.failure import Failure
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot

TABLE: AwsDict = {
    "TableName": "Music",
    "TableStatus": "ACTIVE",
    "TableArn": "arn:aws:dynamodb:us-west-2:123456789012:table/Music",
    "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
}
SPEC = {
    "TableName": "Music",
    "AttributeDefinitions": TABLE["AttributeDefinitions"],
    "KeySchema": TABLE["KeySchema"],
    "BillingMode": "PAY_PER_REQUEST",
}
STREAMS = [f"arn:aws:kinesis:us-west-2:123456789012:stream/{name}" for name in "ab"]


OFF: dict[Part, AwsValue] = {
    Part.TIME_TO_LIVE: {"TimeToLiveStatus": "DISABLED"},
    Part.CONTINUOUS_BACKUPS: {"ContinuousBackupsStatus": "DISABLED"},
    Part.TAGS: [],
    Part.RESOURCE_POLICY: "",
    Part.CONTRIBUTOR_INSIGHTS: {"ContributorInsightsStatus": "DISABLED"},
    Part.KINESIS: [],
}


def live(**parts: AwsValue) -> Snapshot:
    """The table, all of whose parts are off, but for PARTS by name."""
    return Snapshot("Music", TABLE, {**OFF, **{Part[name]: value for name, value in parts.items()}})


def test_a_table_alone() -> None:
    """What is off is not in the spec, and nothing is left out."""
    spec, notes = export_spec(live())
    assert (SPEC, []) == (to_aws(spec), notes)


def test_everything() -> None:
    """Each part becomes its member; AWS's own tags are left out."""
    spec, notes = export_spec(
        live(
            TIME_TO_LIVE={"TimeToLiveStatus": "ENABLING", "AttributeName": "Expires"},
            CONTINUOUS_BACKUPS={
                "PointInTimeRecoveryDescription": {
                    "PointInTimeRecoveryStatus": "ENABLED",
                    "RecoveryPeriodInDays": 7,
                }
            },
            TAGS=[{"Key": "aws:x", "Value": "1"}, {"Key": "team", "Value": "music"}],
            RESOURCE_POLICY="{}",
            CONTRIBUTOR_INSIGHTS={
                "ContributorInsightsStatus": "ENABLED",
                "ContributorInsightsMode": "THROTTLED_KEYS",
            },
            KINESIS=[
                {
                    "StreamArn": STREAMS[0],
                    "DestinationStatus": "ACTIVE",
                    "ApproximateCreationDateTimePrecision": "MICROSECOND",
                }
            ],
        )
    )
    assert [] == notes
    assert to_aws(spec) == {
        **SPEC,
        "TimeToLiveSpecification": {"AttributeName": "Expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
        "Tags": [{"Key": "team", "Value": "music"}],
        "ResourcePolicy": "{}",
        "ContributorInsightsSpecification": {"Enabled": True, "Mode": "THROTTLED_KEYS"},
        "KinesisStreamSpecification": {
            "StreamArn": STREAMS[0],
            "ApproximateCreationDateTimePrecision": "MICROSECOND",
        },
    }


def test_what_is_left_out() -> None:
    """A note names each part that the endpoint lacks, that can't be read now, or that a spec can't hold."""
    streams = [{"StreamArn": each, "DestinationStatus": "ACTIVE"} for each in STREAMS]
    seen: dict[Part, AwsValue] = {**OFF, Part.KINESIS: cast("AwsValue", streams)}
    del seen[Part.TAGS], seen[Part.RESOURCE_POLICY]
    description: AwsDict = {**TABLE, "TableStatus": "CREATING"}
    snapshot = Snapshot("Music", description, seen, unsupported=frozenset({Part.RESOURCE_POLICY}))
    spec, notes = export_spec(snapshot)
    assert STREAMS[0] == spec.kinesis_stream_specification.stream_arn
    assert notes == [
        "table Music: tags left out: it can't be read while the table is CREATING",
        "table Music: resource policy left out: the endpoint does not support it",
        f"table Music: a spec holds one Kinesis data stream: {STREAMS[1]} left out",
    ]


def test_no_table() -> None:
    """A table that does not exist has no spec."""
    with pytest.raises(Failure) as raised:
        export_spec(Snapshot("Music"))
    assert (Code.NOT_FOUND, "TABLE_NOT_FOUND") == (raised.value.code, raised.value.reason)


def test_what_is_not_known_is_not_managed() -> None:
    """A part that the endpoint lacks, a second Kinesis stream and scaled capacity are left to the table."""
    scaling: AwsDict = {"ScalingPolicies": [{"PolicyName": "p"}], "MinimumUnits": 5, "MaximumUnits": 50}
    replica: AwsDict = {
        "RegionName": "us-west-2",
        "ReplicaProvisionedReadCapacityAutoScalingSettings": scaling,
        "GlobalSecondaryIndexes": [
            {"IndexName": "Genre", "ProvisionedWriteCapacityAutoScalingSettings": scaling}
        ],
    }
    streams: list[AwsDict] = [{"StreamArn": arn, "DestinationStatus": "ACTIVE"} for arn in STREAMS]
    seen = live(KINESIS=cast("AwsValue", streams), AUTO_SCALING={"Replicas": [replica]})
    parts: dict[Part, AwsValue] = {part: value for part, value in seen.parts.items() if part is not Part.TAGS}
    spec, _ = export_spec(Snapshot("Music", TABLE, parts, frozenset({Part.TAGS})))
    bounds = {"Reason": "Application Auto Scaling", "Minimum": 5, "Maximum": 50}
    assert [
        {"Path": "Tags", "Reason": "the endpoint does not support it"},
        {"Path": "KinesisStreamSpecification", "Reason": "a spec holds one Kinesis data stream"},
        {"Path": "ProvisionedThroughput.ReadCapacityUnits", **bounds},
        {"Path": "GlobalSecondaryIndexes[Genre].ProvisionedThroughput.WriteCapacityUnits", **bounds},
    ] == to_aws(spec)["Unmanaged"]
