"""Data models of NoSQL Workbench."""

import json

from tableadmin.awsshape import to_aws
from tableadmin.formats import read
from tableadmin.formats.text.tree import Record

UNITS = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3}


def model(**members: object) -> str:
    """A model of one table with MEMBERS."""
    table = {
        "TableName": "orders",
        "KeyAttributes": {
            "PartitionKey": {"AttributeName": "id", "AttributeType": "S"},
            "SortKey": {"AttributeName": "at", "AttributeType": "N"},
        },
        "NonKeyAttributes": [{"AttributeName": "total", "AttributeType": "N"}],
        "TableFacets": [{"FacetName": "Order", "NonKeyAttributes": ["total"]}],
        "TableData": [{"id": {"S": "1"}}],
        "DataAccess": {"MySql": {}},
        **members,
    }
    return json.dumps({"ModelName": "Shop", "ModelMetadata": {"Version": "3.0"}, "DataModel": [table]})


def unmanaged(text: str) -> set[str]:
    """The members that the one spec in TEXT does not manage."""
    (spec,) = read(text, name="f")
    return {member.path for member in spec.unmanaged}


def test_keys_and_indexes() -> None:
    """Keys and indexes are read; other attributes, facets and data are no part of a table."""
    index: Record = {
        "IndexName": "byTotal",
        "KeyAttributes": {"PartitionKey": {"AttributeName": "total", "AttributeType": "N"}},
        "Projection": {"ProjectionType": "ALL"},
    }
    (spec,) = read(model(GlobalSecondaryIndexes=[index], BillingMode="PAY_PER_REQUEST"), name="f")

    assert {"TimeToLiveSpecification", "Tags", "Replicas"} <= {member.path for member in spec.unmanaged}
    assert {("id", "S"), ("at", "N"), ("total", "N")} == {
        (attribute["AttributeName"], attribute["AttributeType"])
        for attribute in map(to_aws, spec.attribute_definitions)
    }
    assert ["total"] == [key.attribute_name for key in spec.global_secondary_indexes[0].key_schema]


def test_capacity() -> None:
    """Capacity is read, and left alone where the model scales it or says none."""
    scaling = {"ScalableTargetRequest": {"MinCapacity": 1, "MaxCapacity": 10}}
    settings = {"ProvisionedThroughput": UNITS, "AutoScalingRead": scaling}
    (spec,) = read(model(BillingMode="PROVISIONED", ProvisionedCapacitySettings=settings), name="f")

    assert 7 == spec.provisioned_throughput.read_capacity_units
    assert (1, 10) == next(
        (member.minimum, member.maximum)
        for member in spec.unmanaged
        if member.path == "ProvisionedThroughput.ReadCapacityUnits"
    )
    assert "ProvisionedThroughput" in unmanaged(model(BillingMode="PROVISIONED"))


def test_a_model_without_a_billing_mode() -> None:
    """A model of an older version says no billing mode: the live table's stays, a new table is on demand."""
    assert "BillingMode" in unmanaged(model())
