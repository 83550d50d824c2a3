"""What the log of the servers says of operations."""

import json
from typing import Any

from tests.operations.replica import Replica
from tests.operations.specs import after, before
from tests.operations.world import SUCCEEDED, World, apply_request, until


def told(replica: Replica, operation_id: str) -> list[dict[str, Any]]:
    """What REPLICA logs of the operation at the level info or above."""
    lines = map(json.loads, replica.process.log.rpartition("\n")[0].splitlines())
    return [each for each in lines if each.get("operation_id") == operation_id]


def test_an_operation_is_told_of_when_it_begins_changes_hands_and_ends(pair: World, table_name: str) -> None:
    """One server logs that the operation began, the next one that it took the operation over, and the end."""
    first, second = pair.replicas
    pair.made(before(table_name))
    request = apply_request(after(table_name))
    request.requested_by = "ana"
    (operation,) = pair.begun(request, first)
    until(lambda: pair.plane.changes(table_name))
    until(lambda: told(first, operation.operation_id))
    (began,) = told(first, operation.operation_id)
    first.kill()
    (ended,) = pair.ended([operation])
    assert SUCCEEDED == ended.state
    until(lambda: len(told(second, operation.operation_id)) > 1)
    taken, end = told(second, operation.operation_id)
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
