"""The changes that operations make are recorded before and after they are made, or wait."""

import resource
from pathlib import Path
from typing import Any

from tableadmin.v1 import CancelOperationRequest
from tests.engines import Engine
from tests.operations.harness.specs import after, before
from tests.operations.harness.world import SUCCEEDED, apply_request, replicated, standing_after, until
from tests.server.security.audit.conftest import records

APPLIED = ("ApplyPlan", "Success")


def test_operations_are_audited_and_wait_for_the_audit(
    own_engine: Engine, table_name: str, tmp_path: Path
) -> None:
    """Each call has its intent and its outcome, with the operation and who asked for it.

    The outcome of the call that began the operation has the id of the operation. While records can't be
    written, the operation waits and says why; no call is made. The outcome of a call about the operation
    names the table, also without policies.
    """
    path = tmp_path / "audit.jsonl"
    with replicated(
        own_engine, "--operation-lease", "2", "--audit-file", str(path), count=1, speed=800
    ) as world:
        (server,) = world.replicas
        world.made(before(table_name))
        request = apply_request(after(table_name))
        request.requested_by = "ana"
        process = server.process.process.pid
        unlimited = resource.prlimit(process, resource.RLIMIT_FSIZE)
        with standing_after(world, table_name, 1) as stands:
            (operation,) = world.begun(request)
            assert stands.wait(60)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (path.stat().st_size, unlimited[1]))
        until(
            lambda: any("audit record" in each for each in world.operation(operation.operation_id).waits), 60
        )
        made = len(world.plane.changes(table_name))
        resource.prlimit(process, resource.RLIMIT_FSIZE, unlimited)
        (ended,) = world.ended([operation])
        assert SUCCEEDED == ended.state
        assert 0 < made < len(ended.calls)
        server.operations.CancelOperation(CancelOperationRequest(operation_id=operation.operation_id))
        world.plane.let_answers_out()
    written = records(path)
    by_server = [each for each in written if each["api"]["service"]["name"] == "dynamodb"]
    own = [each for each in by_server if each["resources"] == [{"name": world.plane.operations_table}]]
    assert ["CreateTable", "CreateTable"] == [each["api"]["operation"] for each in own[:2]]
    assert ["Intent", "Success"] == [each["status"] for each in own[:2]]
    found = [each for each in by_server if each not in own]
    facts = {"operation_id": operation.operation_id, "requested_by": "ana", "endpoint": "default"}
    assert all(facts.items() <= each["unmapped"].items() for each in found)
    made_ones = [each for each in found if each["status"] == "Success"]
    assert [each["metadata"]["correlation_uid"] for each in made_ones] == [
        each["metadata"]["correlation_uid"]
        for each in found
        if each["status"] == "Intent" and _has_outcome(each, made_ones)
    ]
    assert len(ended.calls) == len(made_ones)
    (applied,) = [each for each in written if (each["api"]["operation"], each["status"]) == APPLIED]
    assert [{"name": table_name}] == applied["resources"]
    assert [operation.operation_id] == applied["unmapped"]["operation_ids"]
    (cancelled,) = [
        each
        for each in written
        if (each["api"]["operation"], each["status"]) == ("CancelOperation", "Success")
    ]
    assert [{"name": operation.operation_id}, {"name": table_name}] == cancelled["resources"]


def _has_outcome(intent: dict[str, Any], outcomes: list[dict[str, Any]]) -> bool:
    uid = intent["metadata"]["correlation_uid"]
    return any(each["metadata"]["correlation_uid"] == uid for each in outcomes)
