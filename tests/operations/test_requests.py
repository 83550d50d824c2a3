"""What a request for an apply may and may not begin, whichever replica it comes to."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tableadmin import v1
from tests.engines import Engine
from tests.operations.harness.specs import after, before, index
from tests.operations.harness.world import (
    SUCCEEDED,
    World,
    apply_request,
    error_of,
    replicated,
    standing_after,
)
from tests.planner.model.table import Data

TAGGED = [{"Key": "team", "Value": "films"}]
CANCELLED = v1.OperationState.OPERATION_STATE_CANCELLED


def retagged(name: str) -> Data:
    """The table NAME with another tag: an apply of one step."""
    return {**before(name), "Tags": TAGGED}


def test_same_request_at_both_at_once(pair: World, table_name: str) -> None:
    """Both replicas handed the same request at once answer with the same operation, the only one."""
    names = [f"{table_name}-{number}" for number in range(8)]
    pair.made(*map(before, names))
    plans = {name: pair.planned(retagged(name))[0] for name in names}
    at_once = threading.Barrier(2 * len(names))

    def apply(number: int) -> tuple[str, str]:
        name = names[number // 2]
        request = apply_request(retagged(name), request_id=f"both-{name}")
        at_once.wait()
        (operation,) = pair.replicas[number % 2].plans.ApplyPlan(request, timeout=60).operations
        return name, operation.operation_id

    with ThreadPoolExecutor(2 * len(names)) as callers:
        answers = set(callers.map(apply, range(2 * len(names))))
    assert len(names) == len(answers)
    for name, operation_id in answers:
        pair.ended([v1.Operation(operation_id=operation_id)])
        assert [operation_id] == [each.operation_id for each in pair.operations_of(name)]
        pair.assert_carried_out(plans[name], retagged(name))
    assert [] == pair.plane.model.refused


def test_same_request_again(pair: World, table_name: str) -> None:
    """A request sent again finds its operation, ended or not, and does nothing more."""
    pair.made(before(table_name))
    request_id = str(uuid.uuid4())
    (first,) = pair.begun(apply_request(retagged(table_name), request_id=request_id), pair.replicas[0])
    pair.ended([first])
    (again,) = pair.begun(apply_request(retagged(table_name), request_id=request_id), pair.replicas[1])
    assert (first.operation_id, SUCCEEDED) == (again.operation_id, again.state)
    assert 1 == len(pair.plane.changes(table_name))


def test_another_request_of_that_id(pair: World, table_name: str) -> None:
    """A request with the id of another one is INVALID_ARGUMENT, and begins nothing."""
    pair.made(before(table_name))
    request_id = str(uuid.uuid4())
    pair.ended(pair.begun(apply_request(retagged(table_name), request_id=request_id)))
    other = apply_request(after(table_name), request_id=request_id)
    error = error_of(lambda: pair.replicas[1].plans.ApplyPlan(other, timeout=60))
    assert grpc.StatusCode.INVALID_ARGUMENT == error.code
    assert request_id in error.message
    assert (1, 1) == (len(pair.operations_of(table_name)), len(pair.plane.changes(table_name)))


def test_two_requests_for_a_table(own_engine: Engine, table_name: str) -> None:
    """While one operation changes a table, another one is refused, naming the first; afterwards it is not."""
    with replicated(own_engine, speed=700) as world:
        world.made(before(table_name))
        with standing_after(world, table_name, 1) as stands:
            (first,) = world.applied(after(table_name), via=world.replicas[0])
            assert stands.wait(60)
            for replica in world.replicas:
                request = apply_request(retagged(table_name), allow="allow_destructive")
                error = error_of(lambda: replica.plans.ApplyPlan(request, timeout=60))  # noqa: B023  # called at once
                assert grpc.StatusCode.FAILED_PRECONDITION == error.code
                assert first.operation_id in error.message
        assert SUCCEEDED == world.ended([first])[0].state
        tags = [{"Key": "team", "Value": "art"}]
        (later,) = world.applied(after(table_name, Tags=tags))
        assert SUCCEEDED == world.ended([later])[0].state
        assert [] == world.plane.model.refused


def test_drift(pair: World, table_name: str) -> None:
    """A table that has moved on since it was planned is ABORTED, with what differs, and nothing is begun."""
    names = [table_name, f"{table_name}-2"]
    pair.made(*map(before, names))
    fingerprints = {plan.table_name: plan.fingerprint for plan in pair.planned(*map(after, names))}
    pair.ended(pair.applied(retagged(names[1])))
    request = apply_request(*map(after, names), fingerprints=fingerprints)
    error = error_of(lambda: pair.replicas[0].plans.ApplyPlan(request, timeout=60))
    assert grpc.StatusCode.ABORTED == error.code
    assert names[1] in error.message
    assert "Tags" in error.message
    assert ([], 1) == (pair.plane.changes(names[0]), len(pair.plane.changes(names[1])))
    assert [] == pair.operations_of(names[0])
    fresh = {plan.table_name: plan.fingerprint for plan in pair.planned(*map(after, names))}
    ended = pair.ended(pair.begun(apply_request(*map(after, names), fingerprints=fresh)))
    assert [SUCCEEDED] * 2 == [each.state for each in ended]


LOCAL: Data = {
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("Artist", "Song", "Genre")
    ],
    "KeySchema": [
        {"AttributeName": "Artist", "KeyType": "HASH"},
        {"AttributeName": "Song", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [index("Genre")],
}


@pytest.mark.parametrize(
    ("members", "permission"),
    [
        ({"GlobalSecondaryIndexes": None}, "allow_destructive"),
        (LOCAL, "allow_replacement"),
    ],
)
def test_permission(pair: World, table_name: str, members: Data, permission: str) -> None:
    """Without permission nothing of a request is begun that destroys or replaces; with it everything is."""
    names = [table_name, f"{table_name}-2"]
    start = {
        **before(names[0]),
        "GlobalSecondaryIndexes": [index("Genre")],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("Artist", "Genre")
        ],
    }
    pair.made(start, before(names[1]))
    wanted = {**before(names[0]), **members}
    wanted = {member: value for member, value in wanted.items() if value is not None}
    both = [retagged(names[1]), wanted]
    error = error_of(lambda: pair.replicas[0].plans.ApplyPlan(apply_request(*both), timeout=60))
    assert grpc.StatusCode.FAILED_PRECONDITION == error.code
    assert names[0] in error.message
    assert ([], []) == (pair.plane.changes(names[0]), pair.plane.changes(names[1]))
    assert ([], []) == (pair.operations_of(names[0]), pair.operations_of(names[1]))
    ended = pair.ended(pair.begun(apply_request(*both, allow=permission)))
    assert [SUCCEEDED] * 2 == [each.state for each in ended]
    assert [] == pair.plane.model.refused


def test_cancel(own_engine: Engine, table_name: str) -> None:
    """An operation that is cancelled, at whichever replica, makes no further call; what was done stays."""
    with replicated(own_engine, speed=50) as world:
        world.made(before(table_name))
        with standing_after(world, table_name, 2) as stands:
            (operation,) = world.applied(after(table_name), via=world.replicas[0])
            assert stands.wait(60)
            request = v1.CancelOperationRequest(operation_id=operation.operation_id)
            answer = world.replicas[1].operations.CancelOperation(request, timeout=60).operation
            assert answer.cancel_requested
            # It ends without waiting for what the last change has begun.
            (ended,) = world.ended([operation])
        assert CANCELLED == ended.state
        assert 2 == len(world.plane.sent(table_name))
        assert ["change throughput", "add index GenreIndex"] == [call.summary for call in ended.calls]
        # Its table is free again.
        assert [] == world.unended()
        again = world.replicas[0].operations.CancelOperation(request, timeout=60).operation
        assert CANCELLED == again.state
