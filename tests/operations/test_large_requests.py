"""Requests for many tables: answered at once, checked in the background, and all or nothing all the same."""

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tableadmin import v1
from tests.engines import Engine
from tests.measuring import first_that
from tests.operations.conftest import LEASE
from tests.operations.harness.plane import Lost, Write, nothing
from tests.operations.harness.specs import before
from tests.operations.harness.world import SUCCEEDED, World, apply_request, replicated
from tests.planner.model.port import Asked
from tests.planner.model.table import Data

# One more than are checked before ApplyPlan answers.
TABLES = 21
ABORTED = v1.OperationState.OPERATION_STATE_ABORTED
PENDING = v1.OperationState.OPERATION_STATE_PENDING
TAGGED = [{"Key": "team", "Value": "films"}]


def retagged(name: str) -> Data:
    """The table NAME with another tag: an apply of one step."""
    return {**before(name), "Tags": TAGGED}


@pytest.fixture
def names(pair: World, table_name: str) -> list[str]:
    """Tables that are there."""
    return made(pair, table_name)


def made(world: World, prefix: str) -> list[str]:
    """The names of tables that were made."""
    names = [f"{prefix}-{number:02}" for number in range(TABLES)]
    world.made(*map(before, names))
    return names


@contextmanager
def reads_held(world: World) -> Iterator[threading.Event]:
    """No table can be read until the event is set."""
    release = threading.Event()

    def hold(asked: Asked) -> None:
        if asked.operation == "DescribeTable" and world.plane.operations_table.encode() not in asked.body:
            release.wait(60)

    world.plane.instead = hold
    try:
        yield release
    finally:
        release.set()
        world.plane.instead = nothing


def assert_nothing_done(world: World, names: list[str], ended: list[v1.Operation], refused: str) -> None:
    """All have ENDED because of the table REFUSED, and no table was changed."""
    assert {ABORTED} == {each.state for each in ended}
    assert [] == [change for name in names for change in world.plane.changes(name)]
    for operation in ended:
        assert refused in operation.error.message
        assert (operation.table_name != refused) == (operation.error.reason == "REQUEST_NOT_ADMITTED")


def test_answered_before_tables_are_read(pair: World, names: list[str]) -> None:
    """ApplyPlan answers while no table can be read; the operations wait until tables can be read."""
    with reads_held(pair) as release:
        begun = pair.begun(apply_request(*map(retagged, names)), pair.replicas[0])
        assert {PENDING} == {each.state for each in begun}
        assert names == [each.table_name for each in begun]
        waits = pair.operation(begun[0].operation_id, pair.replicas[1]).waits
        assert ["the checks of all tables of the request"] == list(waits)
        release.set()
    assert {SUCCEEDED} == {each.state for each in pair.ended(begun)}
    assert [1] * TABLES == [len(pair.plane.changes(name)) for name in names]


def test_all_or_nothing(pair: World, names: list[str]) -> None:
    """One table that has changed since it was planned ends all operations, and nothing was started."""
    specs = list(map(retagged, names))
    fingerprints = {plan.table_name: plan.fingerprint for plan in pair.planned(*specs)}
    pair.made({**before(names[7] + "-other"), "TableName": names[7] + "-other"})
    fingerprints[names[7]] = pair.planned(retagged(names[7] + "-other"))[0].fingerprint
    ended = pair.ended(pair.begun(apply_request(*specs, fingerprints=fingerprints)))
    assert_nothing_done(pair, names, ended, names[7])
    assert "TABLE_HAS_MOVED_ON" == ended[7].error.reason
    # The same request finds what came of it, and the tables are free for another one.
    del fingerprints[names[7]]
    again = pair.ended(pair.begun(apply_request(*specs, fingerprints=fingerprints)))
    assert {SUCCEEDED} == {each.state for each in again}


def test_tables_are_read_once(pair: World, names: list[str]) -> None:
    """What the checks have read of a table is the operation's first look."""
    pair.ended(pair.begun(apply_request(*map(before, names))))

    def counted() -> tuple[int, int]:
        reads: Counter[str] = Counter()

        def count(asked: Asked) -> None:
            reads[asked.operation] += 1

        pair.plane.instead = count
        try:
            ended = pair.ended(pair.begun(apply_request(*map(before, names))))
        finally:
            pair.plane.instead = nothing
        assert {SUCCEEDED} == {each.state for each in ended}
        return reads["DescribeContinuousBackups"], reads["DescribeTable"]

    # A machine that is very busy may have the server lose its lease, and the other one look again.
    assert (TABLES, 2 * TABLES) == first_that(counted, lambda each: each == (TABLES, 2 * TABLES))


@pytest.mark.parametrize(
    ("end", "refused"), [(signal.SIGKILL, False), (signal.SIGKILL, True), (signal.SIGTERM, False)]
)
def test_a_server_that_ends_during_the_checks(
    own_engine: Engine, table_name: str, end: signal.Signals, *, refused: bool
) -> None:
    """Another server makes the checks before it carries anything out: all or nothing as without the end."""
    with replicated(own_engine, "--operation-lease", str(LEASE)) as world:
        names = made(world, table_name)
        specs = list(map(retagged, names))
        if refused:
            specs[3] = {**specs[3], **KEYS}
        with reads_held(world) as release:
            begun = world.begun(apply_request(*specs), world.replicas[0])
            world.replicas[0].up = False
            world.replicas[0].signal(end)
            if end == signal.SIGTERM:
                world.replicas[0].process.process.wait(60)
            release.set()
        ended = world.ended(begun)
        if refused:
            assert_nothing_done(world, names, ended, names[3])
        else:
            assert {SUCCEEDED} == {each.state for each in ended}
            assert [1] * TABLES == [len(world.plane.changes(name)) for name in names]
        assert [] == world.plane.model.refused


@pytest.mark.parametrize("lost", [True, False])
def test_killed_while_the_operations_are_written(own_engine: Engine, table_name: str, *, lost: bool) -> None:
    """Killed before or after the call that writes the operations, a server leaves them to another one."""
    with replicated(own_engine, "--operation-lease", str(LEASE)) as world:
        names = made(world, table_name)
        victim = world.replicas[0]

        def kill(write: Write) -> None:
            if write.operation == "TransactWriteItems" and victim.up:
                victim.kill()
                if lost:
                    raise Lost

        if lost:
            world.plane.before = kill
        else:
            world.plane.after = kill
        ended = world.ended(world.begun(apply_request(*map(retagged, names)), victim))
        assert not victim.up
        assert {SUCCEEDED} == {each.state for each in ended}
        assert [1] * TABLES == [len(world.plane.changes(name)) for name in names]
        assert [] == world.plane.model.refused


# Another primary key, which replaces the table.
KEYS: Data = {
    "AttributeDefinitions": [{"AttributeName": "Song", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "Song", "KeyType": "HASH"}],
}
