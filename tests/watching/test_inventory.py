"""What an inventory costs: a watch that ends after the snapshots."""

import asyncio
from collections import Counter

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.endpoint import Answer
from tableadmin_server.dynamodb.poll_order import PollPriority
from tableadmin_server.watching.hub import Hub
from tests.watching.harness.account import Account
from tests.watching.harness.looking import DESCRIPTION, watching
from tests.watching.harness.skipping import run


class SlowAboutOne(Account):
    """An account in which one table takes its time."""

    async def poll(self, operation: str, params: AwsDict, priority: PollPriority) -> Answer:
        """The answer, if it is about `slow` a minute later."""
        if params.get("TableName") == "slow":
            await asyncio.sleep(60)
        return await super().poll(operation, params, priority)


def account_of(count: int) -> Account:
    """So many tables, and the slow one."""
    account = SlowAboutOne()
    for name in ("slow", *(f"table-{number}" for number in range(count))):
        account.add(name)
    return account


def test_each_table_is_asked_for_once() -> None:
    """A table whose snapshot was sent is looked at no more, however long the rest takes."""

    async def main() -> None:
        account = account_of(100)
        async with watching(Hub(account), parts=DESCRIPTION, snapshot_only=True) as reader:
            await asyncio.sleep(90)
            assert reader.ended
        assert 102 == len(reader.taken())
        asked = Counter(asked.about for asked in account.asked if asked.operation == "DescribeTable")
        assert {1} == set(asked.values())

    run(main())


def test_tables_to_come_and_to_go() -> None:
    """Tables that are made or deleted while an inventory is under way do not make it begin anew."""

    async def main() -> None:
        account = account_of(3)
        async with watching(Hub(account), parts=DESCRIPTION, snapshot_only=True) as reader:
            await asyncio.sleep(20)
            account.add("late")
            del account.tables["table-0"]
            await asyncio.sleep(70)
            assert reader.ended
        names = ["slow", *(f"table-{number}" for number in range(3))]
        assert sorted([*(f"{name} snapshot" for name in names), "checkpoint"]) == sorted(reader.taken())

    run(main())


def test_resuming_an_inventory() -> None:
    """A watch that resumes after an inventory tells what has changed since each table was seen."""

    async def main() -> None:
        account = account_of(2)
        hub = Hub(account)
        async with watching(hub, parts=DESCRIPTION, snapshot_only=True) as inventory:
            await asyncio.sleep(20)
            account.change("table-1", DeletionProtectionEnabled=True)
            await asyncio.sleep(70)
            assert inventory.ended
        async with watching(hub, parts=DESCRIPTION, token=inventory.token) as reader:
            await asyncio.sleep(70)
            assert ["table-1 changed deletion_protection", "checkpoint"] == reader.taken()[:2]

    run(main())
