"""Parts of a template in files of their own, as services include them."""

import pytest

from tableadmin.formats import Inputs, find
from tests.formats.refusing import refusal

BODY = "{Type: AWS::DynamoDB::Table, Properties: {TableName: orders, BillingMode: PAY_PER_REQUEST}}"


@pytest.mark.parametrize(
    ("text", "logical_id"),
    [(BODY, "Table"), (f"Orders: {BODY}\nTopic: {{Type: AWS::SNS::Topic}}\n", "Orders")],
)
def test_resources_without_a_template(text: str, logical_id: str) -> None:
    """Resources by logical ID, or the body of one resource, are read as a template's."""
    (table,) = find(text, name="f", inputs=Inputs()).tables

    assert ("orders", logical_id, logical_id) == (table.name, table.logical_id, table.address)


def test_an_error_says_where() -> None:
    """The path of an error is that of the file, with its line."""
    text = "Orders:\n  Type: AWS::DynamoDB::Table\n  Properties:\n    TableName: orders\n    Nope: 1\n"

    assert "f:5: table orders: Orders.Properties.Nope: unknown member of TableSpec" == refusal(text)
    alone = "Type: AWS::DynamoDB::Table\nProperties: {Nope: 1}\n"
    assert "f:2: table Table: Properties.TableName: is required" in refusal(alone)
