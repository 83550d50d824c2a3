"""However many streams have something to send, a turn of the event loop is for few of them."""

import asyncio
from collections import Counter

from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.stream import Options, Scope, Watch
from tableadmin_server.watching.turns import Turns
from tests.watching.account import Account
from tests.watching.looking import DESCRIPTION

MOST = 16


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
    """A thousand that come at once go on in the order they came, sixteen in each turn at most."""
    turns, count, went = Turns(), TurnCount(), list[tuple[int, int]]()

    async def go(number: int) -> None:
        await turns.take()
        went.append((count.turn, number))

    await asyncio.gather(*(go(number) for number in range(1_000)))
    count.stop()
    assert list(range(1_000)) == [number for _, number in went]
    assert max(Counter(turn for turn, _ in went).values()) <= MOST


async def test_cancelled() -> None:
    """Whoever leaves while it waits holds up nobody."""
    turns = Turns()
    waiting = [asyncio.create_task(turns.take()) for _ in range(100)]
    await asyncio.sleep(0)
    for task in waiting[MOST:-1]:
        task.cancel()
    await asyncio.wait_for(waiting[-1], 1)


async def test_alone() -> None:
    """One that is alone goes on at once."""
    turns, count = Turns(), TurnCount()
    for _ in range(MOST):
        await turns.take()
    assert 0 == count.turn
    count.stop()


async def test_watches() -> None:
    """Five hundred watches make sixteen messages in a turn at most."""
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
