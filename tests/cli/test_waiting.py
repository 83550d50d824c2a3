"""When a table is settled, and how it is looked at until it is."""

import pytest

from tableadmin import Client
from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.errors import NotFound
from tableadmin.v1 import CreateTableRequest, TableDescription
from tableadmin.waiting import Condition, deleted, index_built, index_removed, looks, settled, unsettled
from tests.server_process import ServerProcess

ACTIVE: AwsDict = {"TableStatus": "ACTIVE"}


@pytest.mark.parametrize(
    ("described", "pending"),
    [
        ({}, []),
        ({"TableStatus": "UPDATING"}, ["table UPDATING"]),
        ({"TableStatus": "ARCHIVED"}, []),
        ({"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}, []),
        (
            {"GlobalSecondaryIndexes": [{"IndexName": "I", "IndexStatus": "CREATING", "Backfilling": True}]},
            ["index I CREATING, backfilling"],
        ),
        (
            {"GlobalSecondaryIndexes": [{"IndexName": "I", "WarmThroughput": {"Status": "UPDATING"}}]},
            ["warm throughput of index I UPDATING"],
        ),
        ({"VectorIndexes": [{"IndexName": "V", "IndexStatus": "DELETING"}]}, ["vector index V DELETING"]),
        ({"SSEDescription": {"Status": "UPDATING"}}, ["encryption UPDATING"]),
        ({"WarmThroughput": {"Status": "UPDATING"}}, ["warm throughput UPDATING"]),
        (
            {"Replicas": [{"RegionName": "eu-west-1", "ReplicaStatus": "CREATING"}]},
            ["replica eu-west-1 CREATING"],
        ),
        ({"Replicas": [{"RegionName": "eu-west-1", "ReplicaStatus": "CREATION_FAILED"}]}, []),
        (
            {"GlobalTableWitnesses": [{"RegionName": "eu-west-1", "WitnessStatus": "CREATING"}]},
            ["witness eu-west-1 CREATING"],
        ),
        ({"RestoreSummary": {"RestoreInProgress": True}}, ["restore CREATING"]),
    ],
    ids=str,
)
def test_active_is_not_settled(described: AwsDict, pending: list[str]) -> None:
    """A table is settled when none of its statuses ends by itself; what is over for good is settled too."""
    assert pending == unsettled(from_aws({**ACTIVE, **described}, TableDescription))


INDEXED = from_aws(
    {**ACTIVE, "GlobalSecondaryIndexes": [{"IndexName": "I", "IndexStatus": "ACTIVE"}]}, TableDescription
)
PLAIN = from_aws(ACTIVE, TableDescription)


@pytest.mark.parametrize(
    ("condition", "table", "pending"),
    [
        (settled, None, ["table not visible yet"]),
        (settled, PLAIN, []),
        (deleted, None, []),
        (deleted, PLAIN, ["table ACTIVE"]),
        (index_built("I"), PLAIN, ["index I not visible yet"]),
        (index_built("I"), INDEXED, []),
        (index_removed("I"), INDEXED, ["index I still visible"]),
        (index_removed("I"), PLAIN, []),
    ],
)
def test_conditions(condition: Condition, table: TableDescription | None, pending: list[str]) -> None:
    """A condition takes into account that DescribeTable may lag behind a change."""
    assert pending == condition(table)


@pytest.fixture
def slow_client(slow_server: ServerProcess) -> Client:
    """A client of a server whose tables take half a second to change."""
    return Client(slow_server.address)


def _create(client: Client, name: str) -> None:
    client.create_table(
        from_aws(
            {
                "TableName": name,
                "KeySchema": [{"AttributeName": "A", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "A", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
            CreateTableRequest,
        )
    )


def test_looks_until_it_is_over(slow_client: Client, table_name: str) -> None:
    """The last look is the first that has nothing pending, of a table that comes as of one that goes."""
    _create(slow_client, table_name)
    seen = list(looks(slow_client, table_name, timeout=20))
    assert {("table CREATING",)} == {look.pending for look in seen[:-1]}
    assert () == seen[-1].pending
    assert seen[-1].table is not None
    slow_client.delete_table(table_name=table_name)
    seen = list(looks(slow_client, table_name, deleted, timeout=20))
    assert {("table DELETING",)} == {look.pending for look in seen[:-1]}
    assert seen[-1].table is None


def test_looks_slow_down(slow_client: Client, table_name: str) -> None:
    """Pauses grow from a quarter of a second to five while nothing changes, and a timeout ends them."""
    _create(slow_client, table_name)
    pauses: list[float] = []
    waiting = looks(slow_client, table_name, lambda _: ["never"], sleep=pauses.append)
    for _ in range(12):
        next(waiting)
    assert 0.25 == pauses[0]
    assert pauses == sorted(pauses)
    assert 5.0 == pauses[-1]
    with pytest.raises(TimeoutError, match="never"):
        list(looks(slow_client, table_name, lambda _: ["never"], timeout=0.1))


def test_a_table_that_never_comes(
    slow_client: Client, table_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is not there is waited for as long as a new one may take to show, then it is NotFound."""
    monkeypatch.setattr("tableadmin.waiting._UNSEEN", 0.2)
    waiting = looks(slow_client, table_name)
    assert ("table not visible yet",) == next(waiting).pending
    with pytest.raises(NotFound):
        list(waiting)
