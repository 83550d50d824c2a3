"""One operation at a time changes a table, whatever is delayed on the way."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest

from tableadmin import v1
from tests.engines import Engine
from tests.operations.conftest import LEASE
from tests.operations.harness.plane import Write, nothing
from tests.operations.harness.specs import before
from tests.operations.harness.world import SUCCEEDED, World, apply_request, ended_with, replicated, until
from tests.planner.model.table import Data

# Races between callers who ask for different things at once, without any delay by the test.
RACES = 200
# Races that are run at a time.
_AT_ONCE = 8
ABORTED = v1.OperationState.OPERATION_STATE_ABORTED


def wanted(name: str, tag: str) -> Data:
    """The table NAME with tags and capacity that only the caller TAG wants: an apply of two calls or more."""
    capacity = {"ReadCapacityUnits": 10 + len(tag), "WriteCapacityUnits": 10 + ord(tag[0])}
    return {**before(name), "ProvisionedThroughput": capacity, "Tags": [{"Key": "of", "Value": tag}]}


def overlaps(operations: Iterable[v1.Operation]) -> list[str]:
    """OPERATIONS of a table in the order of their calls, each once: twice is an overlap."""
    calls = sorted(
        (call.start_time.ToNanoseconds(), operation.operation_id)
        for operation in operations
        for call in operation.calls
    )
    turns: list[str] = []
    for _, operation_id in calls:
        if turns[-1:] != [operation_id]:
            turns.append(operation_id)
    return [each for each in set(turns) if turns.count(each) > 1]


def race(world: World, name: str, callers: int, rng: random.Random) -> None:
    """Have so many CALLERS ask for different things of the table NAME at once."""
    at_once = threading.Barrier(callers)

    def call(number: int) -> None:
        request = apply_request(wanted(name, str(number)), allow="allow_destructive")
        replica = world.replicas[number % len(world.replicas)]
        at_once.wait()
        time.sleep(rng.uniform(0, 0.02))
        error = ended_with(lambda: replica.plans.ApplyPlan(request, timeout=60))
        assert error is None or error.code == grpc.StatusCode.FAILED_PRECONDITION, error

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(call, range(callers)))


@contextmanager
def delayed(world: World, late: Callable[[Write], bool], seconds: float) -> Iterator[None]:
    """Hold up the writes for which LATE holds so many SECONDS, before they are made."""

    def delay(write: Write) -> None:
        if late(write):
            time.sleep(seconds)

    world.plane.before = delay
    try:
        yield
    finally:
        world.plane.before = nothing


@pytest.mark.parametrize("kind", ["request", "operation", "table"])
@pytest.mark.parametrize("via", [(0, 0), (0, 1)], ids=["one-replica", "two-replicas"])
def test_each_write_delayed(pair: World, table_name: str, kind: str, via: tuple[int, int]) -> None:
    """A second request that arrives while any single write of the first is under way changes nothing."""
    pair.made(before(table_name))
    first, second = (
        apply_request(wanted(table_name, tag), allow="allow_destructive") for tag in ("First", "Second")
    )
    seen = threading.Event()

    def late(write: Write) -> bool:
        is_late = write.own and write.key[0] == kind and not seen.is_set()
        if is_late:
            seen.set()
        return is_late

    with delayed(pair, late, 1.0), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(pair.replicas[via[0]].plans.ApplyPlan, first, timeout=60)
        until(seen.is_set)
        error = ended_with(lambda: pair.replicas[via[1]].plans.ApplyPlan(second, timeout=60))
        assert error is None or error.code == grpc.StatusCode.FAILED_PRECONDITION
        answer.result()
    states = sorted(each.state for each in pair.ended(pair.operations_of(table_name)))
    assert states in ([SUCCEEDED], [SUCCEEDED, ABORTED])
    assert [] == overlaps(pair.operations_of(table_name))
    assert [] == pair.plane.model.refused


@pytest.mark.parametrize("callers", [2, 8])
def test_unforced_races(own_engine: Engine, callers: int) -> None:
    """Of 2 or 8 callers who want different things of a table at once one at a time is served: 0 overlaps."""
    rng = random.Random(callers)
    names = [f"Race-{rng.getrandbits(48):012x}" for _ in range(RACES // 2)]
    # An operations table of its own: the engine goes through all items of the table for each query.
    with replicated(own_engine, "--operation-lease", str(LEASE)) as world:
        world.made(*map(before, names))
        with ThreadPoolExecutor(_AT_ONCE) as races:
            list(races.map(lambda name: race(world, name, callers, rng), names))
        until(lambda: not world.unended(), 300)
        ended = world.all_operations()
        for name in names:
            raced = [each for each in ended if each.table_name == name]
            assert {SUCCEEDED, ABORTED} >= {each.state for each in raced}, raced
            assert any(each.state == SUCCEEDED for each in raced), raced
            assert [] == overlaps(raced)
            # What was refused for another operation did nothing.
            assert all(not each.calls for each in raced if each.state == ABORTED)
        assert [] == world.plane.model.refused
