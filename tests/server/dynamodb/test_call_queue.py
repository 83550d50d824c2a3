"""Calls that wait for a slot: who gets one, who is refused, and who leaves."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tableadmin_server.dynamodb.client.call_queue import CallQueue, DeadlineTooClose, Dropped


async def pass_by() -> None:
    """Let everything happen that can."""
    for _ in range(5):
        await asyncio.sleep(0)


def now() -> float:
    """The time of the event loop."""
    return asyncio.get_running_loop().time()


def start(waiting: Coroutine[Any, Any, float]) -> "asyncio.Task[float]":
    """A task that waits."""
    return asyncio.create_task(waiting)


async def test_first_come_first_served() -> None:
    """Slots go to those who wait in the order in which they came."""
    queue = CallQueue(1)
    taken = await queue.take()
    waiting = [start(queue.take()) for _ in range(3)]
    for each in waiting:
        await pass_by()
        assert not each.done()
        queue.release(taken)
        taken = await each


async def test_who_leaves() -> None:
    """Whoever is cancelled leaves the queue, also one who is given the slot in that moment."""
    queue = CallQueue(1)
    taken = await queue.take()
    first, second = start(queue.take()), start(queue.take())
    await pass_by()
    first.cancel()
    await pass_by()
    third = start(queue.take())
    await pass_by()
    queue.release(taken)
    second.cancel()
    assert await asyncio.wait_for(third, 60)


async def test_dropped() -> None:
    """All who wait are dropped at once, and the slots stay in order."""
    queue = CallQueue(1)
    taken = await queue.take()
    waiting = [start(queue.take()) for _ in range(3)]
    await pass_by()
    queue.drop()
    assert [Dropped] * 3 == [type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)]
    queue.release(taken)
    assert await asyncio.wait_for(queue.take(), 60)


async def test_deadlines() -> None:
    """A call is refused at once if the calls ahead take longer than its deadline."""
    queue = CallQueue(2)
    for _ in range(50):
        queue.release(await queue.take() - 1.0)
    for _ in range(2):
        await queue.take()
    waiting = [start(queue.take()) for _ in range(4)]
    await pass_by()
    with pytest.raises(DeadlineTooClose):
        await queue.take(now() + 2.2)
    last = start(queue.take(now() + 2.8))
    await pass_by()
    assert not last.done()
    queue.drop()
    await asyncio.gather(*waiting, last, return_exceptions=True)


async def test_calls_that_become_slower() -> None:
    """Those who wait are refused when the calls ahead turn out to be slow, the last ones first."""
    queue = CallQueue(1)
    await queue.take()
    deadline = now() + 30
    waiting = [start(queue.take(deadline)) for _ in range(100)]
    # They end when the call under way has taken some seconds.
    refused, _ = await asyncio.wait(waiting[-80:], timeout=60)
    assert [DeadlineTooClose] * 80 == [type(each.exception()) for each in refused]
    assert now() < deadline
    assert not waiting[0].done()
    queue.drop()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_short_stall() -> None:
    """A queue whose calls have been fast refuses nobody because of a call that takes less than a second."""
    queue = CallQueue(1)
    for _ in range(50):
        queue.release(await queue.take())
    taken = await queue.take()
    waiting = [start(queue.take(now() + 0.5)) for _ in range(100)]
    await pass_by()
    assert not any(each.done() for each in waiting)
    for each in waiting:
        queue.release(taken)
        taken = await each
