"""However many streams have something to send, a turn of the event loop is for few of them."""

import asyncio
from collections import Counter

from tableadmin_server.watching.fair_scheduler import FairScheduler
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.stream import Options, Scope, Watch
from tests.watching.harness.account import Account
from tests.watching.harness.looking import DESCRIPTION
from tests.watching.harness.skipping import SkippingLoop, run

MOST = 4


class TurnCount:
    """Counts the turns of the event loop while it is used."""

    def __init__(self) -> None:
        self.turn = 0
        self._counting = asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self.turn += 1
        self._counting = asyncio.get_running_loop().call_soon(self._next)

    def stop(self) -> None:
        """Count no longer."""
        self._counting.cancel()


async def test_in_order() -> None:
    """A thousand that come at once go on in the order they came, four in each turn at most."""
    scheduler, count, went = FairScheduler(), TurnCount(), list[tuple[int, int]]()

    async def go(number: int) -> None:
        await scheduler.turn()
        went.append((count.turn, number))

    await asyncio.gather(*(go(number) for number in range(1_000)))
    count.stop()
    assert list(range(1_000)) == [number for _, number in went]
    assert max(Counter(turn for turn, _ in went).values()) <= MOST


async def test_cancelled() -> None:
    """Whoever leaves while it waits holds up nobody."""
    scheduler = FairScheduler()
    waiting = [asyncio.create_task(scheduler.turn()) for _ in range(100)]
    await asyncio.sleep(0)
    for task in waiting[MOST:-1]:
        task.cancel()
    await asyncio.wait_for(waiting[-1], 60)


async def test_alone() -> None:
    """One that is alone goes on at once."""
    scheduler, count = FairScheduler(), TurnCount()
    for _ in range(MOST):
        await scheduler.turn()
    assert 0 == count.turn
    count.stop()


async def test_few_calls() -> None:
    """A few calls are made at once, in their order."""
    made = list[int]()
    FairScheduler().spread(made.append, range(64))
    assert list(range(64)) == made


async def test_many_calls() -> None:
    """Many calls are made in their order, two hundred in each turn at most."""
    scheduler, count, made = FairScheduler(), TurnCount(), list[tuple[int, int]]()
    for start in (0, 2_500):
        scheduler.spread(lambda number: made.append((count.turn, number)), range(start, start + 2_500))
    assert [] == made
    for _ in range(50):
        await asyncio.sleep(0)
    count.stop()
    assert list(range(5_000)) == [number for _, number in made]
    assert max(Counter(turn for turn, _ in made).values()) <= 200


def test_a_watch_of_many_tables() -> None:
    """A watch subscribes to its tables over several turns, and leaves them so."""

    async def main() -> None:
        account = Account(page=300)
        for number in range(300):
            account.add(f"table-{number}")
        hub, joined, left = Hub(account), Counter[int](), Counter[int]()
        # The polls of the tables are spaced, and a TurnCount would keep the loop busy meanwhile.
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SkippingLoop)
        join, leave = hub.tables.watched, hub.tables.unwatched
        hub.tables.watched = lambda table: (joined.update([loop.turns]), join(table))[1]  # type: ignore[method-assign]  # to count
        hub.tables.unwatched = lambda table: (left.update([loop.turns]), leave(table))[1]  # type: ignore[method-assign]  # to count
        streams = [Watch(hub, Scope(prefix=""), Options(DESCRIPTION)).messages() for _ in range(40)]
        for stream in streams:
            await anext(stream)
        await asyncio.gather(*(stream.aclose() for stream in streams))
        for _ in range(100):
            await asyncio.sleep(0)
        assert 40 * 300 == joined.total()
        assert 300 == left.total()
        assert max(joined.values()) <= MOST * 16
        assert max(left.values()) <= 200

    run(main())


async def test_watches() -> None:
    """Five hundred watches make four messages in a turn at most."""
    account = Account()
    account.add("Music")
    hub, count, made = Hub(account), TurnCount(), Counter[int]()

    async def watch() -> None:
        stream = Watch(hub, Scope(names=("Music",)), Options(DESCRIPTION, snapshot_only=True))
        async for _ in stream.messages():
            made[count.turn] += 1

    await asyncio.gather(*(watch() for _ in range(500)))
    count.stop()
    assert 1_000 == made.total()
    # The checkpoint after a snapshot is made in the turn of the snapshot that comes before it.
    assert max(made.values()) <= 2 * MOST
