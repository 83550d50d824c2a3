"""What can be waited for: when it holds, what is awaited, and when it can't come to hold any more."""

import pytest

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin.v1 import WaitCondition, WaitRequest
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.tables.transitions import transitions
from tableadmin_server.watching.conditions import TABLE_CONDITIONS, Condition, Verdict, check
from tests.tables.test_snapshot import index, replica, snapshot
from tests.watching.harness.account import active

ACTIVE = WaitCondition.WAIT_CONDITION_TABLE_ACTIVE
DELETED = WaitCondition.WAIT_CONDITION_TABLE_DELETED
INDEX = WaitCondition.WAIT_CONDITION_INDEX_ACTIVE
INDEX_DELETED = WaitCondition.WAIT_CONDITION_INDEX_DELETED
INDEXES = WaitCondition.WAIT_CONDITION_INDEXES_ACTIVE
SETTLED = WaitCondition.WAIT_CONDITION_SETTLED
TTL = WaitCondition.WAIT_CONDITION_TIME_TO_LIVE_SETTLED
PITR = WaitCondition.WAIT_CONDITION_POINT_IN_TIME_RECOVERY_ENABLED
REPLICA = WaitCondition.WAIT_CONDITION_REPLICA_ACTIVE
STREAM = WaitCondition.WAIT_CONDITION_STREAM_ENABLED
RESTORE = WaitCondition.WAIT_CONDITION_RESTORE_COMPLETED

HOLDS = Verdict()


def pending(*words: str) -> Verdict:
    """It is still awaited."""
    return Verdict(words)


def impossible(why: str) -> Verdict:
    """It can't come to hold any more."""
    return Verdict(impossible=why)


def missing(why: str) -> Verdict:
    """There is no such thing."""
    return Verdict(impossible=why, missing=True)


def verdict(condition: Condition, description: AwsDict | None, **parts: AwsDict) -> Verdict:
    """What is said of the table Music, its index ByX and its replica in eu-west-1."""
    shown = None if description is None else active("Music", **description)
    seen = snapshot("Music", shown, **parts)
    request = WaitRequest(condition=condition, index_name="ByX", region_name="eu-west-1")
    return check(seen, request)


@pytest.mark.parametrize(
    ("condition", "description", "expected"),
    [
        (ACTIVE, {}, HOLDS),
        (ACTIVE, {"TableStatus": "CREATING"}, pending("table: CREATING")),
        (ACTIVE, index(IndexStatus="CREATING"), HOLDS),
        (DELETED, None, HOLDS),
        (DELETED, {}, pending("table: ACTIVE")),
        (DELETED, {"TableStatus": "DELETING"}, pending("table: DELETING")),
        (INDEX, index(), HOLDS),
        (INDEX, index(IndexStatus="CREATING"), pending("index ByX: CREATING")),
        (INDEX, index(IndexStatus="CREATING", Backfilling=True), pending("index ByX: CREATING, backfilling")),
        (INDEX, index(IndexStatus="DELETING"), impossible("index ByX is being deleted")),
        (INDEX, index("ByY"), missing("table Music has no index ByX")),
        (
            INDEX,
            {"VectorIndexes": [{"IndexName": "ByX", "IndexStatus": "CREATING"}]},
            pending("index ByX: CREATING"),
        ),
        (INDEX_DELETED, {}, HOLDS),
        (INDEX_DELETED, None, HOLDS),
        (INDEX_DELETED, index(IndexStatus="DELETING"), pending("index ByX: DELETING")),
        (INDEX_DELETED, {**index(), "TableStatus": "DELETING"}, pending("index ByX: ACTIVE")),
        (INDEXES, {}, HOLDS),
        (INDEXES, index("ByY", IndexStatus="UPDATING"), pending("index ByY: UPDATING")),
        (INDEXES, {"TableStatus": "UPDATING", **index()}, HOLDS),
        (REPLICA, replica(), HOLDS),
        (REPLICA, {"Replicas": [{"RegionName": "eu-west-1"}]}, HOLDS),
        (REPLICA, replica(ReplicaStatus="CREATING"), pending("replica eu-west-1: CREATING")),
        (REPLICA, replica(ReplicaStatus="CREATION_FAILED"), impossible("replica eu-west-1: CREATION_FAILED")),
        (REPLICA, replica(ReplicaStatus="DELETING"), impossible("replica eu-west-1: DELETING")),
        (REPLICA, replica("eu-west-2"), missing("table Music has no replica in eu-west-1")),
        (STREAM, {"StreamSpecification": {"StreamEnabled": True}}, HOLDS),
        (STREAM, {"StreamSpecification": {"StreamEnabled": False}}, pending("stream: disabled")),
        (STREAM, {}, pending("stream: disabled")),
        (RESTORE, {"RestoreSummary": {"RestoreInProgress": False}}, HOLDS),
        (RESTORE, {"RestoreSummary": {"RestoreInProgress": True}}, pending("restore: in progress")),
        (RESTORE, {"TableStatus": "CREATING"}, pending("table: CREATING")),
        (SETTLED, {**index(), **replica()}, HOLDS),
        (
            SETTLED,
            {"TableStatus": "UPDATING", **index(IndexStatus="CREATING"), **replica(ReplicaStatus="UPDATING")},
            pending("table: UPDATING", "index ByX: CREATING", "replica eu-west-1: UPDATING"),
        ),
        (SETTLED, {"SSEDescription": {"Status": "UPDATING"}}, pending("encryption: UPDATING")),
        (SETTLED, {"SSEDescription": {"Status": "ENABLED"}}, HOLDS),
        (SETTLED, {"WarmThroughput": {"Status": "UPDATING"}}, pending("table: warm throughput UPDATING")),
        (
            SETTLED,
            index(WarmThroughput={"Status": "UPDATING"}),
            pending("index ByX: warm throughput UPDATING"),
        ),
        (
            SETTLED,
            {"GlobalTableWitnesses": [{"RegionName": "eu-west-3", "WitnessStatus": "CREATING"}]},
            pending("witness eu-west-3: CREATING"),
        ),
        (SETTLED, {"RestoreSummary": {"RestoreInProgress": True}}, pending("restore: in progress")),
    ],
)
def test_conditions_of_descriptions(
    condition: Condition, description: dict[str, AwsValue] | None, expected: Verdict
) -> None:
    """What DescribeTable shows decides, as AWS's statuses mean it."""
    assert expected == verdict(condition, description)


@pytest.mark.parametrize("status", ["ENABLING", "DISABLING"])
@pytest.mark.parametrize("condition", [TTL, SETTLED])
def test_time_to_live(condition: Condition, status: str) -> None:
    """Time to live is settled when it is neither being enabled nor being disabled."""
    assert pending(f"time to live: {status}") == verdict(
        condition, {}, time_to_live={"TimeToLiveStatus": status}
    )
    for rest in ("ENABLED", "DISABLED"):
        assert HOLDS == verdict(condition, {}, time_to_live={"TimeToLiveStatus": rest})
    assert HOLDS == verdict(condition, {})


def test_recovery() -> None:
    """Point-in-time recovery is waited for until it is ENABLED."""
    for status, expected in (
        ("ENABLED", HOLDS),
        ("DISABLED", pending("point-in-time recovery: DISABLED")),
    ):
        recovery: AwsDict = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}}
        assert expected == verdict(PITR, {}, continuous_backups=recovery)
    assert pending("point-in-time recovery: DISABLED") == verdict(PITR, {})


@pytest.mark.parametrize(
    "condition", [each for each in TABLE_CONDITIONS if each not in {DELETED, INDEX_DELETED}]
)
def test_table_that_goes(condition: Condition) -> None:
    """A table that is deleted is missing, and one that is DELETING can't come to be anything."""
    assert missing("the table Music does not exist") == verdict(condition, None)
    assert impossible("table Music is being deleted") == verdict(condition, {"TableStatus": "DELETING"})


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"TableStatus": "ARCHIVED"},
        {"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"},
        replica(ReplicaStatus="REGION_DISABLED"),
        {"SSEDescription": {"Status": "DISABLED"}},
    ],
)
def test_at_rest(description: dict[str, AwsValue]) -> None:
    """What nothing but a change of somebody's ends is no transition."""
    assert [] == transitions(Snapshot("Music", active("Music", **description)))


def test_every_condition_is_known() -> None:
    """Each condition of the contract is about a table, or about a backup, an export or an import."""
    others = {
        WaitCondition.WAIT_CONDITION_UNSPECIFIED,
        WaitCondition.WAIT_CONDITION_BACKUP_AVAILABLE,
        WaitCondition.WAIT_CONDITION_EXPORT_COMPLETED,
        WaitCondition.WAIT_CONDITION_IMPORT_COMPLETED,
    }
    assert set(WaitCondition.values()) == {*TABLE_CONDITIONS, *others}
