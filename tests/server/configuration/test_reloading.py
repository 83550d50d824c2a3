"""Files are read again each second, and when somebody asks."""

import asyncio
import threading
import time

from tableadmin_server.reloading import Reloading
from tableadmin_server.supervision import Supervisor


async def test_each_second_and_when_asked() -> None:
    """A function is called without being asked for, and at once when it is, never on the event loop."""
    times, threads = [], set()

    def read() -> None:
        times.append(time.monotonic())
        threads.add(threading.get_ident())

    reloading = Reloading(Supervisor())
    assert not reloading
    reloading.add(read)
    assert reloading
    reloading.start()
    began = time.monotonic()
    await until(times, 1)
    assert times[0] - began >= 0.9
    for count in range(2, 102):
        reloading.ask()
        await until(times, count)
    # A hundred times without being asked would be a hundred seconds.
    assert times[100] - times[0] < 50
    reloading.stop()
    assert threading.get_ident() not in threads


async def test_a_function_that_fails() -> None:
    """An exception of a function ends neither the loop nor what the function does later."""
    called: list[float] = []

    def read() -> None:
        called.append(time.monotonic())
        if len(called) == 1:
            raise OSError("the disk is away")

    reloading = Reloading(Supervisor())
    reloading.add(read)
    reloading.start()
    reloading.ask()
    await until(called, 1)
    reloading.ask()
    await until(called, 2)
    reloading.stop()


async def until(calls: list[float], count: int) -> None:
    """Return when there have been so many CALLS."""
    async with asyncio.timeout(60):
        while len(calls) < count:  # noqa: ASYNC110  # the calls are in another thread
            await asyncio.sleep(0.005)
