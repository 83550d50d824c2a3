"""Drift from Python."""

from tableadmin import Client, aio
from tableadmin.awsshape import from_aws
from tableadmin.drift import DriftStatus
from tableadmin.v1 import BillingMode, TableSpec
from tests.server_process import ServerProcess


def _spec(name: str) -> TableSpec:
    return from_aws(
        {
            "TableName": name,
            "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
        TableSpec,
    )


def test_specs_and_tables(embedded_server: ServerProcess, table_name: str) -> None:
    """Tables come in the order of the specs, then those without a spec; requests hold 1,000 specs each."""
    absent = [_spec(f"{table_name}-{number:04}") for number in range(1_001)]
    with Client(embedded_server.address) as client:
        client.apply([_spec(table_name)]).result()
        found = client.drift([*absent, _spec(table_name)], prefix=table_name)
        without = client.drift([], prefix=table_name)
        client.delete_table(table_name=table_name)
    assert [*(each.table_name for each in absent), table_name] == [each.table_name for each in found]
    assert [DriftStatus.MISSING] * len(absent) + [DriftStatus.SAME] == [each.status for each in found]
    assert [(table_name, DriftStatus.UNMANAGED)] == [(each.table_name, each.status) for each in without]


async def test_the_asynchronous_client(embedded_server: ServerProcess, table_name: str) -> None:
    """The asyncio client compares too."""
    async with aio.Client(embedded_server.address) as client:
        (found,) = await client.drift([_spec(table_name)], prefix=table_name)
    assert (DriftStatus.MISSING, table_name) == (found.status, found.plan.table_name if found.plan else "")


async def test_what_costs_depend_on(embedded_server: ServerProcess, table_name: str) -> None:
    """Plans and tables without a spec say what their cost depends on, if asked."""
    other = f"{table_name}-other"
    async with aio.Client(embedded_server.address) as client:
        await (await client.apply([_spec(other)])).result()
        asked = await client.drift([_spec(table_name)], prefix=table_name, include_billing=True)
        unasked = await client.drift([_spec(table_name)], prefix=table_name)
        await client.delete_table(table_name=other)
    missing, unmanaged = asked
    assert missing.plan is not None
    assert missing.plan.billed_after.billing_mode == BillingMode.BILLING_MODE_PAY_PER_REQUEST
    assert missing.billed_table is None
    assert unmanaged.billed_table is not None
    assert (unmanaged.billed_table.region, unmanaged.billed_table.size_bytes) == ("us-east-1", 0)
    assert [None, None] == [each.billed_table for each in unasked]
