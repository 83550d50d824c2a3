"""Operations that restore their table: once, whatever happens to the server and to the answers."""

from collections.abc import Iterator

import pytest

from tests.engines import Engine
from tests.operations.harness.plane import Lost, Write, nothing
from tests.operations.harness.specs import after, before
from tests.operations.harness.world import SUCCEEDED, World, apply_request, replicated
from tests.planner.model.table import EPOCH, Data
from tests.planner.test_properties import assert_is


@pytest.fixture
def world(own_engine: Engine) -> Iterator[World]:
    """Two replicas with a short lease, one of which may be killed."""
    with replicated(own_engine, "--operation-lease", "2") as world:
        yield world


@pytest.mark.parametrize("source", ["backup", "time"])
def test_a_crash_at_the_restore(world: World, table_name: str, source: str) -> None:
    """The server that sent the restore dies before the answer: another one goes on, and restores once."""
    first, name = world.replicas[0], f"{table_name}-restored"
    world.made(before(table_name))
    world.plane.table(table_name).recovery = 35
    spec = {**after(name), "RestoreSource": origin(world, table_name, source)}
    (planned,) = world.planned(spec)

    def kill(write: Write) -> None:
        if write.operation.startswith("RestoreTable"):
            world.plane.after = nothing
            first.kill()
            raise Lost

    world.plane.after = kill
    (operation,) = world.begun(apply_request(spec), via=first)
    (ended,) = world.ended([operation])
    assert SUCCEEDED == ended.state, ended
    assert [step.summary for step in planned.steps] == [call.summary for call in ended.calls]
    restores = [each for each in world.plane.sent(name) if each.operation.startswith("RestoreTable")]
    assert [True] == [each.accepted for each in restores]
    assert_is(world.plane.table(name), after(name))
    (now,) = world.planned(spec)
    assert ([], ["RestoreSource"]) == (list(now.steps), [each.path for each in now.unmanaged])


def origin(world: World, name: str, source: str) -> Data:
    """A backup of the table NAME, or the time at which the world began."""
    if source == "time":
        return {"SourceTableName": name, "RestoreDateTime": EPOCH + 1}
    status, answer = world.plane.model.answer("CreateBackup", {"TableName": name, "BackupName": "nightly"})
    assert 200 == status, answer
    return {"BackupArn": answer["BackupDetails"]["BackupArn"]}
