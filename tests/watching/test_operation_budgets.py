"""What AWS takes few reads of, and what is not to wait for them, on a clock that jumps."""

import asyncio
from itertools import pairwise

import pytest
from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.budget import Budgets, operation_rates
from tableadmin_server.dynamodb.poll_order import PollPriority
from tableadmin_server.failure import Failure
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.stream import Scope
from tests.watching.harness.account import Account, unavailable
from tests.watching.harness.looking import DESCRIPTION, watching
from tests.watching.harness.skipping import run
from tests.watching.test_polling import Frugal
from tests.watching.test_wait import SETTLED, waited

LIMITED = ("ListTagsOfResource", "DescribeContinuousBackups")
AWS = operation_rates(None)
# A second; the share that polls, plans and operations take of the ten that AWS does.
RATE = 8


def account_of(tables: int) -> Frugal:
    """An account as AWS limits it."""
    account = Frugal(1000, AWS)
    for number in range(tables):
        account.add(f"table-{number}")
    return account


def moments(account: Frugal, operation: str, about: str = "") -> list[float]:
    """When OPERATION was asked for, of the table ABOUT if one is given."""
    return [
        asked.at for asked in account.asked if asked.operation == operation and about in ("", asked.about)
    ]


def test_what_aws_limits_is_spaced() -> None:
    """Of all tables together tags and backups are never read faster than AWS takes it."""

    async def main() -> None:
        account = account_of(200)
        async with watching(Hub(account)) as reader:
            await asyncio.sleep(300)
            assert 200 == sum(event.endswith("snapshot") for event in reader.taken())
        for operation in LIMITED:
            asked = moments(account, operation)
            assert len(asked) > 400
            assert 1 / RATE <= round(min(later - sooner for sooner, later in pairwise(asked)), 6)

    run(main())


def test_snapshots_have_every_part() -> None:
    """A snapshot comes when all that it is asked for is there, however long its turn takes."""

    async def main() -> None:
        account = account_of(80)
        for name in account.tables:
            account.tags[name] = [{"Key": "team", "Value": name}]
        async with watching(Hub(account), snapshot_only=True) as reader:
            await asyncio.sleep(5)
            assert 30 < len(reader.taken()) < 50
            assert 1 == len(reader.state.tags)
            await asyncio.sleep(5)
            assert reader.ended
            assert 1 == len(reader.state.tags)

    run(main())


def test_the_rest_does_not_wait() -> None:
    """While tags wait for their turn, a change of the table is seen, and waits and other watches go on."""

    async def main() -> None:
        account = account_of(800)
        account.add("Music", TableStatus="UPDATING")
        hub = Hub(account)
        async with watching(hub), watching(hub, ["Music"], parts=DESCRIPTION) as modest:
            await asyncio.sleep(30)
            assert ["Music snapshot", "checkpoint"] == modest.taken()[:2]
            account.change("Music", TableStatus="ACTIVE")
            began = asyncio.get_running_loop().time()
            assert Code.OK == (await waited(hub, SETTLED)).code
            await asyncio.sleep(1)
            assert ["Music changed status"] == [event for event in modest.taken() if event != "checkpoint"]
            assert asyncio.get_running_loop().time() - began < 10

    run(main())


def test_every_table_has_its_turn() -> None:
    """The tags of all tables are read in rounds, so that a change of any is told within two of them."""

    async def main() -> None:
        account = account_of(100)
        async with watching(Hub(account)) as reader:
            await asyncio.sleep(100)
            reader.taken()
            account.asked.clear()
            for name in account.tables:
                account.tags[name] = [{"Key": "a", "Value": "b"}]
            await asyncio.sleep(2 * 2 * 100 / RATE)
            changed = {event for event in reader.taken() if event.endswith("changed tags")}
            assert 100 == len(changed)
        # A round takes half of what may be asked, and the rest is free for what is changed.
        assert len(moments(account, "ListTagsOfResource")) < 0.6 * 50 * RATE

    run(main())


def test_what_is_changed_is_read_at_once() -> None:
    """Between the rounds, what was written through the service is read at once, limited parts included."""

    async def main() -> None:
        account = account_of(100)
        hub = Hub(account)
        async with watching(hub) as reader:
            await asyncio.sleep(100)
            reader.taken()
            account.tags["table-1"] = [{"Key": "a", "Value": "b"}]
            hub.trigger("table-1")
            await asyncio.sleep(1)
            assert ["table-1 changed tags"] == reader.taken()

    run(main())


def test_a_changed_table_goes_before_the_first_reads_of_others() -> None:
    """While all tables are read for the first time, a changed one is read next, limited parts included."""

    async def main() -> None:
        account = account_of(100)
        hub = Hub(account)
        async with watching(hub, parts=DESCRIPTION), watching(hub) as reader:
            await asyncio.sleep(1)
            waiting = set(account.tables) - {
                each.about for each in account.asked if each.operation in LIMITED
            }
            changed = min(waiting)
            account.tags[changed] = [{"Key": "a", "Value": "b"}]
            account.asked.clear()
            hub.trigger(changed)
            await asyncio.sleep(1)
            assert f"{changed} snapshot" in reader.taken()
        read = [each.about for each in account.asked if each.operation == "ListTagsOfResource"]
        # One read has its turn already, and one in four is for the oldest.
        assert read.index(changed) <= 2

    run(main())


def test_changed_tables_leave_turns_for_first_reads() -> None:
    """However many tables change all the time, the first reads of all others go on."""

    async def main() -> None:
        account = Frugal(rate=20)
        for number in range(100):
            account.add(f"table-{number}")
        hub = Hub(account)
        async with watching(hub, parts=DESCRIPTION):
            for _ in range(120):
                for number in range(50):
                    hub.trigger(f"table-{number}")
                await asyncio.sleep(0.25)
        assert set(account.tables) == {each.about for each in account.asked} - {""}

    run(main())


def test_what_a_table_has_from_its_beginning() -> None:
    """Parts that come with a table, or with another one of its name, are read at once, between the rounds."""

    async def main() -> None:
        account = account_of(100)
        account.add("Music", TableStatus="CREATING")

        def not_yet(operation: str) -> Failure | None:
            creating = account.tables["Music"]["TableStatus"] == "CREATING"
            return unavailable(Code.FAILED_PRECONDITION) if creating and operation in LIMITED else None

        account.failing = not_yet
        hub = Hub(account)
        async with watching(hub, Scope(prefix="M")) as reader, watching(hub):
            await asyncio.sleep(100)
            reader.taken()
            account.tags["Music"] = [{"Key": "a", "Value": "b"}]
            account.change("Music", TableStatus="ACTIVE")
            await asyncio.sleep(1)
            assert ["Music changed status, continuous_backups, tags"] == reader.taken()
            await asyncio.sleep(100)
            reader.taken()
            account.tags["Music"] = []
            account.add("Music", TableId="another")
            await asyncio.sleep(20)
            assert ["Music created"] == [event for event in reader.taken() if event != "checkpoint"]
            assert not reader.state.tags

    run(main())


def test_failure_of_what_was_not_waited_for() -> None:
    """A read that fails when its turn comes is an outage; when it is over the snapshot comes."""

    async def main() -> None:
        account = account_of(20)
        account.failing = lambda operation: unavailable() if operation in LIMITED else None
        async with watching(Hub(account), snapshot_only=True) as reader:
            await asyncio.sleep(10)
            assert ["gap"] == reader.taken()
            account.failing = lambda _: None
            await asyncio.sleep(20)
            assert reader.ended
            events = reader.taken()
            assert (20, 1) == (
                sum(event.endswith("snapshot") for event in events),
                events.count("checkpoint"),
            )

    run(main())


def test_failure_of_a_slow_read_for_who_comes_later() -> None:
    """Who joins while reads are slow, and then fail, gets the snapshot when they succeed, changed or not."""

    async def main() -> None:
        account = Account()
        account.add("Music")
        hub = Hub(account)
        async with watching(hub):
            await asyncio.sleep(100)
            account.latency = 1.5
            account.failing = lambda operation: unavailable() if operation in LIMITED else None
            async with watching(hub, ["Music"]) as reader:
                await asyncio.sleep(5)
                assert "Music snapshot" not in reader.taken()
                account.latency = 0.002
                account.failing = lambda _: None
                await asyncio.sleep(10)
                assert "Music snapshot" in reader.taken()

    run(main())


def test_leaving_while_parts_wait() -> None:
    """When the last watcher leaves, reads that wait for their turn are not made."""

    async def main() -> None:
        account = account_of(100)
        async with watching(Hub(account)):
            await asyncio.sleep(5)
        account.asked.clear()
        await asyncio.sleep(60)
        assert [] == account.asked

    run(main())


def test_polls_let_others_go_first() -> None:
    """A call of a plan or an operation waits for one poll at most, however many wait."""

    async def main() -> None:
        budgets = Budgets(1000, AWS)
        polls = [asyncio.create_task(budgets.take("ListTagsOfResource", PollPriority())) for _ in range(1000)]
        await asyncio.sleep(10)
        begin = asyncio.get_running_loop().time()
        await budgets.take("ListTagsOfResource")
        assert asyncio.get_running_loop().time() - begin <= 2 / RATE
        for poll in polls:
            poll.cancel()

    run(main())


@pytest.mark.parametrize(
    ("url", "limited"),
    [
        (None, True),
        ("https://dynamodb.eu-central-1.amazonaws.com", True),
        ("https://vpce-0-1.dynamodb.us-east-1.vpce.amazonaws.com", True),
        ("https://dynamodb.eu-central-1.api.aws", True),
        ("http://localhost:8000", False),
        ("http://amazonaws.com.example:8000", False),
    ],
)
def test_aws_alone_is_limited(url: str | None, limited: bool) -> None:  # noqa: FBT001 - a row of the table
    """AWS has limits of single operations, wherever it is reached; engines have none."""
    assert limited == ("ListTagsOfResource" in operation_rates(url))
    assert "DescribeTable" not in operation_rates(url)
