"""Choosing tables of a file, and one table that can't be read beside others."""

import pytest

from tableadmin.formats import FoundTable, Inputs, SpecError, check_distinct, find, read, select_tables
from tests.formats.refusing import refusal

KEYS = (
    "AttributeDefinitions: [{AttributeName: a, AttributeType: S}], "
    "KeySchema: [{AttributeName: a, KeyType: HASH}]"
)
TEMPLATE = f"""\
Resources:
  Orders: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: orders, {KEYS}}}}}
  Carts: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: carts, {KEYS}}}}}
  Broken: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: broken, TableName: twice, {KEYS}}}}}
  Topic: {{Type: AWS::SNS::Topic, Properties: {{TopicName: a, TopicName: b}}}}
"""


@pytest.mark.parametrize("pattern", ["orders", "Orders", "Resources.Orders", "ord*", "?rders"])
def test_by_name_address_or_logical_id(pattern: str) -> None:
    """A pattern names a table by its name, its address or its logical ID; what is left out is noted."""
    notes: list[str] = []
    specs = read(TEMPLATE, name="f", select=[pattern], notes=notes)

    assert ["orders"] == [spec.table_name for spec in specs]
    assert ["f: not selected and left out: carts, Broken"] == notes


def test_an_address_with_brackets() -> None:
    """Brackets in a pattern are brackets, as addresses of Terraform have them."""
    tables = [FoundTable(f'aws_dynamodb_table.t["{key}"]', name=key) for key in ("one", "two")]

    assert ["one"] == [table.name for table in select_tables(tables, ['aws_dynamodb_table.t["one"]'])[0]]
    assert ["one", "two"] == [table.name for table in select_tables(tables, ["aws_dynamodb_table.t[*]"])[0]]


def test_one_table_that_is_refused_takes_no_other() -> None:
    """What is wrong with a table, such as a member specified twice, is a refusal of that table alone."""
    orders, carts, broken = find(TEMPLATE, name="f", inputs=Inputs()).tables

    assert (None, None) == (orders.refusal, carts.refusal)
    assert broken.spec is None
    assert "f:4: table Broken: the member 'TableName' is specified twice" == str(broken.refusal)
    assert "is specified twice" in refusal(TEMPLATE)


def test_a_pattern_that_names_nothing() -> None:
    """A pattern that names no table is an error with the nearest name, or with all names."""
    with pytest.raises(SpecError, match=r"^f: no table is called 'order', did you mean 'orders'\?$"):
        read(TEMPLATE, name="f", select=["order"])
    with pytest.raises(SpecError, match="no table is called 'x'; the tables are: orders, carts, Broken"):
        read(TEMPLATE, name="f", select=["x"])


def test_one_name_in_two_regions() -> None:
    """Two tables of one name are told apart by address and region, and one of them can be selected."""
    tables = [
        FoundTable(f"aws_dynamodb_table.{place}", name="orders", region=region, file="f")
        for place, region in (("here", "us-east-1"), ("there", "eu-west-1"))
    ]
    with pytest.raises(SpecError) as twice:
        check_distinct(tables)

    assert (
        "f: table orders: is specified twice: aws_dynamodb_table.here in us-east-1 and "
        "aws_dynamodb_table.there in eu-west-1; choose one with --select aws_dynamodb_table.here"
    ) == str(twice.value)
    left_out = "not selected and left out: orders (aws_dynamodb_table.here)"
    assert ([tables[1]], left_out) == select_tables(tables, ["orders@eu-west-1"])
    check_distinct(select_tables(tables, ["*.there"])[0])


def test_several_refusals_are_one_error() -> None:
    """All tables that can't be read are in one error of one line."""
    text = "TableName: A1b\nNope: 1\n---\nTableName: B2c\nNope: 1\n"

    assert refusal(text).count("unknown member of TableSpec") == 2


def test_inputs_that_no_file_uses() -> None:
    """A parameter or a name that no file has is an error with the nearest one."""
    template = TEMPLATE + "Parameters: {TableName: {Type: String, Default: x}}\n"
    inputs = Inputs({"Tablename": "dev"})
    find(template, name="f", inputs=inputs)
    with pytest.raises(SpecError, match="no file has a parameter 'Tablename', did you mean 'TableName'"):
        inputs.check_all_used()
    used = Inputs({"TableName": "dev"})
    find(template, name="f", inputs=used)
    used.check_all_used()
