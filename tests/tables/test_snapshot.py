"""What differs between two looks at a table."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin.v1 import TableAspect
from tableadmin_server.tables.differences import differences
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot, is_another
from tests.watching.harness.account import active


def snapshot(name: str, description: AwsDict | None, **parts: AwsValue) -> Snapshot:
    """The table NAME with its DESCRIPTION and PARTS, which are named in lower case."""
    return Snapshot(name, description, {Part[part.upper()]: value for part, value in parts.items()})


def seen(description: Mapping[str, AwsValue] | None = None, **parts: AwsDict) -> Snapshot:
    """The table Music with these members, and parts beside them."""
    return snapshot("Music", active("Music", **(description or {})), **parts)


def told(before: Snapshot, after: Snapshot, *, sizes: bool = True) -> list[str]:
    """The differences as `aspect subject: before -> after`."""
    return [
        f"{TableAspect.Name(change.aspect).removeprefix('TABLE_ASPECT_')} {change.subject}: "
        f"{change.before} -> {change.after}"
        for change in differences(before, after, sizes=sizes)
    ]


def index(name: str = "ByX", **members: AwsValue) -> AwsDict:
    """A global secondary index."""
    return {"GlobalSecondaryIndexes": [{"IndexName": name, "IndexStatus": "ACTIVE", **members}]}


def replica(region: str = "eu-west-1", **members: AwsValue) -> AwsDict:
    """A replica."""
    return {"Replicas": [{"RegionName": region, "ReplicaStatus": "ACTIVE", **members}]}


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        ({}, {"TableStatus": "UPDATING"}, 'STATUS : {"TableStatus":"ACTIVE"} -> {"TableStatus":"UPDATING"}'),
        (
            {},
            {"ProvisionedThroughput": {"ReadCapacityUnits": 5}},
            'THROUGHPUT :  -> {"ProvisionedThroughput":{"ReadCapacityUnits":5}}',
        ),
        (
            {"OnDemandThroughput": {"MaxReadRequestUnits": 1}},
            {},
            'THROUGHPUT : {"OnDemandThroughput":{"MaxReadRequestUnits":1}} -> ',
        ),
        (
            {"WarmThroughput": {"Status": "UPDATING"}},
            {"WarmThroughput": {"Status": "ACTIVE"}},
            'THROUGHPUT : {"WarmThroughput":{"Status":"UPDATING"}} -> {"WarmThroughput":{"Status":"ACTIVE"}}',
        ),
        (
            {},
            {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}},
            'BILLING_MODE :  -> {"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"}}',
        ),
        ({}, {"LatestStreamArn": "arn:1"}, 'STREAM :  -> {"LatestStreamArn":"arn:1"}'),
        (
            {},
            {"StreamSpecification": {"StreamEnabled": True}},
            'STREAM :  -> {"StreamSpecification":{"StreamEnabled":true}}',
        ),
        (
            {"SSEDescription": {"Status": "ENABLED"}},
            {"SSEDescription": {"Status": "UPDATING"}},
            'ENCRYPTION : {"SSEDescription":{"Status":"ENABLED"}} -> {"SSEDescription"',
        ),
        (
            {},
            {"DeletionProtectionEnabled": True},
            'DELETION_PROTECTION :  -> {"DeletionProtectionEnabled":true}',
        ),
        (
            {},
            {"TableClassSummary": {"TableClass": "STANDARD"}},
            'TABLE_CLASS :  -> {"TableClassSummary":{"TableClass":"STANDARD"}}',
        ),
        ({"ItemCount": 1}, {"ItemCount": 2}, 'SIZE : {"ItemCount":1} -> {"ItemCount":2}'),
        ({}, {"GlobalTableVersion": "2019.11.21"}, 'OTHER : {"TableName":"Music",'),
        ({}, index(), 'INDEX ByX:  -> {"IndexName":"ByX","IndexStatus":"ACTIVE"}'),
        (index(), {}, 'INDEX ByX: {"IndexName":"ByX","IndexStatus":"ACTIVE"} -> '),
        (
            index(IndexStatus="CREATING", Backfilling=False),
            index(IndexStatus="CREATING", Backfilling=True),
            'INDEX ByX: {"IndexName":"ByX","IndexStatus":"CREATING","Backfilling":false} -> {"IndexName"',
        ),
        (index(ItemCount=1), index(ItemCount=2), 'SIZE ByX: {"ItemCount":1} -> {"ItemCount":2}'),
        (
            index(ProvisionedThroughput={"WriteCapacityUnits": 1}),
            index(ProvisionedThroughput={"WriteCapacityUnits": 2}),
            'THROUGHPUT ByX: {"ProvisionedThroughput":{"WriteCapacityUnits":1}} -> {"ProvisionedThr',
        ),
        ({}, replica(), 'REPLICA eu-west-1:  -> {"RegionName":"eu-west-1","ReplicaStatus":"ACTIVE"}'),
        (
            replica(),
            replica(ReplicaStatus="UPDATING"),
            'REPLICA eu-west-1: {"RegionName":"eu-west-1","ReplicaStatus":"ACTIVE"} -> {"RegionName"',
        ),
    ],
)
def test_differences_of_descriptions(before: AwsDict, after: AwsDict, difference: str) -> None:
    """What DescribeTable shows anew is told by what it is about, before and after as AWS has it."""
    (line,) = told(seen(before), seen(after))
    assert line.startswith(difference)


@pytest.mark.parametrize(
    ("before", "after", "aspect"),
    [
        (
            {"time_to_live": {"TimeToLiveStatus": "ENABLING"}},
            {"time_to_live": {"TimeToLiveStatus": "ENABLED"}},
            "TIME_TO_LIVE",
        ),
        ({}, {"time_to_live": {"TimeToLiveStatus": "ENABLED"}}, "TIME_TO_LIVE"),
        (
            {"continuous_backups": {"ContinuousBackupsStatus": "DISABLED"}},
            {"continuous_backups": {"ContinuousBackupsStatus": "ENABLED"}},
            "CONTINUOUS_BACKUPS",
        ),
        ({"tags": [{"Key": "a", "Value": "1"}]}, {"tags": [{"Key": "a", "Value": "2"}]}, "TAGS"),
        ({"tags": []}, {"tags": [{"Key": "a", "Value": "2"}]}, "TAGS"),
    ],
)
def test_differences_of_parts(before: dict[str, AwsDict], after: dict[str, AwsDict], aspect: str) -> None:
    """Time to live, recovery and tags differ each as one thing."""
    (change,) = differences(seen(**before), seen(**after), sizes=False)
    assert f"TABLE_ASPECT_{aspect}" == TableAspect.Name(change.aspect)
    assert change.before != change.after


def test_no_difference() -> None:
    """The same is the same, and the order of tags, indexes and replicas says nothing."""
    tags: list[AwsDict] = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    indexes: list[AwsDict] = [{"IndexName": "A"}, {"IndexName": "B"}]
    one = snapshot("Music", active("Music", GlobalSecondaryIndexes=indexes), tags=tags)
    other = snapshot("Music", active("Music", GlobalSecondaryIndexes=indexes[::-1]), tags=tags[::-1])
    assert [] == told(one, other)


def test_sizes_only_when_asked_for() -> None:
    """Item counts and sizes count only where they are asked for."""
    before, after = seen(index(ItemCount=1)), seen({**index(ItemCount=2), "TableSizeBytes": 5})
    assert 2 == len(told(before, after, sizes=True))
    assert [] == told(before, after, sizes=False)


def test_what_moves_with_the_clock() -> None:
    """The latest moment to which a table can be restored is no difference; the earliest is."""

    def recovery(earliest: int, latest: int) -> AwsDict:
        description: AwsDict = {
            "EarliestRestorableDateTime": datetime(earliest, 1, 1, tzinfo=UTC),
            "LatestRestorableDateTime": datetime(latest, 1, 1, tzinfo=UTC),
        }
        return {"PointInTimeRecoveryDescription": description}

    before = seen(continuous_backups=recovery(2020, 2021))
    assert [] == told(before, seen(continuous_backups=recovery(2020, 2022)))
    assert 1 == len(told(before, seen(continuous_backups=recovery(2021, 2022))))


def test_only_some_parts() -> None:
    """A snapshot can be had without the parts that others asked for."""
    both = Snapshot(
        "Music",
        active("Music"),
        {Part.TIME_TO_LIVE: {"TimeToLiveStatus": "ENABLED"}, Part.TAGS: [{"Key": "a", "Value": "1"}]},
        unsupported=frozenset({Part.CONTINUOUS_BACKUPS}),
    )
    part = both.only({Part.TAGS})
    assert ({Part.TAGS: [{"Key": "a", "Value": "1"}]}, frozenset()) == (part.parts, part.unsupported)
    assert part is part.only({Part.TAGS})
    assert [] == told(part, both.only({Part.TAGS}))


def test_state() -> None:
    """The message says what the snapshot says; of a table that is deleted, nothing."""
    state = seen({"TableStatus": "UPDATING"}, time_to_live={"TimeToLiveStatus": "ENABLED"}).state
    assert "Music" == state.table.table_name
    assert state.HasField("time_to_live")
    assert not Snapshot("Music").state.HasField("table")


def test_another_table() -> None:
    """A table that was made anew under the same name is another, by its id or by its birth."""
    gone = Snapshot("Music")
    assert is_another(seen(), seen({"TableId": "another"}))
    assert is_another(seen({"CreationDateTime": 1}), seen({"CreationDateTime": 2}))
    assert is_another(gone, seen())
    assert not is_another(seen(), seen({"TableStatus": "DELETING"}))
    assert not is_another(gone, gone)
