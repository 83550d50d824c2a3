"""How often what is watched is looked at, on a clock that jumps."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.budget import Budgets, CallBudget
from tableadmin_server.dynamodb.endpoint import Answer
from tableadmin_server.dynamodb.poll_order import PollPriority
from tableadmin_server.watching.hub import Hub
from tests.watching.harness.account import Account, unavailable
from tests.watching.harness.looking import DESCRIPTION, many_watching, watching
from tests.watching.harness.skipping import run


def pauses(account: Account, operation: str = "DescribeTable") -> list[float]:
    """Seconds from each call to the next, but for what the calls themselves take."""
    moments = [asked.at for asked in account.asked if asked.operation == operation]
    return [round(later - sooner - account.latency, 3) for sooner, later in pairwise(moments)]


def test_fast_while_in_transition() -> None:
    """A table in transition is looked at every 250 ms."""

    async def main() -> None:
        account = Account()
        account.add("Music", TableStatus="UPDATING")
        async with watching(Hub(account), ["Music"], parts=DESCRIPTION):
            await asyncio.sleep(60)
        assert {0.25} == set(pauses(account))

    run(main())


def test_slower_and_slower_when_settled() -> None:
    """A table that is settled is looked at less and less often, at last every 15 s."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        async with watching(Hub(account), ["Music"], parts=DESCRIPTION):
            await asyncio.sleep(120)
        seen = pauses(account)
        assert 0.25 < seen[0] < 0.5
        assert sorted(seen) == seen
        assert [15.0, 15.0] == seen[-2:]
        assert len(seen) < 20

    run(main())


def test_fast_again_after_a_change() -> None:
    """When something has changed by itself, the table is looked at more often again for a while."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        async with watching(Hub(account), ["Music"], parts=DESCRIPTION):
            await asyncio.sleep(120)
            account.change("Music", DeletionProtectionEnabled=True)
            await asyncio.sleep(16)
            assert min(pauses(account)[-4:]) < 0.5

    run(main())


def test_poke() -> None:
    """What is written to through the service is looked at at once, and every watch is told."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"]) as by_name, watching(hub) as by_prefix:
            await asyncio.sleep(100)
            by_name.taken()
            by_prefix.taken()
            account.tags["Music"] = [{"Key": "a", "Value": "b"}]
            account.add("Books")
            hub.trigger("Music")
            await asyncio.sleep(0.02)
            assert ["Music changed tags"] == by_name.taken()
            assert ["Books created", "Music changed tags"] == sorted(by_prefix.taken())

    run(main())


@pytest.mark.parametrize("watchers", [1, 1000])
def test_one_loop_for_any_number_of_watchers(watchers: int) -> None:
    """A thousand watchers of a table cost as many calls as one, whatever else they do than come."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        async with many_watching(watchers, Hub(account), ["Music"]) as readers:
            await asyncio.sleep(120)
            account.counts()
            for number in range(10):
                account.change("Music", DeletionProtectionEnabled=number % 2 == 0)
                await asyncio.sleep(60)
            counts = account.counts()
            assert 10 * watchers == sum(
                event != "checkpoint" for reader in readers for event in reader.taken()[2:]
            )
        # A change is seen after up to 15 s, then it takes twelve looks to slow down again.
        assert 80 < counts["DescribeTable"] < 140

    run(main())


def test_many_settled_tables_are_polled_less_often() -> None:
    """Of a thousand settled tables, each is polled slowly from the start. A written one is polled at once."""

    async def main() -> None:
        account = Account()
        names = [f"table-{number}" for number in range(1000)]
        for name in names:
            account.add(name)
        hub = Hub(account)
        async with watching(hub, names, parts=DESCRIPTION):
            await asyncio.sleep(3)
            assert {"DescribeTable": 1000} == account.counts()
            hub.trigger("table-7")
            await asyncio.sleep(1)
            asked = [each.about for each in account.asked if each.operation == "DescribeTable"]
            others = Counter(asked)
            assert others.pop("table-7") >= 3
            assert set(others.values()) == {1}

    run(main())


def test_joining_all_at_once() -> None:
    """Watchers that come one after the other within a moment share their first look."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with asyncio.TaskGroup() as group:

            async def join(number: int) -> None:
                await asyncio.sleep(number / 1000)
                async with watching(hub, ["Music"]) as reader:
                    await asyncio.sleep(2)
                    assert ["Music snapshot", "checkpoint"] == reader.taken()

            for number in range(1000):
                group.create_task(join(number))
        assert account.counts()["DescribeTable"] < 60

    run(main())


def test_nobody_looks_nobody_asks() -> None:
    """When the last watcher has left, nothing is asked any more."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub, ["Music"]), watching(hub):
            await asyncio.sleep(1)
        account.counts()
        await asyncio.sleep(3600)
        assert not account.counts()
        assert [] == hub.tables.all()

    run(main())


def test_failing_endpoint() -> None:
    """An endpoint that fails is asked every two seconds, and not less often the longer it fails."""

    async def main() -> None:
        account = Account(failing=lambda _: unavailable())
        async with watching(Hub(account), ["Music"], parts=DESCRIPTION):
            await asyncio.sleep(120)
        assert {2.0} == set(pauses(account)[8:])

    run(main())


def test_hung_endpoint() -> None:
    """A poll that takes long is waited for: there is never more than one of a table under way."""

    async def main() -> None:
        account = Account(latency=30.0)
        account.add("Music", TableStatus="UPDATING")
        hub = Hub(account)
        async with watching(hub, ["Music"], parts=DESCRIPTION):
            for _ in range(100):
                hub.trigger("Music")
                await asyncio.sleep(1)
        assert len(account.asked) <= 4

    run(main())


class Frugal(Account):
    """An account that is asked through a budget, as an endpoint is."""

    def __init__(self, rate: float, operation_rates: Mapping[str, float] = MappingProxyType({})) -> None:
        super().__init__()
        self._budgets = Budgets(rate, operation_rates)

    def spacing(self, operation: str) -> float:
        """As an endpoint has it."""
        return self._budgets.spacing(operation)

    async def poll(self, operation: str, params: AwsDict, priority: PollPriority) -> Answer:
        """What there is, when it is this call's turn."""
        await self._budgets.take(operation, priority)
        return await super().poll(operation, params, priority)


def test_budget_bounds_all_polls() -> None:
    """However much is watched, the endpoint is asked no more often than its budget has it."""

    async def main() -> None:
        account = Frugal(rate=20)
        for number in range(200):
            account.add(f"table-{number}", TableStatus="UPDATING")
        async with watching(Hub(account)) as reader:
            await asyncio.sleep(100)
            assert 200 == sum(event != "checkpoint" for event in reader.taken())
        assert 1950 < len(account.asked) <= 2020

    run(main())


def test_budget() -> None:
    """A budget of 10 a second lets 10 through after a rest, and then one every 100 ms, first come first."""

    async def main() -> None:
        budget, turns = CallBudget(10), []
        loop = asyncio.get_running_loop()
        begin = loop.time()

        async def take(number: int) -> None:
            await budget.take()
            turns.append((number, round(loop.time() - begin, 3)))

        await asyncio.gather(*(take(number) for number in range(20)))
        assert list(range(20)) == [number for number, _ in turns]
        assert [0.0] * 10 == [moment for _, moment in turns[:10]]
        assert [round(0.1 * number, 3) for number in range(1, 11)] == [moment for _, moment in turns[10:]]

    run(main())


def test_budget_after_a_rest() -> None:
    """What was not used in the last second may be used at once, and no more than that."""

    async def main() -> None:
        budget = CallBudget(10)
        await asyncio.sleep(3600)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for _ in range(30):
            await budget.take()
        assert 2.0 == round(loop.time() - begin, 3)

    run(main())


def test_who_leaves_the_line_takes_no_turn() -> None:
    """A thousand that wait for their turn and leave cost those who come later nothing."""

    async def main() -> None:
        budget = CallBudget(10)
        waiting = [asyncio.create_task(budget.take()) for _ in range(1000)]
        await asyncio.sleep(1)
        for task in waiting:
            task.cancel()
        begin = asyncio.get_running_loop().time()
        await budget.take()
        assert asyncio.get_running_loop().time() - begin <= 0.2

    run(main())


def test_slow_budget() -> None:
    """A budget of less than one call a second spaces them, and the first is at once."""

    async def main() -> None:
        budget = CallBudget(0.1)
        begin = asyncio.get_running_loop().time()
        for _ in range(4):
            await budget.take()
        assert 30.0 == round(asyncio.get_running_loop().time() - begin, 3)

    run(main())
