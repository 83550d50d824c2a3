"""SAM's SimpleTable."""

import pytest

from tableadmin.awsshape import to_aws
from tableadmin.formats import read
from tests.formats.refusing import refusal

SIMPLE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Carts: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: carts, %s}}
"""


@pytest.mark.parametrize(
    ("members", "name", "kind"),
    [
        ("PrimaryKey: {Name: cart, Type: String}", "cart", "S"),
        ("PrimaryKey: {Name: number, Type: Number}", "number", "N"),
        ("PrimaryKey: {Name: raw, Type: Binary}", "raw", "B"),
        ("PrimaryKey: {}", "id", "S"),
        ("Tags: {}", "id", "S"),
    ],
)
def test_on_demand(members: str, name: str, kind: str) -> None:
    """A simple table has one key attribute, by default the text `id`, and is on demand."""
    assert {
        "TableName": "carts",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind}],
        "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    } == to_aws(read(SIMPLE % members, name="f")[0])


def test_everything_a_simple_table_may_have() -> None:
    """Capacity, encryption, recovery and tags are read; Globals give what the table does not say."""
    text = "Globals: {SimpleTable: {SSESpecification: {SSEEnabled: true}}}\n" + SIMPLE % (
        "ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: 6}, "
        "PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}, Tags: {team: shop}"
    )
    data = to_aws(read(text, name="f")[0])

    assert "PROVISIONED" == data["BillingMode"]
    assert {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6} == data["ProvisionedThroughput"]
    assert {"Enabled": True} == data["SSESpecification"]
    assert {"PointInTimeRecoveryEnabled": True} == data["PointInTimeRecoverySpecification"]
    assert [{"Key": "team", "Value": "shop"}] == data["Tags"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ("PrimaryKey: {Name: a, Type: List}", "PrimaryKey.Type: may be String, Number, Binary, not List"),
        ("PrimaryKey: {Nam: a}", "PrimaryKey.Nam: is not a known property"),
        ("KeySchema: []", "Properties.KeySchema: is not a known property"),
    ],
)
def test_what_is_refused(members: str, said: str) -> None:
    """What a simple table does not have is refused."""
    assert said in refusal(SIMPLE % members)
