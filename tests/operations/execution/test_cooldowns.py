"""Cooldowns of an endpoint that is not AWS: nothing waits for one until a refusal has shown it."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.engines import Engine
from tests.measuring import least
from tests.operations.harness.plane import nothing
from tests.operations.harness.specs import before
from tests.operations.harness.world import SUCCEEDED, World, replicated
from tests.planner.model.port import Asked, Given
from tests.planner.model.server import refusal
from tests.planner.model.table import Data

_TAGS = {"TagResource", "UntagResource"}


@pytest.fixture(scope="module")
def alone(own_engine: Engine) -> Iterator[World]:
    """One server that knows of no cooldown, in front of a plane that has none."""
    with replicated(own_engine, count=1, module="tableadmin_server") as world:
        yield world


def tagged(name: str, key: str) -> Data:
    """The table NAME with the tag KEY."""
    return {**before(name), "Tags": [{"Key": key, "Value": "a"}]}


def applied(world: World, spec: Data) -> list[int]:
    """How many attempts each call of the operation for SPEC took."""
    (ended,) = world.ended(world.applied(spec))
    assert SUCCEEDED == ended.state, ended
    return [call.attempts for call in ended.calls]


def test_without_cooldowns(alone: World, table_name: str) -> None:
    """At an endpoint without cooldowns nothing is waited for between two changes of tags."""
    alone.made(tagged(table_name, "0"))
    keys = map(str, count(1))

    def seconds() -> float:
        assert [1, 1] == applied(alone, tagged(table_name, next(keys)))
        first, second = (each.at for each in alone.plane.sent(table_name)[-2:])
        return second - first

    assert least(seconds, 3.0) < 3.0


def test_learned_from_a_refusal(alone: World, table_name: str) -> None:
    """A refusal shows that the endpoint has a cooldown: the change waits, and no later one is refused."""
    alone.made(tagged(table_name, "one"))
    alone.plane.instead = apart(_TAGS, 2.0)
    try:
        assert [1, 2] == applied(alone, tagged(table_name, "two"))
        time.sleep(2.0)
        assert [1, 1] == applied(alone, tagged(table_name, "three"))
    finally:
        alone.plane.instead = nothing


def apart(operations: set[str], seconds: float) -> Callable[[Asked], Given | None]:
    """Refuse each of OPERATIONS within SECONDS after one of them that was not refused.

    The second is refused however late a busy machine makes it come.
    """
    accepted = -seconds
    asked_for = 0

    def instead(asked: Asked) -> Given | None:
        nonlocal accepted, asked_for
        if asked.operation not in operations:
            return None
        asked_for += 1
        if asked_for != 2 and time.monotonic() - accepted >= seconds:
            accepted = time.monotonic()
            return None
        status, body = refusal("LimitExceededException", "Subscriber limit exceeded: tags are being changed")
        return Given(status, json.dumps(body).encode())

    return instead
