"""The same calls through boto3 and through the drop-in, on each engine: what comes back is equal."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import boto3
import pytest
from botocore.exceptions import WaiterError
from botocore.loaders import create_loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from tableadmin.boto3.drop_in import Client
from tests.engines import ENGINES, Engine, empty
from tests.engines.engine import REGION
from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Either: TypeAlias = "DynamoDBClient | Client"
Steps: TypeAlias = Generator[tuple[str, dict[str, Any]], dict[str, Any], None]

SERVICE = ServiceModel(create_loader().load_service_model("dynamodb", "service-2"), "dynamodb")

_SETTLE_SECONDS = 60.0
# Engines that take the creation of an index and forget it.
_FORGET_INDEXES = {"dynalite"}
# What differs between two tables made one after the other under the same name.
_EACH_ITS_OWN = {"TableId", "LatestStreamArn", "LatestStreamLabel", "BackupArn", "RevisionId", "RequestId"}

_THROUGHPUT = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
_INDEX = {
    "IndexName": "GenreAndPriceIndex",
    "KeySchema": [
        {"AttributeName": "Genre", "KeyType": "HASH"},
        {"AttributeName": "Price", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "ALL"},
    "ProvisionedThroughput": _THROUGHPUT,
}
_DEFINITIONS = [
    {"AttributeName": "Artist", "AttributeType": "S"},
    {"AttributeName": "SongTitle", "AttributeType": "S"},
]
_WITH_INDEX = [
    *_DEFINITIONS,
    {"AttributeName": "Genre", "AttributeType": "S"},
    {"AttributeName": "Price", "AttributeType": "N"},
]
_POLICY = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture(scope="module")
def real(engine: Engine) -> "DynamoDBClient":
    """The client of boto3 as boto3 makes it, retries and all."""
    return boto3.Session(region_name=REGION).client(
        "dynamodb", endpoint_url=engine.url, aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def drop_in(server: ServerProcess) -> Iterator[Client]:
    """The drop-in, through a server in front of the same engine."""
    with Client(server.address) as client:
        yield client


@pytest.fixture
def emptied(engine: Engine) -> Iterator[Engine]:
    """The engine, without tables before and after."""
    empty(engine)
    yield engine
    empty(engine)


def _table(name: str) -> dict[str, Any]:
    return {
        "TableName": name,
        "KeySchema": [
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "SongTitle", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": _DEFINITIONS,
        "ProvisionedThroughput": _THROUGHPUT,
    }


def _refusals(name: str) -> Steps:
    """Requests that boto3, the engine or the service refuses before there is a table."""
    yield "describe_table", {}
    yield "describe_table", {"TableName": name}
    yield "describe_table", {"TableName": "x"}
    yield "describe_table", {"TabelName": name}
    yield "list_tables", {"Limit": "7"}
    yield "list_tables", {"Limit": 0}
    yield "create_table", {"TableName": name}
    yield "create_table", {**_table(name), "KeySchema": [{"AttributeName": "Artist"}]}
    yield "create_table", {**_table(name), "KeySchema": {"AttributeName": "Artist"}}
    yield "create_table", {**_table(name), "ProvisionedThroughput": {"ReadCapacityUnits": None}}
    yield "create_table", {**_table(name), "AttributeDefinitions": []}
    yield "create_table", {**_table(name), "BillingMode": "PAY_PER_REQUEST"}
    yield "create_table", {**_table(name), "GlobalSecondaryIndexes": [_INDEX]}
    yield "update_table", {"TableName": name, "ProvisionedThroughput": _THROUGHPUT}
    yield "delete_table", {"TableName": name}
    yield "describe_time_to_live", {"TableName": name}
    yield "describe_continuous_backups", {"TableName": name}
    yield "describe_backup", {"BackupArn": f"arn:aws:dynamodb:us-west-2:000000000000:table/{name}/backup/0"}
    yield "describe_global_table", {"GlobalTableName": name}
    yield "describe_export", {"ExportArn": f"arn:aws:dynamodb:us-west-2:000000000000:table/{name}/export/0"}
    yield "describe_import", {"ImportArn": f"arn:aws:dynamodb:us-west-2:000000000000:table/{name}/import/0"}


def _not_in_enums(name: str) -> Steps:
    """Requests with values that their enums do not have, which the drop-in refuses in AWS's stead."""
    yield "create_table", {**_table(name), "BillingMode": "FREE"}
    yield "create_table", {**_table(name), "KeySchema": [{"AttributeName": "Artist", "KeyType": "HUSH"}]}
    yield "create_table", {**_table(name), "KeySchema": [{"KeyType": "HUSH"}]}


def _lists(name: str) -> Steps:
    """What can be asked without a table."""
    yield "describe_limits", {}
    yield "describe_endpoints", {}
    yield "list_tables", {}
    yield "list_tables", {"Limit": 1, "ExclusiveStartTableName": name}
    yield "list_backups", {"TableName": name}
    yield "list_global_tables", {}
    yield "list_exports", {}
    yield "list_imports", {}
    yield "list_contributor_insights", {"TableName": name}
    yield "list_bulk_operations", {}


def _table_reads(name: str, arn: str) -> Steps:
    """What can be asked of a table."""
    yield "describe_table", {"TableName": name}
    yield "describe_time_to_live", {"TableName": name}
    yield "describe_continuous_backups", {"TableName": name}
    yield "describe_contributor_insights", {"TableName": name}
    yield "describe_kinesis_streaming_destination", {"TableName": name}
    yield "describe_table_replica_auto_scaling", {"TableName": name}
    yield "list_tags_of_resource", {"ResourceArn": arn}
    yield "get_resource_policy", {"ResourceArn": arn}


def _life(name: str, *, with_index: bool) -> Steps:
    """The life of a table, from its creation to its end; WITH_INDEX it gets one."""
    created = yield (
        "create_table",
        {
            **_table(name),
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            "Tags": [{"Key": "team", "Value": "music"}, {"Key": "empty", "Value": ""}],
        },
    )
    arn = created["TableDescription"]["TableArn"]
    yield "create_table", _table(name)
    yield from _table_reads(name, arn)
    raised = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}
    yield "update_table", {"TableName": name, "ProvisionedThroughput": raised}
    yield "update_table", {"TableName": name, "ProvisionedThroughput": raised}
    yield "update_table", {"TableName": name}
    if with_index:
        yield from _index(name)
    time_to_live = {"AttributeName": "Expires", "Enabled": True}
    yield "update_time_to_live", {"TableName": name, "TimeToLiveSpecification": time_to_live}
    yield "update_time_to_live", {"TableName": name, "TimeToLiveSpecification": time_to_live}
    yield "tag_resource", {"ResourceArn": arn, "Tags": [{"Key": "stage", "Value": "test"}]}
    yield "untag_resource", {"ResourceArn": arn, "TagKeys": ["team"]}
    yield "untag_resource", {"ResourceArn": arn, "TagKeys": []}
    recovery = {"PointInTimeRecoveryEnabled": True}
    yield "update_continuous_backups", {"TableName": name, "PointInTimeRecoverySpecification": recovery}
    yield "update_contributor_insights", {"TableName": name, "ContributorInsightsAction": "ENABLE"}
    yield "put_resource_policy", {"ResourceArn": arn, "Policy": _POLICY}
    yield from _table_reads(name, arn)
    yield "delete_resource_policy", {"ResourceArn": arn}
    yield from _backup(name)
    yield "update_table", {"TableName": name, "DeletionProtectionEnabled": True}
    yield "delete_table", {"TableName": name}
    yield "update_table", {"TableName": name, "DeletionProtectionEnabled": False}
    yield "delete_table", {"TableName": name}
    yield "delete_table", {"TableName": name}


def _index(name: str) -> Steps:
    creation = {"TableName": name, "GlobalSecondaryIndexUpdates": [{"Create": _INDEX}]}
    yield "update_table", {**creation, "AttributeDefinitions": _WITH_INDEX[:-1]}
    yield "update_table", {**creation, "AttributeDefinitions": _WITH_INDEX}
    yield "update_table", {**creation, "AttributeDefinitions": _WITH_INDEX}


def _backup(name: str) -> Steps:
    made = yield "create_backup", {"TableName": name, "BackupName": "first"}
    yield "create_backup", {"TableName": name, "BackupName": ""}
    if "BackupDetails" in made:
        backup = {"BackupArn": made["BackupDetails"]["BackupArn"]}
        yield "describe_backup", backup
        yield "list_backups", {"TableName": name, "TimeRangeLowerBound": datetime(2020, 1, 1)}  # noqa: DTZ001 - boto3 takes it for UTC
        yield "delete_backup", backup


def _outcome(call: Callable[[], Any]) -> dict[str, Any]:
    """What CALL returns, or what can be seen of the exception it raises."""
    try:
        outcome: dict[str, Any] = call()
    except Exception as error:  # noqa: BLE001 - whatever is raised is to be equal
        return {
            "raised": [each.__name__ for each in type(error).mro()],
            "text": str(error),
            "operation": getattr(error, "operation_name", None),
            **getattr(error, "response", {}),
        }
    return outcome


def _run(client: Either, steps: Steps, between: Callable[[], None]) -> list[tuple[str, Any]]:
    """The outcomes of STEPS, each with its name; BETWEEN runs after each."""
    outcomes: list[tuple[str, Any]] = []
    step = next(steps, None)
    while step is not None:
        method, params = step
        outcome = _outcome(lambda: getattr(client, method)(**params))  # noqa: B023 - called at once
        shape = SERVICE.operation_model(client.meta.method_to_api_mapping[method]).output_shape
        modeled = outcome if "raised" in outcome else _modeled(outcome, shape)
        outcomes.append((f"{len(outcomes)} {method}", modeled | _metadata(outcome)))
        between()
        try:
            step = steps.send(outcome)
        except StopIteration:
            step = None
    return outcomes


def _modeled(value: Any, shape: Shape | None) -> Any:  # noqa: ANN401 - any part of an answer
    """VALUE without what botocore's model lacks: MiniStack says more at times, and the drop-in keeps it."""
    if isinstance(shape, StructureShape):
        members = shape.members
        return {key: _modeled(each, members[key]) for key, each in value.items() if key in members}
    return [_modeled(each, shape.member) for each in value] if isinstance(shape, ListShape) else value


def _metadata(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What counts of the metadata of ANSWER: boto3 knows more of HTTP.

    Errors have their message once more beside `Error`, if they spell it as AWS does: DynamoDB Local does not.
    """
    status = answer["ResponseMetadata"]["HTTPStatusCode"] if "ResponseMetadata" in answer else None
    return {"ResponseMetadata": status, "message": None}


def _comparable(value: Any, name: str) -> Any:  # noqa: ANN401 - any answer
    """VALUE without what the table NAME has of its own."""
    if isinstance(value, datetime):
        return ("a time", value.tzinfo is not None)
    if isinstance(value, str):
        # The service makes one line of a message.
        return " ".join(value.replace(name, "the table").split())
    if isinstance(value, dict):
        return {
            key: "its own" if key in _EACH_ITS_OWN else _comparable(each, name) for key, each in value.items()
        }
    return [_comparable(each, name) for each in value] if isinstance(value, list | tuple) else value


def _equal(by_boto3: list[Any], by_drop_in: list[Any]) -> None:
    """The same in both, looked at one by one: what differs is to be readable."""
    assert len(by_boto3) == len(by_drop_in)
    for expected, actual in zip(by_boto3, by_drop_in, strict=True):
        assert expected == actual


def _settled(real: "DynamoDBClient", name: str) -> None:
    """Wait until nothing of the table moves, or it is deleted."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        try:
            table = real.describe_table(TableName=name)["Table"]
        except real.exceptions.ResourceNotFoundException:
            return
        indexes = table.get("GlobalSecondaryIndexes", [])
        statuses = {table["TableStatus"], *(index["IndexStatus"] for index in indexes)}
        if statuses == {"ACTIVE"}:
            return
        time.sleep(0.05)
    raise TimeoutError(name)


def test_a_table_lives_the_same_life(
    emptied: Engine, real: "DynamoDBClient", drop_in: Client, table_name: str
) -> None:
    """Answers and errors from creation to deletion are equal, but for what each table has of its own."""
    # Each has a table of its own: MiniStack remembers some things of a table that is deleted.
    with_index = emptied.name not in _FORGET_INDEXES
    lives = [
        (name, _run(client, _life(name, with_index=with_index), lambda: _settled(real, name)))  # noqa: B023 - called at once
        for name, client in ((f"{table_name}-1", real), (f"{table_name}-2", drop_in))
    ]
    _equal(*(_comparable(outcomes, name) for name, outcomes in lives))


def test_refusals_are_equal(
    emptied: Engine, real: "DynamoDBClient", drop_in: Client, table_name: str
) -> None:
    """What is refused is refused with the same class, text and response; nothing is created."""
    del emptied
    refused = [_run(client, _refusals(table_name), lambda: None) for client in (real, drop_in)]
    _equal(*(_comparable(outcomes, table_name) for outcomes in refused))
    assert real.list_tables()["TableNames"] == []


# DynamoDB Local answers such values with an HTTP 500, which AWS does not.
@pytest.mark.parametrize("engine", ["ministack", "dynalite"], indirect=True)
def test_values_that_enums_lack(real: "DynamoDBClient", drop_in: Client, table_name: str) -> None:
    """A value that an enum does not have is refused in the words of AWS."""
    _equal(*(_run(client, _not_in_enums(table_name), lambda: None) for client in (real, drop_in)))


def test_reads_of_the_same_thing_are_equal(
    emptied: Engine, real: "DynamoDBClient", drop_in: Client, table_name: str
) -> None:
    """Answers about one and the same table are equal to the last member, times included."""
    del emptied
    real.create_table(**_table(table_name))
    _settled(real, table_name)
    arn = real.describe_table(TableName=table_name)["Table"]["TableArn"]
    _equal(*(_run(client, _lists(table_name), lambda: None) for client in (real, drop_in)))
    _equal(*(_run(client, _table_reads(table_name, arn), lambda: None) for client in (real, drop_in)))


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"PageSize": 2},
        {"MaxItems": 3},
        {"PageSize": 2, "MaxItems": 3},
        {"PageSize": 2, "MaxItems": 4},
        {"PageSize": "2", "MaxItems": "5"},
        {"MaxItems": 0},
        {"StartingToken": "Table1"},
    ],
    ids=str,
)
def test_pages_are_equal(
    config: dict[str, Any], five_tables: Engine, real: "DynamoDBClient", drop_in: Client
) -> None:
    """Paginators give the same pages, the same whole, and the same token to go on with."""
    del five_tables
    _equal(_pages(real, config), _pages(drop_in, config))


@pytest.fixture(scope="module")
def five_tables(engine: Engine) -> Iterator[Engine]:
    """An engine with the tables Table0 to Table4 and no other."""
    empty(engine)
    for number in range(5):
        engine.boto3().create_table(**_table(f"Table{number}"))
    yield engine
    empty(engine)


def _pages(client: Either, config: dict[str, Any]) -> list[tuple[str, Any]]:
    """All that a paginator gives for CONFIG, and for the token that it ends with."""
    paginator: Any = client.get_paginator("list_tables")
    seen: list[tuple[str, Any]] = [
        ("page", page | _metadata(page)) for page in paginator.paginate(PaginationConfig=config)
    ]
    found = list(paginator.paginate(PaginationConfig=config).search("TableNames[]"))
    whole = paginator.paginate(PaginationConfig=config).build_full_result()
    seen += [("search", found), ("whole", whole)]
    if "NextToken" not in whole:
        return seen
    following = {**config, "StartingToken": whole["NextToken"]}
    rest = paginator.paginate(PaginationConfig=following).build_full_result()
    return [*seen, ("rest", rest)]


@pytest.mark.parametrize("waiter", ["table_exists", "table_not_exists"])
@pytest.mark.parametrize("name", ["Table0", "NoSuchTable"])
def test_waiters_end_the_same_way(
    waiter: Any,  # noqa: ANN401 - boto3's stubs know literals only
    name: str,
    five_tables: Engine,
    real: "DynamoDBClient",
    drop_in: Client,
) -> None:
    """A waiter returns when its condition holds, and gives up with the same words when it does not."""
    _settled(five_tables.boto3(), "Table0")
    outcomes = [_waited(client, waiter, name) for client in (real, drop_in)]
    _equal(*outcomes)


def _waited(client: Either, waiter: Any, name: str) -> list[tuple[str, Any]]:  # noqa: ANN401 - as above
    try:
        client.get_waiter(waiter).wait(TableName=name, WaiterConfig={"Delay": 0, "MaxAttempts": 2})
    except WaiterError as error:
        return [(str(error), error.last_response | _metadata(error.last_response))]
    return [("came", None)]


@pytest.mark.parametrize("engine", sorted({*ENGINES} - _FORGET_INDEXES), indirect=True)
def test_indexes_can_be_waited_for(
    emptied: Engine, real: "DynamoDBClient", drop_in: Client, table_name: str
) -> None:
    """`index_active` returns once the index is there and filled, `index_not_exists` once it is deleted."""
    del emptied
    drop_in.create_table(**_table(table_name))
    patience = {"Delay": 0.05, "MaxAttempts": 400}
    drop_in.get_waiter("table_exists").wait(TableName=table_name, WaiterConfig=patience)
    drop_in.update_table(
        TableName=table_name,
        AttributeDefinitions=_WITH_INDEX,
        GlobalSecondaryIndexUpdates=[{"Create": _INDEX}],
    )
    index = {"TableName": table_name, "IndexName": _INDEX["IndexName"], "WaiterConfig": patience}
    drop_in.get_waiter("index_active").wait(**index)
    statuses = [
        each["IndexStatus"]
        for each in real.describe_table(TableName=table_name)["Table"]["GlobalSecondaryIndexes"]
    ]
    assert statuses == ["ACTIVE"]
    delete = {"Delete": {"IndexName": _INDEX["IndexName"]}}
    _settled(real, table_name)
    drop_in.update_table(TableName=table_name, GlobalSecondaryIndexUpdates=[delete])
    drop_in.get_waiter("index_not_exists").wait(**index)
    assert not real.describe_table(TableName=table_name)["Table"].get("GlobalSecondaryIndexes")
