"""What breaks under operations: the server that carries them out, the endpoint, their own table."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from itertools import count

import grpc
import pytest
from google.rpc.code_pb2 import Code

from tableadmin import v1
from tests.engines import Engine
from tests.measuring import first_that
from tests.operations.conftest import LEASE
from tests.operations.harness.plane import Lost, Write, nothing, throttling
from tests.operations.harness.replica import Replica
from tests.operations.harness.specs import STEPS, after, before
from tests.operations.harness.trap import Trap
from tests.operations.harness.world import (
    SUCCEEDED,
    Error,
    World,
    apply_request,
    ended_with,
    replicated,
    shaped,
    standing_after,
    until,
)
from tests.planner.model.port import Asked, Given

FAILED = v1.OperationState.OPERATION_STATE_FAILED


@pytest.fixture(scope="module")
def minute(own_engine: Engine) -> Iterator["Future[None]"]:
    """An apply in the midst of which nothing can be reached for a minute, while other tests run."""

    def suffer() -> None:
        with replicated(own_engine, "--operation-lease", str(LEASE)) as world:
            carried_out_despite_an_outage(world, "Minute", 60.0)

    with ThreadPoolExecutor(1) as meanwhile:
        yield meanwhile.submit(suffer)


@pytest.fixture(scope="module")
def throttled(own_engine: Engine) -> Iterator["Future[None]"]:
    """An apply of which every second call is throttled, while other tests run."""
    with ThreadPoolExecutor(1) as meanwhile:
        yield meanwhile.submit(carried_out_although_throttled, own_engine)


def announcing(write: Write) -> bool:
    """Whether WRITE notes that the index is about to be added."""
    return write.own and write.about("add index LabelIndex")


def adding(write: Write) -> bool:
    """Whether WRITE adds the index."""
    return not write.own and write.about("LabelIndex")


@pytest.mark.usefixtures("minute", "throttled")
@pytest.mark.parametrize(
    ("at", "delay"),
    [(announcing, 0.0), (adding, 0.0), (adding, 0.2)],
    ids=["about to call", "called", "waiting"],
)
def test_frozen_and_woken(own_engine: Engine, at: Callable[[Write], bool], delay: float) -> None:
    """A holder frozen past its lease and woken changes nothing: neither tables nor operations.

    It gives a sign of life, and then finds that the operations are another's.
    """
    with replicated(own_engine, "--operation-lease", str(LEASE)) as world:
        frozen, other = world.replicas
        names = ["Frozen", *(f"Frozen-{number}" for number in range(3))]
        world.made(*map(before, names))
        plans = world.planned(*map(after, names))
        with Trap(world.plane, frozen, "Frozen", at, frozen.freeze, delay=delay) as trap:
            operations = world.applied(*map(after, names), via=frozen)
            assert trap.sprung.wait(60)
        began = time.monotonic()
        assert {SUCCEEDED} == {each.state for each in world.ended(operations)}
        time.sleep(max(0.0, began + 3 * LEASE - time.monotonic()))
        woken = frozen.wake()
        time.sleep(2 * LEASE)
        since = [each for each in world.plane.writes if each.through == frozen.name and each.at >= woken]
        assert [] == [each for each in since if not each.own]
        # Only what says that it runs: its heartbeats, and now and then its item as a member.
        assert [] == [each for each in since if each.accepted and each.key[0] not in {"server", "member"}]
        for plan, name in zip(plans, names, strict=True):
            world.assert_carried_out(plan, after(name))
        assert [] == world.plane.model.refused
        # It is none the worse for it. A machine that is very busy may have it lose a lease.
        later = (f"Later-{number}" for number in count())
        assert {frozen.name} == first_that(
            lambda: carried_out_by(world, frozen, next(later)), lambda each: each == {frozen.name}
        )
        assert other.up


def carried_out_by(world: World, replica: Replica, name: str) -> set[str]:
    """The replicas that make the changes of an apply of the table NAME that REPLICA begins."""
    world.made(before(name))
    (operation,) = world.applied(after(name), via=replica)
    assert SUCCEEDED == world.ended([operation])[0].state
    return {each.through for each in world.plane.sent(name)}


def carried_out_despite_an_outage(world: World, name: str, seconds: float) -> None:
    """Nothing can be reached for so many SECONDS of an apply; it goes on afterwards, and soon."""
    world.made(before(name))
    (plan,) = world.planned(after(name))
    request = v1.PlanTablesRequest(specs=shaped([after(name)]))
    with ExitStack() as outage:
        with standing_after(world, name, 2) as stands:
            (operation,) = world.applied(after(name))
            assert stands.wait(60)
            outage.enter_context(world.plane.outage())
        time.sleep(seconds)
        for replica in world.replicas:
            (result,) = replica.plans.PlanTables(request, timeout=60)
            assert (Code.UNAVAILABLE, name) == (result.error.code, result.table_name)
    assert SUCCEEDED == world.ended([operation])[0].state
    world.assert_carried_out(plan, after(name))
    assert [] == world.plane.model.refused


def test_unreachable(pair: World) -> None:
    """An endpoint that can't be reached for eight seconds, many leases, only delays an apply."""
    carried_out_despite_an_outage(pair, "Unreachable", 8.0)


def test_circuit_open_in_the_middle_of_an_apply(pair: World) -> None:
    """While the circuit is open nothing is sent; the apply waits, and goes on when the endpoint is back."""
    name = "Circuit"
    pair.made(before(name))
    (plan,) = pair.planned(after(name))
    request = v1.PlanTablesRequest(specs=shaped([after(name)]))

    def refuses(replica: Replica) -> bool:
        (result,) = replica.plans.PlanTables(request, timeout=60)
        return "the call was not sent" in result.error.message

    with standing_after(pair, name, 2) as stands:
        (operation,) = pair.applied(after(name))
        assert stands.wait(60)
        with pair.plane.outage():
            for replica in pair.replicas:
                until(partial(refuses, replica))
            made = pair.plane.changes(name)
            assert len(plan.steps) > len(made), "the apply had ended before"
    assert SUCCEEDED == pair.ended([operation])[0].state
    pair.assert_carried_out(plan, after(name))
    assert [] == pair.plane.model.refused


def carried_out_although_throttled(engine: Engine) -> None:
    """Reads and the service's own writes are throttled too."""
    calls = 0
    counting = threading.Lock()

    def every_second(asked: Asked) -> Given | None:
        nonlocal calls
        with counting:
            calls += 1
            return throttling(asked) if calls % 2 else None

    with replicated(engine) as world:
        world.made(before("Throttled"))
        (plan,) = world.planned(after("Throttled"))
        world.plane.instead = every_second
        request = apply_request(after("Throttled"))
        until(lambda: answered(world, request), 300)
        world.plane.instead = nothing
        (operation,) = world.operations_of("Throttled")
        world.plane.instead = every_second
        until(lambda: STEPS == len(world.plane.changes("Throttled")), 300)
        world.plane.instead = nothing
        assert SUCCEEDED == world.ended([operation])[0].state
        world.assert_carried_out(plan, after("Throttled"))
        assert [] == world.plane.model.refused


def answered(world: World, request: v1.ApplyPlanRequest) -> bool:
    """Whether a try of REQUEST went well; otherwise there were too many calls."""
    error = ended_with(lambda: world.begun(request))
    assert error is None or error.code == grpc.StatusCode.RESOURCE_EXHAUSTED, error
    return error is None


def test_operations_table_deleted(own_engine: Engine, table_name: str) -> None:
    """Without their own table operations end where they are, with an error that says so, for watchers too.

    Nothing more is done to the tables they administer, and the next apply makes the operations table anew.
    """
    with replicated(own_engine, "--operation-lease", "6", speed=300) as world:
        world.made(before(table_name))
        with ThreadPoolExecutor(2) as watching, standing_after(world, table_name, 2) as stands:
            (operation,) = world.applied(after(table_name), via=world.replicas[0])
            assert stands.wait(60)
            watches = [watching.submit(watched, each, operation.operation_id) for each in world.replicas]
            time.sleep(0.5)
            with closing(own_engine.boto3()) as client:
                table = world.plane.operations_table
                client.update_table(TableName=table, DeletionProtectionEnabled=False)
                client.delete_table(TableName=table)
            deleted = time.monotonic()
            (newest, error), (_, elsewhere) = (each.result() for each in watches)
        # The server that carried it out says why it ended, and the other that nothing is known of it.
        assert (None, FAILED) == (error, newest.state)
        assert "OPERATIONS_TABLE_GONE" == newest.error.reason
        assert world.plane.operations_table in newest.error.message
        assert ["change throughput", "add index GenreIndex"] == [call.summary for call in newest.calls]
        asked = world.operation(operation.operation_id, world.replicas[0])
        assert (newest.state, newest.error) == (asked.state, asked.error)
        assert elsewhere is not None
        assert grpc.StatusCode.NOT_FOUND == elsewhere.code
        assert operation.operation_id in elsewhere.message
        world.plane.let_pass(900)  # the index is there
        time.sleep(1)
        assert [] == [each for each in world.plane.sent(table_name) if each.at > deleted]
        # What was done stays done.
        (plan,) = world.planned(after(table_name))
        assert STEPS - 2 == len(plan.steps)
        (again,) = world.applied(after(table_name), via=world.replicas[1])
        assert SUCCEEDED == world.ended([again])[0].state
        assert [] == world.plane.model.refused


def watched(replica: Replica, operation_id: str) -> tuple[v1.Operation, Error | None]:
    """What a watch saw last, and the error that it ended with, if it was one."""
    newest = v1.Operation()
    request = v1.WatchOperationRequest(operation_ids=[operation_id])

    def read() -> None:
        for response in replica.operations.WatchOperation(request, timeout=300):
            if response.HasField("operation"):
                newest.CopyFrom(response.operation)

    return newest, ended_with(read)


def test_stopped(own_engine: Engine, table_name: str) -> None:
    """A holder that is stopped gives its operations away: another one goes on long before the lease ends."""
    lease = 45.0
    with replicated(own_engine, "--operation-lease", str(lease), speed=700) as world:
        stopped, other = world.replicas
        world.made(before(table_name))
        (plan,) = world.planned(after(table_name))
        with standing_after(world, table_name, 2) as stands:
            (operation,) = world.applied(after(table_name), via=stopped)
            assert stands.wait(60)
            stopped.up = False
            began = stopped.signal(signal.SIGTERM)
            until(lambda: any(each.through == other.name for each in world.plane.own(operation.operation_id)))
            # A third of the lease passes between two searches for operations that are free.
            assert 2 / 3 * lease > time.monotonic() - began
        assert SUCCEEDED == world.ended([operation])[0].state
        assert 0 == stopped.process.process.wait(60)
        world.assert_carried_out(plan, after(table_name))
        assert [] == world.plane.model.refused


def test_both_killed(own_engine: Engine, table_name: str) -> None:
    """An operation whose every server is deleted goes on when one comes back."""
    with replicated(own_engine, "--operation-lease", str(LEASE), speed=700) as world:
        world.made(before(table_name))
        (plan,) = world.planned(after(table_name))
        with standing_after(world, table_name, 2) as stands:
            (operation,) = world.applied(after(table_name))
            assert stands.wait(60)
            for replica in world.replicas:
                replica.kill()
        world.replicas[1].restart()
        assert SUCCEEDED == world.ended([operation])[0].state
        world.assert_carried_out(plan, after(table_name))
        assert [] == world.plane.model.refused


def test_unreachable_at_the_end(own_engine: Engine, table_name: str) -> None:
    """An operation that can't write down its success tries again, and shows nothing else meanwhile."""
    first: list[float] = []

    def lose(write: Write) -> None:
        if write.own and write.about('"SUCCEEDED"'):
            first.append(write.at)
            if write.at < first[0] + 3:
                raise Lost

    with replicated(own_engine) as world:
        world.made(before(table_name))
        world.plane.before = lose
        (operation,) = world.applied(after(table_name), via=world.replicas[0])
        newest, error = watched(world.replicas[0], operation.operation_id)
        assert (None, SUCCEEDED) == (error, newest.state)
        until(lambda: world.operation(operation.operation_id, world.replicas[1]).state == SUCCEEDED)
        assert len(first) > 1
        until(lambda: not world.unended())


def test_unreachable_for_a_minute(minute: "Future[None]") -> None:
    """An endpoint that can't be reached for a minute only delays an apply."""
    minute.result(600)


def test_throttled(throttled: "Future[None]") -> None:
    """Throttled on every second call an apply gets there, without a call that is refused or needless."""
    throttled.result(900)
