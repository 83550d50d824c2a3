"""Plans and validation from Python."""

import pytest

from tableadmin import Client, InvalidArgument, NotFound, aio
from tableadmin.awsshape import from_aws
from tableadmin.v1 import PlanAction, TableSpec
from tests.server_process import ServerProcess

GOOD = from_aws(
    {
        "TableName": "Music",
        "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
    TableSpec,
)
BAD = TableSpec()
BAD.CopyFrom(GOOD)
BAD.table_name = "Mu"


def test_a_plan_for_each_spec(embedded_server: ServerProcess) -> None:
    """What would change and by which calls."""
    with Client(embedded_server.address) as client:
        (plan,) = client.plan([GOOD]).plans
    assert ("Music", PlanAction.PLAN_ACTION_CREATE) == (plan.table_name, plan.action)
    assert ["Music"] == [step.create_table.table_name for step in plan.steps]


def test_specs_that_cannot_be(embedded_server: ServerProcess) -> None:
    """`validate` answers what is wrong; `plan` raises it, with a violation of a field for each."""
    with Client(embedded_server.address) as client:
        found = client.validate(iter([GOOD, BAD])).violations
        with pytest.raises(InvalidArgument) as raised:
            client.plan([GOOD, BAD])
    assert ("Mu", "TableName") == (found[0].table_name, found[0].path)
    assert [each.description for each in found] == [
        each.description for each in raised.value.field_violations
    ]


async def test_the_asynchronous_client(embedded_server: ServerProcess) -> None:
    """It plans and validates alike, at the endpoint that its options say."""
    async with aio.Client(embedded_server.address) as client:
        assert ["Music"] == [plan.table_name for plan in (await client.plan([GOOD])).plans]
        assert "Mu" == (await client.validate([BAD])).violations[0].table_name
        with pytest.raises(NotFound):
            await client.with_options(endpoint="nowhere").plan([GOOD])
