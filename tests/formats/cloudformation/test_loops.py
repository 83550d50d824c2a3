"""Fn::ForEach, around tables and elsewhere."""

import pytest

from tableadmin.formats import Inputs, find, read
from tests.formats.refusing import refusal

KEYS = (
    "BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: id, AttributeType: S}], "
    "KeySchema: [{AttributeName: id, KeyType: HASH}]"
)
ORDERS = f"  Orders: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: orders, {KEYS}}}}}\n"


def test_a_loop_elsewhere() -> None:
    """A loop that makes no table does not matter, whether it can be worked out or not."""
    topics = """\
  Fn::ForEach::Topics:
    - TopicName
    - %s
    - Topic${TopicName}: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref TopicName}}
"""
    for items, noted in (("[Red, Blue]", 0), ("!Ref Nowhere", 1), ("{}", 1)):
        notes: list[str] = []
        text = "Transform: AWS::LanguageExtensions\nResources:\n" + ORDERS + topics % items
        assert ["orders"] == [spec.table_name for spec in read(text, name="f", notes=notes)]
        assert noted == len(notes)


def test_a_loop_over_tables() -> None:
    """A loop makes a table of each item, in names, in Ref and in Fn::Sub, also within another loop."""
    text = """\
Transform: AWS::LanguageExtensions
Parameters: {Stages: {Type: CommaDelimitedList, Default: 'dev,prod'}}
Resources:
  Fn::ForEach::Outer:
    - Stage
    - !Ref Stages
    - Fn::ForEach::Inner:
        - Name
        - [order-items, carts]
        - '&{Name}In${Stage}':
            Type: AWS::DynamoDB::Table
            Properties:
              TableName: !Sub '${Stage}-${Name}'
              Tags: [{Key: stage, Value: !Ref Stage}]
              BillingMode: PAY_PER_REQUEST
"""
    tables = find(text, name="f", inputs=Inputs()).tables

    assert [
        ("dev-order-items", "orderitemsIndev"),
        ("dev-carts", "cartsIndev"),
        ("prod-order-items", "orderitemsInprod"),
        ("prod-carts", "cartsInprod"),
    ] == [(table.name, table.logical_id) for table in tables]
    assert ["dev", "dev", "prod", "prod"] == [table.spec.tags[0].value for table in tables if table.spec]


def test_a_loop_over_tables_that_cannot_be_worked_out() -> None:
    """Such a loop is refused as a table is, and what is needed is said; other tables are read."""
    loop = "  Fn::ForEach::T: [N, !Ref Names, {'T${N}': {Type: AWS::DynamoDB::Table}}]\n"
    text = "Parameters: {Names: {Type: CommaDelimitedList}}\nResources:\n" + ORDERS + loop
    orders, refused = find(text, name="f", inputs=Inputs()).tables

    assert orders.refusal is None
    assert refused.refusal is not None
    assert ("--param Names=VALUE",) == refused.refusal.needs
    assert ["orders"] == [spec.table_name for spec in read(text, name="f", select=["Orders"])]


def test_a_loop_in_properties() -> None:
    """A loop makes members of an object too."""
    loop = "Fn::ForEach::M: [M, [ReadCapacityUnits, WriteCapacityUnits], {'${M}': 5}]"
    properties = f"{{TableName: orders, ProvisionedThroughput: {{{loop}}}}}"
    text = f"Resources: {{T: {{Type: AWS::DynamoDB::Table, Properties: {properties}}}}}"
    (spec,) = read(text, name="f")

    assert (5, 5) == (
        spec.provisioned_throughput.read_capacity_units,
        spec.provisioned_throughput.write_capacity_units,
    )


@pytest.mark.parametrize("levels", [3, 9])
def test_loops_are_bounded(levels: int) -> None:
    """Loops in loops that make very many members, or are very deep, are refused at once."""
    body = "{'T${A}': {Type: AWS::DynamoDB::Table}}"
    for level in range(levels):
        items = ", ".join(f"i{number}" for number in range(50 if levels == 3 else 1))
        body = f"{{'Fn::ForEach::L{level}': [{'A' if level == 0 else f'B{level}'}, [{items}], {body}]}}"

    assert refusal(f"Resources: {body}").endswith(
        ("runs more than 2,000 times", "is nested more than 5 deep")
    )


def test_macros_are_noted() -> None:
    """A transform that may make or change tables is noted; those of SAM and of loops are read."""
    notes: list[str] = []
    transform = "Transform: [AWS::Serverless-2016-10-31, {Name: AWS::Include, Parameters: {}}, MyMacro]\n"
    read(transform + "Resources:\n" + ORDERS, name="f", notes=notes)

    assert [
        "f: Transform: what AWS::Include brings in is not read",
        "f: Transform: the macro MyMacro may change tables, and its changes are not read",
    ] == notes
    include = "  Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}\n"
    assert ["orders"] == [spec.table_name for spec in read("Resources:\n" + ORDERS + include, name="f")]
