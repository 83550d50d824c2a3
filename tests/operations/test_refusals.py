"""Calls that the endpoint refuses for good: what they stop, and what they do not."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tableadmin import v1
from tests.operations.harness.plane import nothing
from tests.operations.harness.specs import before
from tests.operations.harness.world import SUCCEEDED, World
from tests.planner.model.port import Asked, Given
from tests.planner.model.server import refusal
from tests.planner.model.table import Data


@contextmanager
def refusing(world: World, table: str, about: Callable[[Data], bool], message: str) -> Iterator[None]:
    """Refuse each UpdateTable of TABLE that is ABOUT something, with a MESSAGE."""

    def instead(asked: Asked) -> Given | None:
        params: Data = json.loads(asked.body)
        if asked.operation != "UpdateTable" or params["TableName"] != table or not about(params):
            return None
        status, body = refusal("ValidationException", message)
        return Given(status, json.dumps(body).encode())

    world.plane.instead = instead
    try:
        yield
    finally:
        world.plane.instead = nothing


def wanted(name: str) -> Data:
    """The table NAME with another class, other tags, a stream and time to live."""
    return {
        **before(name),
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "Tags": [{"Key": "team", "Value": "film"}],
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "Expires"},
    }


def _made(world: World, name: str) -> None:
    (ended,) = world.ended(world.applied(before(name)))
    assert SUCCEEDED == ended.state


def test_what_does_not_need_it_is_done(pair: World, table_name: str) -> None:
    """The operation makes all other changes, then fails with the refusal and what is left."""
    _made(pair, table_name)
    with refusing(pair, table_name, lambda params: "TableClass" in params, "not this class"):
        (ended,) = pair.ended(pair.applied(wanted(table_name)))
    assert v1.OperationState.OPERATION_STATE_FAILED == ended.state
    assert ("not this class", "change the table class to STANDARD_INFREQUENT_ACCESS") == (
        ended.error.message,
        ended.error.call,
    )
    assert ["not yet changed: TableClass"] == [each for each in ended.error.left if "changed" in each]
    assert ["TableClass"] == [change.path for change in pair.planned(wanted(table_name))[0].changes]


def test_what_needs_it_is_not_tried(pair: World, table_name: str) -> None:
    """A step is not tried where the switch of the billing mode before it was refused."""
    _made(pair, table_name)
    spec = {
        **before(table_name),
        "BillingMode": "PAY_PER_REQUEST",
        "Tags": [],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    }
    del spec["ProvisionedThroughput"]
    with refusing(pair, table_name, lambda params: "BillingMode" in params, "not this mode"):
        (ended,) = pair.ended(pair.applied(spec))
    assert v1.OperationState.OPERATION_STATE_FAILED == ended.state
    # What was refused is tried once more when nothing else is left.
    assert ["UpdateTable", "UntagResource", "UpdateTable"] == [call.operation for call in ended.calls]
    assert ended.calls[0].request == ended.calls[2].request


def test_a_member_that_the_endpoint_does_not_know(pair: World, table_name: str) -> None:
    """A member of which an endpoint that is not AWS knows nothing is skipped, and named at the end."""
    _made(pair, table_name)
    with refusing(pair, table_name, lambda params: "WarmThroughput" in params, "Nothing to update"):
        spec = {**wanted(table_name), "WarmThroughput": {"ReadUnitsPerSecond": 20000}}
        (ended,) = pair.ended(pair.applied(spec))
        assert SUCCEEDED == ended.state
        assert ["WarmThroughput: this endpoint does not store this setting"] == list(ended.differences)
