"""Whatever becomes of a server or of an answer, each change is made once, and none comes late.

Each table that is applied while a server is frozen counts as a trial, and so does each answer that is lost.
"""

import os
import random
import secrets
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import pytest

from tableadmin import v1
from tests.engines import Engine
from tests.operations.harness.plane import Lost, Plane, Write, nothing
from tests.operations.harness.replica import Replica
from tests.operations.harness.specs import before, index
from tests.operations.harness.world import SUCCEEDED, World, replicated, until
from tests.planner.model.table import Data

# A call is late if its server is kept from running for as long between its look at the lease and the call.
LEASE = 4.0
# Tables that are applied at a time: 2 x 5 x 10 trials of freezes, and 3 x 34 of lost answers.
_AT_ONCE = 10
_MOMENTS = ("about to send", "sent", "answered", "unanswered", "any")
_LOST_TABLES, _OWN_SHARE = 34, 0.1


@pytest.fixture
def rng() -> random.Random:
    """Random numbers; the seed is printed where a test fails."""
    seed = int(os.environ.get("SEED") or secrets.randbits(32))
    print(f"SEED={seed}")  # noqa: T201  # pytest shows it where the test fails
    return random.Random(seed)


def changed(name: str) -> Data:
    """The table NAME with more capacity, another tag and an index: an apply of three calls."""
    return {
        **before(name),
        "ProvisionedThroughput": {"ReadCapacityUnits": 9, "WriteCapacityUnits": 7},
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "S"} for each in ("Artist", "Genre")
        ],
        "GlobalSecondaryIndexes": [index("Genre")],
        "Tags": [{"Key": "team", "Value": "films"}],
    }


class Freezing:
    """Freezes VICTIM at a MOMENT of the call that is its NUMBER-th; `done` is set then."""

    def __init__(self, plane: Plane, victim: Replica, moment: str, number: int) -> None:
        self.done = threading.Event()
        self._plane = plane
        self._victim = victim
        self._moment = moment
        self._left = number
        self._counting = threading.Lock()

    def __enter__(self) -> Self:
        """Look at calls."""
        self._plane.before, self._plane.after = self._coming, self._made
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave calls alone."""
        self._plane.before = self._plane.after = nothing

    def _coming(self, write: Write) -> None:
        if self._moment == "sent" and not write.own and self._is_it(write):
            self._freeze()

    def _made(self, write: Write) -> None:
        """The write is made, and not answered yet; of its own table it may be the one before a call."""
        if self._moment == "sent" or write.own != (self._moment == "about to send"):
            return
        if (write.own and not write.about("UNDER_WAY")) or not self._is_it(write):
            return
        if self._moment == "any":
            threading.Timer(random.uniform(0.0, 0.3), self._freeze).start()
            return
        self._freeze()
        if self._moment == "unanswered":
            raise Lost

    def _is_it(self, write: Write) -> bool:
        if write.through != self._victim.name:
            return False
        with self._counting:
            self._left -= 1
            return self._left == 0

    def _freeze(self) -> None:
        self._victim.freeze()
        self.done.set()


def frozen_once(world: World, victim: Replica, moment: str, rng: random.Random) -> None:
    """Apply tables by VICTIM, which is frozen at a MOMENT of some call until another has finished them."""
    names = [f"Frozen-{rng.getrandbits(48):012x}" for _ in range(_AT_ONCE)]
    world.made(*map(before, names))
    wanted = [changed(name) for name in names]
    plans = world.planned(*wanted)
    with Freezing(world.plane, victim, moment, rng.randrange(1, 2 * _AT_ONCE)) as freezing:
        operations = world.applied(*wanted, via=victim)
        assert freezing.done.wait(60), "not frozen"
    ended = world.ended(operations)
    assert {SUCCEEDED} == {each.state for each in ended}, [each.error for each in ended]
    victim.wake()
    time.sleep(LEASE)
    late = [text for each in operations for text in stale(world.plane, victim, each)]
    assert [] == late
    for plan, spec in zip(plans, wanted, strict=True):
        world.assert_carried_out(plan, spec)
    assert [] == world.plane.model.refused


def stale(plane: Plane, victim: Replica, operation: v1.Operation) -> Iterator[str]:
    """The calls of VICTIM for OPERATION that came in after another server had taken it over."""
    others = [each.at for each in plane.own(operation.operation_id) if each.through != victim.name]
    taken = min(others, default=float("inf"))
    for write in plane.sent(operation.table_name):
        if write.through == victim.name and write.at > taken:
            yield f"{operation.table_name}: {write.operation} {write.at - taken:.3f} s after the takeover"


@pytest.mark.parametrize("flags", [(), ("--pool-size", "1")], ids=["defaults", "one connection"])
def test_frozen(own_engine: Engine, rng: random.Random, flags: tuple[str, ...]) -> None:
    """A server frozen past its lease at any moment of a call sends nothing late, and nothing twice."""
    with replicated(own_engine, "--operation-lease", str(LEASE), *flags, speed=3000) as world:
        for number, moment in enumerate(_MOMENTS):
            frozen_once(world, world.replicas[number % 2], moment, rng)


def test_lost_answers(own_engine: Engine, rng: random.Random) -> None:
    """An answer that is lost after the change was made has no change made twice, and no operation fail.

    All answers to changes of tables are lost, and some of those to updates in the operations table.
    """
    losing = threading.Lock()
    lost: list[Write] = []

    def lose(write: Write) -> None:
        with losing:
            if write.own and (write.operation != "UpdateItem" or rng.random() > _OWN_SHARE):
                return
            lost.append(write)
        raise Lost

    with replicated(own_engine, "--operation-lease", str(LEASE), speed=3000) as world:
        names = [f"Lost-{number}" for number in range(_LOST_TABLES)]
        world.made(*map(before, names))
        wanted = [changed(name) for name in names]
        plans = world.planned(*wanted)
        world.plane.after = lose
        first, second = world.replicas
        operations = [*world.applied(*wanted[::2], via=first), *world.applied(*wanted[1::2], via=second)]
        ended = world.ended(operations)
        world.plane.after = nothing
        assert {SUCCEEDED} == {each.state for each in ended}, [each.error for each in ended]
        for plan, spec in zip(plans, wanted, strict=True):
            world.assert_carried_out(plan, spec)
        assert [] == world.plane.model.refused
        assert 3 * _LOST_TABLES == sum(not each.own for each in lost)
        until(lambda: not world.unended())
