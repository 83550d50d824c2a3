"""Records of operations that can't be read, or whose writing was not answered."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import grpc
import pytest

from tableadmin import v1
from tests.operations.conftest import LEASE
from tests.operations.harness.plane import Lost, Write, nothing
from tests.operations.harness.specs import before
from tests.operations.harness.world import SUCCEEDED, World, apply_request, ended_with, error_of, until
from tests.planner.model.port import Asked, Given
from tests.planner.model.table import Data

UNREADABLE = v1.OperationState.OPERATION_STATE_UNREADABLE


def retagged(name: str, tag: str = "films") -> Data:
    """The table NAME with another tag: an apply of one step."""
    return {**before(name), "Tags": [{"Key": "team", "Value": tag}]}


def spoil(world: World, item: str, attribute: str, value: Data) -> None:
    """Overwrite an attribute of an item of the operations table by hand."""
    with closing(world.plane.engine.boto3()) as client:
        client.update_item(
            TableName=world.plane.operations_table,
            Key={"Id": {"S": item}},
            UpdateExpression="SET #attribute = :value",
            ExpressionAttributeNames={"#attribute": attribute},
            ExpressionAttributeValues={":value": value},
        )


@contextmanager
def instead(world: World, answer: Callable[[Asked], Given | None]) -> Iterator[None]:
    """Answer calls as ANSWER says, where it says something."""
    world.plane.instead = answer
    try:
        yield
    finally:
        world.plane.instead = nothing


def is_new_operation(write: Write) -> bool:
    """Whether WRITE is the first of an operation."""
    return write.own and write.operation == "PutItem" and write.key[0] == "operation"


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("Status", {"S": "?"}, "OPERATION_UNREADABLE"),
        ("Version", {"N": "4"}, "OPERATION_FORMAT_NEWER"),
    ],
)
def test_unreadable_operation(pair: World, table_name: str, attribute: str, value: Data, reason: str) -> None:
    """An operation that can't be read is named, holds its own table alone, and can be forgotten."""
    other = f"{table_name}-other"
    pair.made(before(table_name), before(other))
    (operation,) = pair.ended(pair.applied(retagged(table_name)))
    spoil(pair, f"operation/{operation.operation_id}", attribute, value)
    first, second = (replica.operations for replica in pair.replicas)
    listed = first.ListOperations(v1.ListOperationsRequest(), timeout=60).operations
    named = {each.operation_id: each for each in listed}[operation.operation_id]
    assert (UNREADABLE, reason) == (named.state, named.error.reason)
    get = v1.GetOperationRequest(operation_id=operation.operation_id)
    assert reason == error_of(lambda: second.GetOperation(get, timeout=60)).reason
    # Another table is not concerned.
    assert SUCCEEDED == pair.ended(pair.applied(retagged(other)))[0].state
    again = apply_request(retagged(table_name, "art"))
    assert reason == error_of(lambda: pair.replicas[0].plans.ApplyPlan(again, timeout=60)).reason
    first.ForgetOperation(v1.ForgetOperationRequest(operation_id=operation.operation_id), timeout=60)
    assert grpc.StatusCode.NOT_FOUND == error_of(lambda: second.GetOperation(get, timeout=60)).code
    assert SUCCEEDED == pair.ended(pair.begun(again))[0].state


def test_forget(pair: World, table_name: str) -> None:
    """An operation that has ended can be forgotten, once; one that has not ended can't."""
    pair.made(before(table_name))
    (operation,) = pair.ended(pair.applied(retagged(table_name)))
    forget = v1.ForgetOperationRequest(operation_id=operation.operation_id)
    pair.replicas[1].operations.ForgetOperation(forget, timeout=60)
    error = error_of(lambda: pair.replicas[0].operations.ForgetOperation(forget, timeout=60))
    assert (grpc.StatusCode.NOT_FOUND, "OPERATION_NOT_FOUND") == (error.code, error.reason)
    with outage_of_the_model(pair):
        (operation,) = pair.applied(retagged(table_name, "art"))
        forget = v1.ForgetOperationRequest(operation_id=operation.operation_id)
        error = error_of(lambda: pair.replicas[0].operations.ForgetOperation(forget, timeout=60))
        assert (grpc.StatusCode.FAILED_PRECONDITION, "OPERATION_NOT_ENDED") == (error.code, error.reason)
    assert SUCCEEDED == pair.ended([operation])[0].state


@contextmanager
def outage_of_the_model(world: World) -> Iterator[None]:
    """Changes of tables are lost on the way."""

    def lose(write: Write) -> None:
        if not write.own:
            raise Lost

    world.plane.before = lose
    try:
        yield
    finally:
        world.plane.before = nothing


def test_no_heartbeat_without_an_operation(pair: World, table_name: str) -> None:
    """A server whose operation could not be written gives no heartbeats for it."""
    pair.made(before(table_name))
    request = apply_request(retagged(table_name))

    def lose(write: Write) -> None:
        if is_new_operation(write):
            raise Lost

    pair.plane.before = lose
    try:
        error = ended_with(lambda: pair.replicas[0].plans.ApplyPlan(request, timeout=60))
        assert error is not None
        assert grpc.StatusCode.UNAVAILABLE == error.code
        heartbeats = len([each for each in pair.plane.own() if each.key[0] == "server"])
        time.sleep(2 * LEASE)
        assert heartbeats == len([each for each in pair.plane.own() if each.key[0] == "server"])
    finally:
        pair.plane.before = nothing
    assert SUCCEEDED == pair.ended(pair.begun(request))[0].state


def test_operation_whose_writing_was_not_answered(pair: World, table_name: str) -> None:
    """An operation that was written without an answer to its server is carried out all the same."""
    pair.made(before(table_name))
    request = apply_request(retagged(table_name))

    def lose_answer(asked: Asked) -> Given | None:
        if asked.operation == "PutItem" and b'"operation/' in asked.body:
            pair.plane._forwarded(asked)
            raise ConnectionResetError
        return None

    with instead(pair, lose_answer):
        error = ended_with(lambda: pair.replicas[0].plans.ApplyPlan(request, timeout=60))
    assert error is None or error.code == grpc.StatusCode.UNAVAILABLE
    until(lambda: [SUCCEEDED] == [each.state for each in pair.operations_of(table_name)])
    assert 1 == len(pair.plane.changes(table_name))
