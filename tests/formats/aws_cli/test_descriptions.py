"""Descriptions of tables, as describe-table gives them, and what people make of them."""

import json

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import Inputs, find, read

INDEX = {"IndexName": "ByState", "Projection": {"ProjectionType": "ALL"}}


def description(name: str, **members: object) -> dict[str, object]:
    """The description of the table NAME with these MEMBERS."""
    return {
        "TableName": name,
        "TableStatus": "ACTIVE",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "TableArn": f"arn:aws:dynamodb:us-east-1:111122223333:table/{name}",
        **members,
    }


def test_several_in_a_file() -> None:
    """One after another, as JSON lines, as a list, or under `Tables`, by themselves or as answers."""
    orders, carts = description("orders"), description("carts")
    texts = [
        json.dumps({"Table": orders}, indent=2) + "\n" + json.dumps({"Table": carts}, indent=2),
        json.dumps({"Table": orders}) + "\n" + json.dumps({"Table": carts}) + "\n",
        json.dumps(orders) + json.dumps(carts),
        json.dumps([{"Table": orders}, {"TableDescription": carts}]),
        json.dumps([orders, carts]),
        json.dumps({"Tables": [orders, carts]}),
        json.dumps({"Tables": [{"Table": orders}, {"Table": carts}]}),
    ]
    for text in texts:
        specs = read(text, name="f")
        assert [["orders", "carts"], 2 * ["PAY_PER_REQUEST"]] == [
            [spec.table_name for spec in specs],
            [to_aws(spec)["BillingMode"] for spec in specs],
        ]


def test_the_region() -> None:
    """The region of a description is that of the ARN."""
    (table,) = find(json.dumps(description("orders")), name="f", inputs=Inputs()).tables

    assert "us-east-1" == table.region


def test_an_input_under_table() -> None:
    """An object `Table` with members of create-table's input is an input, and all of its members are read."""
    members = {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "Tags": [{"Key": "team", "Value": "shop"}],
        "SSESpecification": {"Enabled": True},
    }
    (spec,) = read(json.dumps({"Table": members}), name="f")

    assert members == {name: value for name, value in to_aws(spec).items() if name != "Unmanaged"}
    assert "TimeToLiveSpecification" in [each.path for each in spec.unmanaged]


def test_inputs_in_a_list() -> None:
    """A list under `tables` may be of inputs, as test suites have them."""
    text = '{"tables": [{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}]}'

    assert ["orders"] == [spec.table_name for spec in read(text, name="f")]


def test_a_member_that_no_description_has() -> None:
    """A member that no description has is noted."""
    notes: list[str] = []
    read(
        json.dumps({"Table": description("orders", Tags=[{"Key": "a", "Value": "b"}])}), name="f", notes=notes
    )

    assert ["f: Table.Tags: is no member of a description and is left out"] == notes


@pytest.mark.parametrize("kept", [False, True])
def test_a_definition_of_an_index_on_its_way_out(kept: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """A definition that only a DELETING index uses is left out; one that another index uses stays."""
    key = [{"AttributeName": "state", "KeyType": "HASH"}]
    indexes = [
        {**INDEX, "IndexStatus": "DELETING", "KeySchema": key},
        *([{**INDEX, "IndexName": "Other", "IndexStatus": "ACTIVE", "KeySchema": key}] if kept else []),
    ]
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "state")]
    text = json.dumps(description("orders", GlobalSecondaryIndexes=indexes, AttributeDefinitions=definitions))
    (spec,) = read(text, name="f")

    assert (["id", "state"] if kept else ["id"]) == [
        each.attribute_name for each in spec.attribute_definitions
    ]
