"""Traces of operations, whichever server carries them out."""

from collections.abc import Iterator

import grpc
import pytest

from tableadmin.v1.plan_service_pb2_grpc import PlanServiceStub
from tableadmin_server.tracing import names
from tests.engines import Engine
from tests.operations.harness.specs import after, before
from tests.operations.harness.world import SUCCEEDED, World, apply_request, replicated, standing_after
from tests.server.tracing.collector import FLAG, Collector, collecting, environment

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
APPLY = "tableadmin.v1.PlanService/ApplyPlan"


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Where the servers send their spans."""
    with collecting() as found:
        yield found


@pytest.fixture
def traced(own_engine: Engine, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Two replicas with traces and a short lease."""
    for name, value in environment(collector).items():
        monkeypatch.setenv(name, value)
    with replicated(own_engine, "--operation-lease", "4", FLAG) as world:
        yield world


def test_steps_after_a_takeover(traced: World, collector: Collector, table_name: str) -> None:
    """Each step and the end are linked to the call that asked, also by the server that takes over."""
    first, _ = traced.replicas
    traced.made(before(table_name))
    with grpc.insecure_channel(first.process.address) as channel, standing_after(traced, table_name, 1):
        metadata = (("traceparent", f"00-{TRACE}-{PARENT}-01"),)
        answered = PlanServiceStub(channel).ApplyPlan(
            apply_request(after(table_name)), timeout=60, metadata=metadata
        )
        (asked,) = collector.wait(trace=TRACE, name=APPLY)
        (step, *_) = collector.wait(name=names.STEP)
        first.kill()
    (ended,) = traced.ended(answered.operations)
    assert SUCCEEDED == ended.state
    (end,) = collector.wait(name=names.END, tables=[table_name])
    steps = collector.found(name=names.STEP, tables=[table_name])
    by_server = {str(each.resource["service.instance.id"]) for each in (*steps, end)}
    assert 2 == len(by_server)
    for each in (*steps, end):
        assert [(TRACE, asked.id)] == each.links
        assert each.parent == ""
        assert ended.operation_id == each.attributes[names.OPERATION_ID]
        assert "default" == each.attributes[names.ENDPOINT]
    assert "SUCCEEDED" == end.attributes[names.OPERATION_STATE]
    # The call of a step is in the trace of the step, beside the saves.
    called = [each.name for each in collector.found(trace=step.trace, parent=step.id)]
    assert f"DynamoDB/{step.attributes[names.OPERATION_CALL]}" in called
    assert len(called) >= 3
    first.restart()


def test_a_call_that_is_not_recorded(traced: World, collector: Collector, table_name: str) -> None:
    """Steps of a call that the caller does not record are not recorded either; those of others are."""
    (first, _) = traced.replicas
    with grpc.insecure_channel(first.process.address) as channel:
        metadata = (("traceparent", f"00-{TRACE}-{PARENT}-00"),)
        answered = PlanServiceStub(channel).ApplyPlan(
            apply_request(before(f"{table_name}-silent")), timeout=60, metadata=metadata
        )
    traced.ended(answered.operations)
    traced.ended(traced.applied(before(table_name)))
    collector.wait(name=names.END, tables=[table_name])
    collector.wait(name=names.STEP, tables=[table_name])
    assert [] == collector.found(tables=[f"{table_name}-silent"])
