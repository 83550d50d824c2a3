"""Measurements that hold on any machine: the best of some rounds, and CPU time beside that of a fixed work.

A machine that is busy with other things delays single rounds; a fault of the code shows in each of them.
"""

import json
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

ROUNDS = 5
# CPU seconds that `_work` takes on the machine on which the tests' bounds of CPU time were set.
_WORK_SECONDS = 400e-6


def first_that(act: Callable[[], T], holds: Callable[[T], bool], rounds: int = ROUNDS) -> T:
    """The first outcome of ACT for which HOLDS; after so many ROUNDS the last outcome, whatever it is."""
    for _ in range(rounds - 1):
        outcome = act()
        if holds(outcome):
            return outcome
    return act()


async def async_first_that(
    act: Callable[[], Awaitable[T]], holds: Callable[[T], bool], rounds: int = ROUNDS
) -> T:
    """`first_that` for an ACT that is awaited."""
    for _ in range(rounds - 1):
        outcome = await act()
        if holds(outcome):
            return outcome
    return await act()


def least(seconds: Callable[[], float], bound: float, rounds: int = ROUNDS) -> float:
    """The least of the SECONDS of some rounds; a round that took less than BOUND is the last."""
    found: list[float] = []

    def measure() -> float:
        found.append(seconds())
        return found[-1]

    first_that(measure, lambda taken: taken < bound, rounds)
    return min(found)


def is_cpu_time_less(seconds: float, bound: float) -> bool:
    """Whether SECONDS of CPU time are less than BOUND, which grows with the slowness of the machine."""
    return seconds < bound or seconds < bound * _slowness()


def _slowness() -> float:
    """How many times as long as on the machine of the bounds this thread needs for a fixed work, now."""
    return min(_cpu_seconds(_work) for _ in range(50)) / _WORK_SECONDS


def _cpu_seconds(act: Callable[[], object]) -> float:
    began = time.thread_time()
    act()
    return time.thread_time() - began


def _work() -> None:
    """Make, write, read and sort some data, as much of the code does."""
    rows = [{"name": f"Table{n}", "keys": [n, n + 1], "tags": {"of": str(n)}} for n in range(200)]
    json.loads(json.dumps(rows))
    sorted(({**row, "size": len(str(row["name"]))} for row in rows), key=lambda row: str(row["name"]))
