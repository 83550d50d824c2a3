"""A table that somebody else made under the same name is left alone."""

import time
from collections.abc import Callable
from typing import cast

import pytest

from tableadmin import v1
from tableadmin.awsshape import AwsDict
from tableadmin_server.operations.execution.identity import identity_of, recognize_table
from tableadmin_server.operations.storage.record import Call, OperationStatus, Outcome, State
from tests.engines import Engine
from tests.operations.execution.test_reconcile import NOW
from tests.operations.harness.plane import Lost, Write, nothing
from tests.operations.harness.specs import after, before
from tests.operations.harness.world import SUCCEEDED, World, apply_request, replicated, until
from tests.planner.model.table import Data

ABORTED = v1.OperationState.OPERATION_STATE_ABORTED


def status(
    table_id: str | None, operation: str = "", *, outcome: Outcome = Outcome.ACCEPTED
) -> OperationStatus:
    """Of an operation whose last call was OPERATION."""
    call = Call(summary="", operation=operation, params={}, server="here", began=NOW, outcome=outcome)
    calls = (call,) if operation else ()
    return OperationStatus(state=State.RUNNING, updated=NOW, table_id=table_id, calls=calls)


def shown(table_id: str) -> AwsDict | None:
    """What AWS shows of a table."""
    return {"TableId": table_id} if table_id else None


REFUSED, UNKNOWN = Outcome.REFUSED, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("known", "seen", "table_id"),
    [
        (status(None), "one", "one"),
        (status(None), "", ""),
        (status("one"), "one", "one"),
        (status("one", "UpdateTable"), "one", "one"),
        # A replacement: gone, not shown yet, there.
        (status("one", "DeleteTable"), "", "one"),
        (status("one", "DeleteTable", outcome=UNKNOWN), "", "one"),
        (status("two", "CreateTable"), "", "two"),
        (status("two", "CreateTable"), "two", "two"),
        # The answer did not say the id, or was lost.
        (status(None, "CreateTable"), "", None),
        (status(None, "CreateTable"), "two", "two"),
        (status("one", "CreateTable", outcome=UNKNOWN), "two", "two"),
        (status("", "CreateTable", outcome=UNKNOWN), "two", "two"),
        (status("", "RestoreTableFromBackup", outcome=UNKNOWN), "two", "two"),
        (status(None, "RestoreTableToPointInTime"), "", None),
    ],
)
def test_own(known: OperationStatus, seen: str, table_id: str | None) -> None:
    """A table is the operation's that was there at first, or that the operation made."""
    found = recognize_table(known, shown(seen))
    assert found is not None
    assert table_id == found.table_id
    # Whatever comes after it is another's.
    assert not table_id or recognize_table(found, shown("three")) is None


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        (status("one"), "two"),
        (status("one"), ""),
        (status("one", "UpdateTable"), "two"),
        (status("one", "UpdateTable"), ""),
        (status("one", "DeleteTable"), "two"),
        (status("one", "DeleteTable", outcome=REFUSED), ""),
        (status("two", "CreateTable"), "three"),
        (status("", "CreateTable", outcome=REFUSED), "two"),
        (status("", "RestoreTableFromBackup", outcome=REFUSED), "two"),
    ],
)
def test_of_others(known: OperationStatus, seen: str) -> None:
    """Any other table is somebody else's, and a table that is deleted was deleted by somebody else."""
    assert recognize_table(known, shown(seen)) is None


def test_without_id() -> None:
    """Of an engine that gives no ids, the time of creation tells tables apart."""
    first, second = (cast("AwsDict", {"CreationDateTime": NOW.replace(hour=hour)}) for hour in (1, 2))
    assert identity_of(first) == identity_of(dict(first)) != identity_of(second)
    assert identity_of({}) == identity_of({}) != identity_of(None)


def replaced(world: World, name: str) -> None:
    """Have somebody delete the table NAME and make another one."""
    world.plane.table(name).identity = "somebody-else-s"


@pytest.mark.parametrize("takeover", [False, True], ids=["at one server", "at two"])
def test_replaced_between_calls(own_engine: Engine, table_name: str, *, takeover: bool) -> None:
    """An operation whose table is replaced between two calls ends ABORTED, and makes no other call.

    So does one that another server takes over meanwhile. What it was allowed to do makes no difference.
    """
    with replicated(own_engine, "--operation-lease", "2", speed=300) as world:
        first = world.replicas[0]
        world.made(before(table_name))
        request = apply_request(
            after(table_name),
            fingerprints={table_name: world.planned(after(table_name))[0].fingerprint},
            allow="allow_replacement",
        )
        request.allow_destructive = True

        def replace(write: Write) -> None:
            if not write.own and write.about("GenreIndex"):
                world.plane.after = nothing
                replaced(world, table_name)
                if takeover:
                    first.kill()

        world.plane.after = replace
        (operation,) = world.begun(request, via=first)
        (ended,) = world.ended([operation])
        assert (ABORTED, "TABLE_HAS_MOVED_ON") == (ended.state, ended.error.reason)
        assert 2 == len(world.plane.changes(table_name))
        time.sleep(1)
        assert 2 == len(world.plane.sent(table_name))


def keys_swapped(name: str) -> Data:
    """The table NAME with another key: a replacement."""
    key = [{"AttributeName": "Title", "KeyType": "HASH"}]
    types = [{"AttributeName": "Title", "AttributeType": "S"}]
    return {**before(name), "KeySchema": key, "AttributeDefinitions": types}


def never(_: Write) -> bool:
    """Nothing is lost."""
    return False


@pytest.mark.parametrize(
    "lost",
    [never, lambda each: each.operation == "CreateTable", lambda each: each.operation == "DeleteTable"],
    ids=["heard", "creation lost", "deletion lost"],
)
def test_own_replacement(pair: World, table_name: str, lost: Callable[[Write], bool]) -> None:
    """The table that an operation makes anew is its own, also where the answer that says so was lost."""
    pair.made(before(table_name))
    wanted = {**keys_swapped(table_name), "Tags": [{"Key": "team", "Value": "films"}]}
    (plan,) = pair.planned(wanted)
    once: list[Write] = []

    def lose(write: Write) -> None:
        if not write.own and not once and lost(write):
            once.append(write)
            raise Lost

    pair.plane.after = lose
    try:
        (operation,) = pair.begun(apply_request(wanted, allow="allow_replacement"))
        (ended,) = pair.ended([operation])
    finally:
        pair.plane.after = nothing
    assert SUCCEEDED == ended.state, ended
    assert ["DeleteTable", "CreateTable"] == [each.operation for each in pair.plane.sent(table_name)]
    assert 2 == len(plan.steps)
    until(lambda: not pair.unended())


def test_created_by_another(pair: World, table_name: str) -> None:
    """A table that somebody else creates before the operation does is left alone."""

    def create(write: Write) -> None:
        if write.operation == "CreateTable" and not write.own:
            pair.plane.before = nothing
            pair.plane.model.answer("CreateTable", before(table_name))

    pair.plane.before = create
    (operation,) = pair.applied(after(table_name))
    (ended,) = pair.ended([operation])
    pair.plane.model.refused.clear()
    assert (ABORTED, "TABLE_HAS_MOVED_ON") == (ended.state, ended.error.reason)
    assert [] == pair.plane.changes(table_name)
