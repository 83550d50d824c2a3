"""What the log of the servers says of operations."""

import json
from typing import Any

from tests.operations.harness.plane import nothing
from tests.operations.harness.replica import Replica
from tests.operations.harness.specs import after, before
from tests.operations.harness.world import SUCCEEDED, World, apply_request, standing_after, until
from tests.planner.model.port import Asked, Given
from tests.planner.model.server import refusal


def told(replica: Replica, operation_id: str) -> list[dict[str, Any]]:
    """What REPLICA logs of the operation at the level info or above."""
    lines = map(json.loads, replica.process.log.rpartition("\n")[0].splitlines())
    return [each for each in lines if each.get("operation_id") == operation_id]


def ended_in(replica: Replica, operation_id: str) -> bool:
    """Whether REPLICA has logged that the operation ended."""
    return any(each["event"] == "operation ended" for each in told(replica, operation_id))


def test_an_operation_is_told_of_when_it_begins_changes_hands_and_ends(pair: World, table_name: str) -> None:
    """One server logs that the operation began, the next one that it took the operation over, and the end."""
    first, second = pair.replicas
    pair.made(before(table_name))
    request = apply_request(after(table_name))
    request.requested_by = "ana"
    with standing_after(pair, table_name, 1) as stands:
        (operation,) = pair.begun(request, first)
        assert stands.wait(60)
        until(lambda: told(first, operation.operation_id))
        began, *_ = told(first, operation.operation_id)
        first.kill()
    (ended,) = pair.ended([operation])
    assert SUCCEEDED == ended.state
    until(lambda: ended_in(second, operation.operation_id))
    taken, *waits, end = told(second, operation.operation_id)
    assert {"operation waits"} == {each["event"] for each in waits}
    first.restart()
    facts = {
        "table": table_name,
        "endpoint": began["endpoint"],
        "request_id": request.request_id,
        "principal": "User::none/anonymous",
        "requested_by": "ana",
        "peer": began["peer"],
    }
    assert [
        {"event": "operation began"},
        {"event": "operation was taken over", "previous_server": taken["previous_server"]},
        {
            "event": "operation ended",
            "state": "SUCCEEDED",
            "calls": len(ended.calls),
            "seconds": end["seconds"],
        },
    ] == [
        {
            name: value
            for name, value in each.items()
            if name not in {*facts, "operation_id", "level", "timestamp"}
        }
        for each in (began, taken, end)
    ]
    assert all(facts.items() <= each.items() for each in (began, taken, end))
    assert "127.0.0.1" in began["peer"]
    assert 0 < end["seconds"] < 300


def test_waits_are_told_once_each(pair: World, table_name: str) -> None:
    """A wait is logged with its kind when it begins, once after each accepted call, however long it is."""
    replica = pair.replicas[0]
    pair.made(before(table_name))
    throttled = 0

    def throttle(asked: Asked) -> Given | None:
        """Refuse the first six changes of the table."""
        nonlocal throttled
        if asked.operation != "UpdateTable" or throttled == 6:
            return None
        throttled += 1
        status, body = refusal("ThrottlingException", "Rate exceeded")
        return Given(status, json.dumps(body).encode())

    pair.plane.instead = throttle
    (ended,) = pair.ended(pair.begun(apply_request(after(table_name)), replica))
    pair.plane.instead = nothing
    assert SUCCEEDED == ended.state
    assert 6 == throttled
    until(lambda: ended_in(replica, ended.operation_id))
    lines = [each for each in told(replica, ended.operation_id) if each["event"] == "operation waits"]
    kinds = [each["waits_for"] for each in lines]
    assert 1 == kinds.count("throttling")
    assert 1 <= kinds.count("settling") <= len(ended.calls)
    assert all(each["waits"] and each["table"] == table_name for each in lines)
