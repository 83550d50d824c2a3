"""What a request loses is confirmed, whichever command sends it: the contract says what is lost."""

import json
from collections.abc import Sequence

import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.channel import SERVICE
from tableadmin.contract.effects import effects, effects_of_rpc
from tableadmin.v1 import ChangeClass
from tests.cli.answered import Answered, Exchange
from tests.cli.running import Run

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/Music"
RECOVERY: Exchange = (
    "DescribeContinuousBackups",
    {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": 7,
            },
        }
    },
)
WITHOUT_PERIOD: Exchange = (
    "DescribeContinuousBackups",
    {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"},
        }
    },
)
EXPIRY: Exchange = (
    "DescribeTimeToLive",
    {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}},
)


def recovery(days: int) -> AwsDict:
    """A request for so many days of recovery."""
    specification = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
    return {"TableName": "Music", "PointInTimeRecoverySpecification": specification}


# A request for each effect of the contract that loses or interrupts something, with the answers to reads.
REQUESTS: Sequence[tuple[str, AwsDict, list[Exchange]]] = [
    ("DeleteTable", {"TableName": "Music"}, []),
    ("DeleteTable", {"TableName": ARN}, []),
    ("DeleteBackup", {"BackupArn": f"{ARN}/backup/Music"}, []),
    (
        "UpdateTable",
        {"TableName": "Music", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "Genre"}}]},
        [],
    ),
    ("UpdateTable", {"TableName": "Music", "VectorIndexUpdates": [{"Delete": {"IndexName": "Sound"}}]}, []),
    ("UpdateTable", {"TableName": "Music", "ReplicaUpdates": [{"Delete": {"RegionName": "eu-west-2"}}]}, []),
    (
        "UpdateTable",
        {"TableName": "Music", "ReplicaUpdates": [{"Disassociate": {"RegionName": "eu-west-2"}}]},
        [],
    ),
    (
        "UpdateTable",
        {"TableName": "Music", "GlobalTableWitnessUpdates": [{"Delete": {"RegionName": "eu-west-2"}}]},
        [],
    ),
    ("UpdateTable", {"TableName": "Music", "StreamSpecification": {"StreamEnabled": False}}, []),
    ("UpdateTable", {"TableName": "Music", "SSESpecification": {"Enabled": False}}, []),
    (
        "UpdateTable",
        {"TableName": "Music", "SSESpecification": {"Enabled": True, "KMSMasterKeyId": "another"}},
        [],
    ),
    (
        "UpdateGlobalTable",
        {"GlobalTableName": "Music", "ReplicaUpdates": [{"Delete": {"RegionName": "eu-west-2"}}]},
        [],
    ),
    (
        "UpdateContinuousBackups",
        {"TableName": "Music", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
        [],
    ),
    ("UpdateContinuousBackups", recovery(6), [RECOVERY]),
    (
        "UpdateTimeToLive",
        {"TableName": "Music", "TimeToLiveSpecification": {"Enabled": False, "AttributeName": "expires"}},
        [],
    ),
    (
        "UpdateTimeToLive",
        {"TableName": "Music", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ends"}},
        [EXPIRY],
    ),
    ("UpdateContributorInsights", {"TableName": "Music", "ContributorInsightsAction": "DISABLE"}, []),
    (
        "UpdateTableReplicaAutoScaling",
        {"TableName": "Music", "ProvisionedWriteCapacityAutoScalingUpdate": {"AutoScalingDisabled": True}},
        [],
    ),
    ("DeleteResourcePolicy", {"ResourceArn": ARN}, []),
    ("UntagResource", {"ResourceArn": ARN, "TagKeys": ["team", "stage"]}, []),
    (
        "DisableKinesisStreamingDestination",
        {"TableName": "Music", "StreamArn": "arn:aws:kinesis:eu-west-1:1:stream/changes"},
        [],
    ),
    ("CancelBulkOperation", {"BulkOperationArn": f"{ARN}/bulk/Music"}, []),
]


def _request(rpc: str, members: AwsDict) -> Message:
    return from_aws(members, GetMessageClass(SERVICE.methods_by_name[rpc].input_type))


def test_each_effect_is_tried() -> None:
    """Each effect of the contract that loses or interrupts something has a request here."""
    tried = [effect for rpc, members, _ in REQUESTS for effect in effects(_request(rpc, members))]
    for rpc in SERVICE.methods_by_name:
        for effect in effects_of_rpc(rpc):
            assert effect.change_class == ChangeClass.CHANGE_CLASS_IN_PLACE or effect in tried


@pytest.mark.parametrize(("rpc", "request_", "answers"), REQUESTS)
def test_any_rpc_asks(answered: Answered, rpc: str, request_: AwsDict, answers: list[Exchange]) -> None:
    """`call` asks before it sends a request that loses something, and only reads before that."""
    ran = answered("call", rpc, json.dumps(request_), answers=[*answers, (rpc, {})])
    assert (64, "", [name for name, _ in answers]) == (ran.code, ran.out, [name for name, _ in ran.asked])
    assert ran.err.startswith(f"tablectl: {rpc} Music: ")
    assert effects(_request(rpc, request_))[-1].description in ran.err
    assert ran.err.endswith("Without a terminal, tablectl requires --yes\n")
    assert 0 == answered("call", rpc, json.dumps(request_), "--yes", answers=[(rpc, {})]).code


@pytest.mark.parametrize(
    ("rpc", "request_", "answers"),
    [
        ("UpdateContinuousBackups", recovery(8), [RECOVERY]),
        (
            "UpdateTimeToLive",
            {"TableName": "Music", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ends"}},
            [("DescribeTimeToLive", {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}})],
        ),
        ("UpdateTable", {"TableName": "Music", "StreamSpecification": {"StreamEnabled": True}}, []),
        ("UpdateTable", {"TableName": "Music", "DeletionProtectionEnabled": False}, []),
        ("DeleteTable", {}, []),
    ],
)
def test_what_loses_nothing_is_sent(
    answered: Answered, rpc: str, request_: AwsDict, answers: list[Exchange]
) -> None:
    """A longer recovery period, a first time to live and a stream lose nothing, and nobody is asked."""
    ran = answered("call", rpc, json.dumps(request_), answers=[*answers, (rpc, {})])
    assert (0, "") == (ran.code, ran.err)


@pytest.mark.parametrize(
    ("arguments", "answers", "words"),
    [
        (["table", "update", "Music", "--stream", "off"], [], "the stream ends"),
        (
            [
                *("table", "update", "Music", "--cli-input-json"),
                json.dumps(
                    {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": each}} for each in "AB"]}
                ),
            ],
            [],
            "the index is deleted, and queries of the index fail",
        ),
        (["pitr", "enable", "Music", "--days", "1"], [RECOVERY], "older than the period are deleted"),
        (["pitr", "enable", "Music", "--days", "34"], [WITHOUT_PERIOD], "older than the period are deleted"),
        (
            ["ttl", "enable", "Music", "ends"],
            [EXPIRY],
            "a time in the past are deleted",
        ),
        (["ttl", "disable", "Music"], [EXPIRY], "items no longer expire"),
        (["tag", "remove", "Music", "team"], [], "the tags are removed"),
    ],
    ids=[
        "stream off",
        "two indexes",
        "shorter recovery",
        "a period that is not shown",
        "another attribute",
        "no expiry",
        "tags",
    ],
)
def test_commands_ask_for_their_effect(
    answered: Answered, arguments: list[str], answers: list[Exchange], words: str
) -> None:
    """A command of which only some uses lose something asks in those."""
    ran = answered(*arguments, answers=[*answers, ("DescribeTable", {})])
    assert (64, "") == (ran.code, ran.out)
    assert words in ran.err
    assert ran.err.endswith("Without a terminal, tablectl requires --yes\n")


def test_the_name_is_typed(tablectl: Run, table: str) -> None:
    """Where it is confirmed, the change is made."""
    assert 0 == tablectl("table", "update", table, "--stream", "NEW_IMAGE", "--wait").returncode
    assert 64 == tablectl("table", "update", table, "--stream", "off").returncode
    assert 0 == tablectl("table", "update", table, "--stream", "off", "--yes").returncode
