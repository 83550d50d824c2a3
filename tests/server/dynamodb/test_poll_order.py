"""The order in which polls go on."""

import asyncio

from tableadmin_server.dynamodb.poll_order import PollOrder, PollPriority, Urgency


class Queue:
    """One slot, which is taken, and polls that wait for it."""

    def __init__(self) -> None:
        self.order = PollOrder(1)
        self.went: list[str] = []
        self.priorities: dict[str, PollPriority] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def wait(self, name: str, urgency: Urgency = Urgency.ROUTINE) -> None:
        """Have the poll NAME wait."""
        self.priorities[name] = PollPriority()
        self.priorities[name].set(urgency)
        self.tasks[name] = asyncio.create_task(self._go(name))
        await asyncio.sleep(0)

    async def go(self, count: int) -> list[str]:
        """Let COUNT polls go on, one after the other. Returns those that went."""
        self.went.clear()
        while len(self.went) < count:
            self.order.release()
            await asyncio.sleep(0)
        return list(self.went)

    async def _go(self, name: str) -> None:
        await self.order.take(self.priorities[name])
        self.went.append(name)


async def taken() -> Queue:
    """A queue whose slot is taken."""
    queue = Queue()
    await queue.order.take(PollPriority())
    return queue


async def test_the_most_urgent_goes_first() -> None:
    """Changed tables go first, then those that a watcher waits for, then the others, each in their order."""
    queue = await taken()
    for name, urgency in [
        ("routine", Urgency.ROUTINE),
        ("awaited", Urgency.AWAITED),
        ("changed", Urgency.CHANGED),
        ("changed too", Urgency.CHANGED),
    ]:
        await queue.wait(name, urgency)
    assert ["changed", "changed too", "awaited", "routine"] == await queue.go(4)


async def test_a_poll_that_waits_is_raised() -> None:
    """A poll whose table is changed while the poll waits goes before those that came earlier."""
    queue = await taken()
    for name in ("a", "b", "c"):
        await queue.wait(name)
    queue.priorities["c"].raise_to(Urgency.CHANGED)
    queue.priorities["c"].raise_to(Urgency.AWAITED)
    assert ["c", "a", "b"] == await queue.go(3)


async def test_every_fourth_turn_is_for_the_oldest() -> None:
    """However many urgent polls come, a poll that came earlier goes on."""
    queue = await taken()
    await queue.wait("routine")
    await queue.wait("awaited", Urgency.AWAITED)
    for number in range(8):
        await queue.wait(str(number), Urgency.CHANGED)
    assert ["0", "1", "2", "routine", "3", "4", "5", "awaited", "6", "7"] == await queue.go(10)


async def test_cancelled_polls_leave_their_slot() -> None:
    """A poll that is cancelled while it waits, or when its turn has just come, leaves the next its slot."""
    queue = await taken()
    for name in ("waits", "has its turn", "next"):
        await queue.wait(name)
    queue.tasks["waits"].cancel()
    queue.order.release()
    queue.tasks["has its turn"].cancel()
    await asyncio.wait(queue.tasks.values(), timeout=60)
    assert ["next"] == queue.went
    queue.order.release()
    await queue.order.take(PollPriority())
