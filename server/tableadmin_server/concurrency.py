"""Does the same work on many items: a bounded number at a time, or in batches."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# More tables at a time would not be faster, because AWS limits the rate of reads, and would delay other
# callers.
_AT_A_TIME = 16


def batched(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield ITEMS in order, in batches of SIZE. The last batch may be smaller."""
    return (items[start : start + size] for start in range(0, len(items), size))


async def as_ready(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Result]], at_a_time: int = _AT_A_TIME
) -> AsyncGenerator[Result]:
    """Yield the results of WORK on each of ITEMS, in the order in which they are ready.

    The first exception of WORK ends the generator. Closing the generator cancels the work in progress.
    """
    waiting = iter(items)
    running: set[asyncio.Task[Result]] = set()
    try:
        while True:
            running |= {
                asyncio.create_task(_result(work, item)) for item in islice(waiting, at_a_time - len(running))
            }
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()


async def _result(work: Callable[[Item], Awaitable[Result]], item: Item) -> Result:
    return await work(item)
