"""Specs as people write them, applied to each engine through a server."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tableadmin import Client, OperationFailed
from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.formats import read
from tableadmin.v1 import (
    ChangeClass,
    CreateTableRequest,
    GlobalSecondaryIndex,
    Operation,
    TableSpec,
    WaitCondition,
)
from tests.engines import Engine
from tests.server_process import ServerProcess

CASES = Path(__file__).parent / "cases"
LIMIT = 60.0


def case(file: str, name: str) -> TableSpec:
    """The spec in FILE of the cases, as a spec of the table NAME."""
    (spec,) = read((CASES / file).read_text(encoding="utf-8"), name=file)
    policy = spec.resource_policy.replace(f"table/{spec.table_name}", f"table/{name}")
    if policy:
        spec.resource_policy = policy
    spec.table_name = name
    return spec


def applied(client: Client, spec: TableSpec, *, replace: bool = False) -> Sequence[Operation]:
    """The operation that applied SPEC; raises OperationFailed."""
    return client.apply([spec], allow_replacement=replace).result(LIMIT)


def assert_applied(client: Client, spec: TableSpec, *, replace: bool = False) -> Operation:
    """Apply SPEC: the operation succeeds, and a second plan has nothing to do."""
    (operation,) = applied(client, spec, replace=replace)
    (plan,) = client.plan([spec]).plans
    assert [] == [change.path for change in plan.changes if not change.skipped]
    assert not plan.steps
    return operation


@pytest.mark.parametrize("file", ["feat8.yaml", "sls.yaml", "own.yaml"])
def test_a_production_spec(client: Client, engine: Engine, table_name: str, file: str) -> None:
    """One spec is applied at all engines; what an engine can't hold is named, the rest is there."""
    spec = case(file, table_name)
    operation = assert_applied(client, spec)
    if engine.name == "dynamodb-local":
        described = client.describe_time_to_live(table_name=table_name).time_to_live_description
        assert spec.time_to_live_specification.attribute_name == described.attribute_name
        left = [each.partition(":")[0] for each in operation.differences]
        assert set(left) >= ({"SSESpecification"} if spec.HasField("sse_specification") else set())


def everything(name: str) -> TableSpec:
    """A table with all that CreateTable takes and engines may not hold."""
    return from_aws(
        {
            "TableName": name,
            "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in ("id", "g")],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "OnDemandThroughput": {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 100},
            "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000},
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            "SSESpecification": {"Enabled": True},
            "TableClass": "STANDARD_INFREQUENT_ACCESS",
            "DeletionProtectionEnabled": True,
            "Tags": [{"Key": "team", "Value": "music"}],
            "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "exp"},
            "PointInTimeRecoverySpecification": {
                "PointInTimeRecoveryEnabled": True,
                "RecoveryPeriodInDays": 7,
            },
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "idx",
                    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                    "OnDemandThroughput": {"MaxReadRequestUnits": 100},
                    "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000},
                }
            ],
        },
        TableSpec,
    )


def test_everything_at_once(client: Client, engine: Engine, table_name: str) -> None:
    """A new table with all settings is made at each engine, and what the engine does not hold is named."""
    operation = assert_applied(client, everything(table_name))
    lacking = {each.partition(":")[0] for each in operation.differences}
    expected = {
        "ministack": {"PointInTimeRecoverySpecification", "WarmThroughput"},
        "dynamodb-local": {
            "SSESpecification",
            "TableClass",
            "WarmThroughput",
            "OnDemandThroughput",
            "Tags[team]",
        },
        "dynalite": {"StreamSpecification", "DeletionProtectionEnabled", "TimeToLiveSpecification"},
    }
    assert expected[engine.name] <= lacking


def test_a_table_that_was_there(client: Client, engine: Engine, table_name: str) -> None:
    """At a table that is there, too, a refused member does not stop the members behind it."""
    spec = everything(table_name)
    (index,) = spec.global_secondary_indexes
    index = GlobalSecondaryIndex(
        index_name=index.index_name, key_schema=index.key_schema, projection=index.projection
    )
    client.create_table(
        CreateTableRequest(
            table_name=table_name,
            attribute_definitions=spec.attribute_definitions,
            key_schema=spec.key_schema,
            billing_mode=spec.billing_mode,
            global_secondary_indexes=[index],
        )
    )
    assert_applied(client, spec)
    if engine.name != "dynalite":
        description = client.describe_time_to_live(table_name=table_name).time_to_live_description
        assert "exp" == description.attribute_name


def test_throughput_back_and_forth(client: Client, table_name: str) -> None:
    """From provisioned capacity to on-demand and back to the same capacity, each spec is applied."""
    for file in ("r2b.yaml", "r2.yaml", "r2b.yaml"):
        assert_applied(client, case(file, table_name))


def test_protection_off_and_replacement(client: Client, table_name: str) -> None:
    """A spec that turns deletion protection off and replaces the table is applied in that order."""
    assert_applied(client, case("prot0.yaml", table_name))
    operation = assert_applied(client, case("prot1.yaml", table_name), replace=True)
    table = client.describe_table(table_name=table_name).table
    assert ["id", "at"] == [key.attribute_name for key in table.key_schema]
    assert "CreateTable" == operation.calls[-1].operation


def test_another_key(embedded_server: ServerProcess, table_name: str) -> None:
    """A table with a key of the customer never equals a spec without the key or with an alias."""
    with Client(embedded_server.address) as client:
        assert_applied(client, case("r1a.yaml", table_name))
        specs = {file: case(file, table_name) for file in ("r1b.yaml", "r1c.yaml", "r1d.yaml")}
        plans = {file: client.plan([spec]).plans[0] for file, spec in specs.items()}
    for file in ("r1b.yaml", "r1d.yaml"):
        (change,) = plans[file].changes
        assert ("SSESpecification", ChangeClass.CHANGE_CLASS_DISRUPTIVE) == (change.path, change.change_class)
        assert change.effect
    (warning,) = plans["r1c.yaml"].warnings
    assert ("SSESpecification.KMSMasterKeyId", True) == (warning.path, warning.uncertain)


def test_own_description_from_a_file(embedded_server: ServerProcess) -> None:
    """The plan of a description that was saved leaves the tags, the policy and time to live of its table."""
    spec = case("own.yaml", "Owned")
    with Client(embedded_server.address) as client:
        assert_applied(client, spec)
        (described,) = read((CASES / "own.describe.json").read_text(encoding="utf-8"), name="f")
        (plan,) = client.plan([described]).plans
        client.delete_table(table_name="Owned")
    assert [] == list(plan.changes)


def test_another_attribute_of_time_to_live(embedded_server: ServerProcess, table_name: str) -> None:
    """An engine without AWS's limit on changes of time to live gets both changes at once."""
    spec = case("feat8.yaml", table_name)
    with Client(embedded_server.address) as client:
        assert_applied(client, spec)
        spec.time_to_live_specification.attribute_name = "other"
        operation = assert_applied(client, spec)
    assert ["UpdateTimeToLive", "UpdateTimeToLive"] == [call.operation for call in operation.calls]


def test_an_index_of_an_on_demand_table(client: Client, engine: Engine, table_name: str) -> None:
    """An engine that can't add an index to an on-demand table says so, and what to do."""
    key = {"AttributeName": "id", "KeyType": "HASH"}
    table: AwsDict = {
        "TableName": table_name,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [key],
        "BillingMode": "PAY_PER_REQUEST",
    }
    index: AwsDict = {"IndexName": "Second", "KeySchema": [key], "Projection": {"ProjectionType": "ALL"}}
    with_index = from_aws({**table, "GlobalSecondaryIndexes": [index]}, TableSpec)
    assert_applied(client, from_aws(table, TableSpec))
    if engine.name != "dynalite":
        assert_applied(client, with_index)
        return
    with pytest.raises(
        OperationFailed, match="this endpoint cannot add an index to an on-demand table; create"
    ):
        applied(client, with_index)
    client.delete_table(table_name=table_name)
    client.wait_for(WaitCondition.WAIT_CONDITION_TABLE_DELETED, table_name=table_name, timeout=LIMIT)
    assert_applied(client, with_index)
