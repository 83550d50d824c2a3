"""Twenty-four hours of watching, compressed: nothing grows."""

import asyncio
import gc
import itertools
import sys
from contextlib import AsyncExitStack

from tableadmin.v1 import WaitCondition, WaitRequest
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.stream import Scope
from tableadmin_server.watching.wait import wait_responses, wait_target
from tests.watching.harness.account import Account, unavailable
from tests.watching.harness.looking import Reader, watching
from tests.watching.harness.skipping import run

HOUR = 3600
WATCHERS = 7
TABLES = 2


def test_a_day_of_watching() -> None:
    """Watchers, one of them slow, waits, outages, tables that come and go, all day long: nothing grows."""

    async def main() -> None:
        account = Account()
        for number in range(TABLES):
            account.add(f"table-{number}")
        hub = Hub(account)
        async with AsyncExitStack() as stack:
            scopes = itertools.cycle([Scope(prefix=""), Scope(prefix="table-"), Scope(names=("table-0",))])
            readers = [await stack.enter_async_context(watching(hub, next(scopes))) for _ in range(WATCHERS)]
            readers[0].pause()
            blocks, tasks = [], []
            for hour in range(24):
                await _an_hour(account, hub, readers, hour)
                gc.collect()
                sys._clear_type_cache()  # CPython keeps names of methods there that asyncio has looked up
                blocks.append(sys.getallocatedblocks())
                tasks.append(len(asyncio.all_tasks()))
        # By the second hour as much is remembered as ever will be.
        assert max(blocks[2:]) - blocks[2] < 150, blocks
        assert {tasks[0]} == set(tasks)

    run(main())


async def _an_hour(account: Account, hub: Hub, readers: list[Reader], hour: int) -> None:
    """What happens in an hour; at its end everything is as it was at its beginning, but for the names."""
    passing = f"passing-{hour}"
    account.add(passing)
    account.failing = lambda _: unavailable()
    await asyncio.sleep(60)
    account.failing = lambda _: None
    for units in range(10):
        account.change("table-0", ProvisionedThroughput={"ReadCapacityUnits": hour * 100 + units})
        hub.trigger("table-0")
        await asyncio.sleep(10)
        async with watching(hub, [passing]):
            await asyncio.sleep(10)
    wait = wait_target(
        WaitRequest(condition=WaitCondition.WAIT_CONDITION_TABLE_ACTIVE, table_name=passing), hub
    )
    assert [True] == [response.done async for response in wait_responses(wait, 10, None)]
    del account.tables[passing]
    await asyncio.sleep(HOUR - 60 - 10 * 20)
    account.asked.clear()
    assert all(reader.taken() for reader in readers if reader is not readers[0])
