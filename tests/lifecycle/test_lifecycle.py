"""The life of a table, through a real client, channel and server, on each engine."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import pytest

from tableadmin import Client, NotFound, Unimplemented
from tableadmin.awsshape import AwsDict
from tests.engines import ENGINES, Engine
from tests.lifecycle.tables import (
    GENRE_AND_PRICE,
    IGNORED,
    MISSING,
    ON_DEMAND,
    THROUGHPUT,
    attributes,
    deleted,
    described,
    index,
    index_creation,
    index_names,
    key,
    local_index,
    members,
    send,
    settled,
    table,
)
from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

THREE = attributes("Artist", "SongTitle", "Genre")
FOUR = attributes("Artist", "SongTitle", "Genre", "Price")
TEN: AwsDict = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}
STREAM: AwsDict = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def ignores(engine: Engine, member: str) -> bool:
    """Whether the engine accepts the member and does nothing about it."""
    return member in IGNORED[engine.name]


def needs(engine: Engine, *operations: str) -> None:
    """Skip what the engine does not have; that it is UNIMPLEMENTED there is a test of its own."""
    missing = MISSING[engine.name].intersection(operations)
    if missing:
        pytest.skip(f"{engine.name} has no {', '.join(missing)}")


def test_tour(client: Client, engine: Engine, table_name: str, caplog: pytest.LogCaptureFixture) -> None:
    """A table is created, given more throughput and an index, described, listed and deleted."""
    created = send(client, "CreateTable", table(table_name))["TableDescription"]
    assert table_name == cast("AwsDict", created)["TableName"]
    assert members(settled(client, table_name), "KeySchema", "AttributeDefinitions") == {
        "KeySchema": key("Artist", "SongTitle"),
        "AttributeDefinitions": attributes("Artist", "SongTitle"),
    }

    send(client, "UpdateTable", {"TableName": table_name, "ProvisionedThroughput": TEN})
    throughput = cast("AwsDict", settled(client, table_name)["ProvisionedThroughput"])
    assert members(throughput, *TEN) == TEN

    send(client, "UpdateTable", index_creation(table_name, index(ProvisionedThroughput=TEN)))
    indexes = settled(client, table_name).get("GlobalSecondaryIndexes", [])
    if not ignores(engine, "GlobalSecondaryIndexUpdates"):
        (made,) = cast("list[AwsDict]", indexes)
        assert members(made, "IndexName", "KeySchema", "Projection.ProjectionType", "IndexStatus") == {
            "IndexName": GENRE_AND_PRICE,
            "KeySchema": key("Genre", "Price"),
            "Projection.ProjectionType": "ALL",
            "IndexStatus": "ACTIVE",
        }
        assert members(cast("AwsDict", made["ProvisionedThroughput"]), *TEN) == TEN

    assert table_name in client.list_tables().table_names

    send(client, "DeleteTable", {"TableName": table_name})
    deleted(client, table_name)
    assert table_name not in client.list_tables().table_names
    with pytest.raises(NotFound):
        described(client, table_name)
    # The client warns of what AWS answers and the contract does not know.
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(table("T"), id="provisioned"),
        pytest.param(table("T", **ON_DEMAND), id="on demand"),
        pytest.param(
            table("T", AttributeDefinitions=FOUR, GlobalSecondaryIndexes=[index()]), id="global index"
        ),
        pytest.param(
            table("T", AttributeDefinitions=THREE, LocalSecondaryIndexes=[local_index()]), id="local index"
        ),
        pytest.param(table("T", StreamSpecification=STREAM), id="stream"),
        pytest.param(table("T", DeletionProtectionEnabled=True), id="deletion protection"),
    ],
)
def test_description_is_boto3s(
    client: Client, direct: "DynamoDBClient", table_name: str, request_: AwsDict
) -> None:
    """DescribeTable says exactly what boto3 says of the same table, member for member."""
    send(client, "CreateTable", {**request_, "TableName": table_name})
    here = settled(client, table_name)
    assert direct.describe_table(TableName=table_name)["Table"] == here


def test_on_demand_and_back(client: Client, table_name: str) -> None:
    """A table is switched from provisioned throughput to on-demand and back."""
    send(client, "CreateTable", table(table_name))
    settled(client, table_name)
    send(client, "UpdateTable", {"TableName": table_name, "BillingMode": "PAY_PER_REQUEST"})
    assert members(settled(client, table_name), "BillingModeSummary.BillingMode") == {
        "BillingModeSummary.BillingMode": "PAY_PER_REQUEST"
    }
    provisioned: AwsDict = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": THROUGHPUT}
    send(client, "UpdateTable", {"TableName": table_name, **provisioned})
    throughput = cast("AwsDict", settled(client, table_name)["ProvisionedThroughput"])
    assert members(throughput, *THROUGHPUT) == THROUGHPUT


def test_index_is_deleted(client: Client, engine: Engine, table_name: str) -> None:
    """An index that came with the table is given more throughput, and deleted."""
    send(
        client,
        "CreateTable",
        table(table_name, AttributeDefinitions=FOUR, GlobalSecondaryIndexes=[index()]),
    )
    assert {GENRE_AND_PRICE} == index_names(settled(client, table_name))
    if ignores(engine, "GlobalSecondaryIndexUpdates"):
        pytest.skip(f"{engine.name} changes no indexes")
    raised: AwsDict = {"Update": {"IndexName": GENRE_AND_PRICE, "ProvisionedThroughput": TEN}}
    send(client, "UpdateTable", {"TableName": table_name, "GlobalSecondaryIndexUpdates": [raised]})
    (made,) = cast("list[AwsDict]", settled(client, table_name)["GlobalSecondaryIndexes"])
    assert members(cast("AwsDict", made["ProvisionedThroughput"]), *TEN) == TEN
    removed: AwsDict = {"Delete": {"IndexName": GENRE_AND_PRICE}}
    send(client, "UpdateTable", {"TableName": table_name, "GlobalSecondaryIndexUpdates": [removed]})
    assert set() == index_names(settled(client, table_name))


def test_stream(client: Client, engine: Engine, table_name: str) -> None:
    """A stream is turned on and off."""
    if ignores(engine, "StreamSpecification"):
        pytest.skip(f"{engine.name} has no streams")
    send(client, "CreateTable", table(table_name, StreamSpecification=STREAM))
    made = settled(client, table_name)
    assert STREAM == made["StreamSpecification"]
    assert made["LatestStreamArn"]
    off: AwsDict = {"StreamEnabled": False}
    send(client, "UpdateTable", {"TableName": table_name, "StreamSpecification": off})
    # MiniStack says false where the others say nothing.
    assert not members(settled(client, table_name), "StreamSpecification.StreamEnabled")[
        "StreamSpecification.StreamEnabled"
    ]


def test_deletion_protection(client: Client, engine: Engine, table_name: str) -> None:
    """Deletion protection is turned off and on, and false is not absent."""
    if ignores(engine, "DeletionProtectionEnabled"):
        pytest.skip(f"{engine.name} has no deletion protection")
    send(client, "CreateTable", table(table_name, DeletionProtectionEnabled=True))
    assert settled(client, table_name)["DeletionProtectionEnabled"] is True
    send(client, "UpdateTable", {"TableName": table_name, "DeletionProtectionEnabled": False})
    assert settled(client, table_name)["DeletionProtectionEnabled"] is False


def test_time_to_live(client: Client, engine: Engine, table_name: str) -> None:
    """Time to live is turned on, described, and turned off."""
    needs(engine, "UpdateTimeToLive")
    send(client, "CreateTable", table(table_name))
    settled(client, table_name)
    for enabled, status in ((True, "ENABLED"), (False, "DISABLED")):
        asked: AwsDict = {"Enabled": enabled, "AttributeName": "ExpiresAt"}
        answer = send(client, "UpdateTimeToLive", {"TableName": table_name, "TimeToLiveSpecification": asked})
        assert {"TimeToLiveSpecification": asked} == answer
        told = send(client, "DescribeTimeToLive", {"TableName": table_name})
        assert {"TimeToLiveDescription.TimeToLiveStatus": status} == members(
            told, "TimeToLiveDescription.TimeToLiveStatus"
        )


def test_tags(client: Client, engine: Engine, table_name: str) -> None:
    """Tags are set, listed and removed; a table without any has an empty list of them."""
    needs(engine, "TagResource", "UntagResource", "ListTagsOfResource")
    send(client, "CreateTable", table(table_name))
    arn = settled(client, table_name)["TableArn"]
    team: AwsDict = {"Key": "team", "Value": "music"}
    stage: AwsDict = {"Key": "stage", "Value": ""}
    assert {"Tags": []} == send(client, "ListTagsOfResource", {"ResourceArn": arn})
    assert {} == send(client, "TagResource", {"ResourceArn": arn, "Tags": [team, stage]})
    tags = cast("list[AwsDict]", send(client, "ListTagsOfResource", {"ResourceArn": arn})["Tags"])
    assert [stage, team] == sorted(tags, key=lambda tag: str(tag["Key"]))
    assert {} == send(client, "UntagResource", {"ResourceArn": arn, "TagKeys": ["team"]})
    assert {"Tags": [stage]} == send(client, "ListTagsOfResource", {"ResourceArn": arn})


@pytest.mark.parametrize("operation", ["DescribeLimits", "DescribeEndpoints"])
def test_account(client: Client, engine: Engine, direct: "DynamoDBClient", operation: str) -> None:
    """Limits and endpoints are those that boto3 says."""
    needs(engine, operation)
    answers = {"DescribeLimits": direct.describe_limits, "DescribeEndpoints": direct.describe_endpoints}
    expected = cast("AwsDict", answers[operation]())
    del expected["ResponseMetadata"]
    assert expected == send(client, operation, {})


def test_pages_of_tables(client: Client, table_name: str) -> None:
    """Pages of ListTables are as long as asked, begin after the table named, and the last says so."""
    names = [f"{table_name}-{n}" for n in range(3)]
    try:
        for name in names:
            send(client, "CreateTable", table(name, **ON_DEMAND))
        pages = [send(client, "ListTables", {"Limit": 2, "ExclusiveStartTableName": table_name})]
        while "LastEvaluatedTableName" in pages[-1]:
            last = pages[-1]["LastEvaluatedTableName"]
            assert cast("list[str]", pages[-1]["TableNames"])[-1] == last
            pages.append(send(client, "ListTables", {"Limit": 2, "ExclusiveStartTableName": last}))
        listed = [cast("list[str]", page["TableNames"]) for page in pages]
        assert names == [name for page in listed for name in page][:3]
        assert all(len(page) <= 2 for page in listed)
        assert all(len(page) == 2 for page in listed[:-1])
    finally:
        for name in names:
            deleted(client, name)


@pytest.mark.parametrize(
    ("name", "operation"), [(name, each) for name in ENGINES for each in sorted(MISSING[name])]
)
def test_what_an_engine_does_not_have(
    start_engine: Callable[[str], Engine],
    start_server: Callable[[Engine], ServerProcess],
    name: str,
    operation: str,
) -> None:
    """An operation that the endpoint does not have is UNIMPLEMENTED, and its name is in the error."""
    arn = "arn:aws:dynamodb:us-west-2:000000000000:table/Music"
    requests: dict[str, AwsDict] = {
        "ListTagsOfResource": {"ResourceArn": arn},
        "TagResource": {"ResourceArn": arn, "Tags": [{"Key": "team", "Value": "music"}]},
        "UntagResource": {"ResourceArn": arn, "TagKeys": ["team"]},
        "UpdateTimeToLive": {
            "TableName": "Music",
            "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ExpiresAt"},
        },
    }
    with (
        Client(start_server(start_engine(name)).address) as client,
        pytest.raises(Unimplemented) as raised,
    ):
        send(client, operation, requests.get(operation, {}))
    assert ("UNKNOWN_OPERATION_EXCEPTION", operation) == (raised.value.reason, raised.value.operation)
