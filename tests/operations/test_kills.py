"""Servers that are killed while they carry out operations."""

import os
import random
import secrets
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tableadmin import v1
from tests.engines import Engine
from tests.operations.conftest import LEASE
from tests.operations.harness.plane import table_of
from tests.operations.harness.replica import Replica
from tests.operations.harness.specs import STEPS, after, before
from tests.operations.harness.trap import Trap, nth
from tests.operations.harness.world import World, chosen, replicated, until
from tests.server.security.audit.conftest import whole_records

KILLS = 50
# The writes of an apply, roughly: three for the request, three a step, two at the end.
_WRITES = 5 + 3 * STEPS


def test_killed_at_fifty_moments(own_engine: Engine, tmp_path: Path) -> None:
    """Killed at any moment, a server leaves nothing lost, doubled or refused: another one finishes.

    Each kill hits an apply of eight steps, before or after a write of it or some time later, while two
    replicas run. Each change that has reached the endpoint has its intent in the audit file of its server.
    """
    seed = int(os.environ.get("SEED") or secrets.randbits(32))
    print(f"SEED={seed}")  # noqa: T201  # pytest shows it where the test fails
    rng = random.Random(seed)
    with (
        replicated(own_engine, "--operation-lease", str(LEASE), count=2, speed=3000, audit=tmp_path) as world,
        ThreadPoolExecutor(2) as restarting,
    ):
        hit: list[v1.TablePlan] = []
        restarts: list[Future[None]] = []
        while len(hit) < KILLS:
            name = f"Kill-{rng.getrandbits(48):012x}"
            world.made(before(name))
            victim = chosen(world, rng)
            (plan,) = world.planned(after(name))
            assert STEPS == len(plan.steps)
            with killing(world, victim, name, rng) as trap:
                world.applied(after(name), via=victim)
                assert trap.over.wait(60), "no end"
            if trap.sprung.is_set():
                hit.append(plan)
                restarts.append(restarting.submit(victim.restart))
        for each in restarts:
            each.result()
        for plan in hit:
            world.ended(world.operations_of(plan.table_name))
            world.assert_carried_out(plan, after(plan.table_name))
        until(lambda: not world.unended())
        assert [] == world.plane.model.refused
        world.plane.let_answers_out()
        sent = Counter(
            (each.through, each.operation, table_of(each.params))
            for each in world.plane.writes
            if not each.own
        )
    assert sent.total() >= KILLS * STEPS
    assert Counter() == sent - intents(tmp_path)


def intents(folder: Path) -> Counter[tuple[str, str, str]]:
    """The changes of operations that the audit files in FOLDER have intents of: server, operation, table."""
    return Counter(
        (file.name, each["api"]["operation"], each["resources"][0]["name"])
        for file in folder.iterdir()
        if not file.suffix
        for each in whole_records(file)
        if each["status"] == "Intent" and "operation_id" in each["unmapped"]
    )


def killing(world: World, victim: Replica, name: str, rng: random.Random) -> Trap:
    """A trap that kills VICTIM at a random moment of the apply of the table NAME."""
    number, how = 1 + rng.randrange(_WRITES), rng.choice(["lost", "unheard", "later"])
    delay = rng.uniform(0.001, 0.3) if how == "later" else 0.0
    return Trap(world.plane, victim, name, nth(number), victim.kill, lost=how == "lost", delay=delay)
