"""Callers who change a table of their own: made, changed, deleted, again and again."""

from collections.abc import Awaitable, Mapping
from typing import Any

from soak import tables
from soak.load.callers import TIMEOUT, Callers
from tableadmin import v1
from tableadmin.errors import TableAdminError

_CHANGES = 4
_FIRST = 10
# Times that a table is deleted until it is gone.
_TRIES = 10


async def write(callers: Callers, number: str) -> None:
    """Make tables, change them, wait for them, delete them."""
    cycle = 0
    while await callers.pause():
        await _life(callers, f"direct-{number}-{cycle}")
        cycle += 1


async def _life(callers: Callers, name: str) -> None:
    client = callers.clients["olga"]
    spec = tables.spec(name, _FIRST)
    made = tables.message(spec)
    request = v1.CreateTableRequest(
        table_name=name,
        attribute_definitions=made.attribute_definitions,
        key_schema=made.key_schema,
        billing_mode=made.billing_mode,
        provisioned_throughput=made.provisioned_throughput,
    )
    if not await _changed(callers, "CreateTable", spec, client.create_table(request)):
        return
    await _wait(callers, name, v1.WaitCondition.WAIT_CONDITION_TABLE_ACTIVE)
    for capacity in range(_FIRST + 1, _FIRST + 1 + _CHANGES):
        if not await callers.pause():
            break
        params = {"TableName": name, "ProvisionedThroughput": tables.throughput(capacity)}
        throughput = v1.ProvisionedThroughput(read_capacity_units=capacity, write_capacity_units=5)
        call = client.update_table(table_name=name, provisioned_throughput=throughput)
        await _changed(callers, "UpdateTable", params, call)
    for _ in range(_TRIES):
        deletion = client.delete_table(table_name=name)
        if await _changed(callers, "DeleteTable", {"TableName": name}, deletion):
            await _wait(callers, name, v1.WaitCondition.WAIT_CONDITION_TABLE_DELETED)
            return


async def _changed(
    callers: Callers, operation: str, params: Mapping[str, Any], call: Awaitable[object]
) -> bool:
    """Make CALL, and read the table; whether the change was made, by the engine."""
    name = params["TableName"]
    told = await callers.journal.change(operation, params, call)
    if told.is_unknown:
        await callers.settled(name)
    await callers.read(name)
    exists = callers.ledger.shape(name) is not None
    return exists != (operation == "DeleteTable")


async def _wait(callers: Callers, name: str, condition: "v1.WaitCondition.ValueType") -> None:
    client = callers.clients["olga"]
    waiting = client.wait_for(condition, table_name=name, timeout=TIMEOUT)
    answer = await callers.journal.ended("Wait", waiting)
    if isinstance(answer, TableAdminError) or not callers.ledger.is_known(name):
        return
    exists = condition != v1.WaitCondition.WAIT_CONDITION_TABLE_DELETED
    callers.journal.check(
        "a wait ends when its condition is met",
        f"{name} was waited for, {v1.WaitCondition.Name(condition)}",
        holds=exists == (callers.ledger.shape(name) is not None),
    )
