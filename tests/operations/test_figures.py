"""What an operation may cost, and that one apply does what takes others many."""

from collections import defaultdict
from contextlib import closing
from itertools import pairwise

import grpc

from tableadmin import v1
from tableadmin.v1.operation_service_pb2_grpc import OperationServiceStub
from tableadmin.v1.plan_service_pb2_grpc import PlanServiceStub
from tests.engines import Engine
from tests.operations.harness.progress import contradictions
from tests.operations.harness.specs import STEPS, after, before
from tests.operations.harness.world import SUCCEEDED, World, apply_request, replicated
from tests.server_process import running_server

WRITES_A_STEP = 3


def test_one_apply(own_engine: Engine, table_name: str) -> None:
    """Three indexes, capacity, time to live, recovery and tags of a live table: one apply, nothing refused.

    It writes to its own table no more than three times a step, all told.
    """
    with replicated(own_engine) as world:
        # The operations table is there already.
        world.made(before("First"), before(table_name))
        world.ended(world.applied({**before("First"), "Tags": []}))
        already = len(world.plane.own())
        wanted = after(table_name, DeletionProtectionEnabled=False)
        (plan,) = world.planned(wanted)
        (operation,) = world.applied(wanted)
        assert SUCCEEDED == world.ended([operation])[0].state
        world.assert_carried_out(plan, wanted)
        assert [] == world.plane.model.refused
        assert 1 == len(world.operations_of(table_name))
        assert STEPS - 1 == len(plan.steps)
        written = own_writes(world)[already:]
        assert WRITES_A_STEP * len(plan.steps) >= len(written), written


def test_long_waits(own_engine: Engine, table_name: str) -> None:
    """An operation that waits for many leases is not written meanwhile: its server gives signs of life."""
    lease = 1.5
    with replicated(own_engine, "--operation-lease", str(lease), speed=80) as world:
        names = [f"{table_name}-{number}" for number in range(3)]
        world.made(*map(before, names))
        wanted = [after(name, DeletionProtectionEnabled=False) for name in names]
        plans = world.planned(*wanted)
        operations = world.applied(*wanted, via=world.replicas[0])
        ended = world.ended(operations)
        leases = min(each.end_time.ToSeconds() - each.create_time.ToSeconds() for each in ended) / lease
        signs = [each for each in world.plane.own() if each.key[0] == "server"]
        late = sum(lease / 2 < later.at - earlier.at for earlier, later in pairwise(signs))
        for plan, operation in zip(plans, ended, strict=True):
            written = [each for each in world.plane.own() if operation.operation_id in each.key]
            # The beginning, two for each call, the end, and others wherever a sign of life came late. Where
            # writes are slow, what the one after a call says may be left to the next one.
            least = (1 if late else 2) * len(plan.steps) + 2
            assert least <= len(written) <= WRITES_A_STEP * len(plan.steps) + 2 * late, (written, late)
        assert {world.replicas[0].name} == {each.through for each in signs}
        assert leases < len(signs) < 5 * leases
        assert leases > 10


def own_writes(world: World) -> list[str]:
    """The accepted writes to the operations table, in words."""
    return [f"{each.operation} {' '.join(each.key)}" for each in world.plane.own()]


def test_many_at_once(own_engine: Engine, table_name: str) -> None:
    """Of tables applied at once, more than are carried out at a time, progress never goes back."""
    names = [f"{table_name}-{number}" for number in range(30)]
    seen: dict[str, list[v1.Operation]] = defaultdict(list)
    flags = ("--concurrent-operations", "20", "--operations-table", f"{table_name}-operations")
    with (
        closing(own_engine.boto3()) as engine,
        running_server("--endpoint-url", own_engine.url, "--region", "us-west-2", *flags) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        for name in names:
            engine.create_table(**before(name))
        request = apply_request(*(after(name, DeletionProtectionEnabled=False) for name in names))
        operations = PlanServiceStub(channel).ApplyPlan(request, timeout=300).operations
        watched = v1.WatchOperationRequest(operation_ids=[each.operation_id for each in operations])
        for response in OperationServiceStub(channel).WatchOperation(watched, timeout=600):
            if response.HasField("operation"):
                seen[response.operation.table_name].append(response.operation)
        for name in names:
            engine.delete_table(TableName=name)
    assert names == [operation.table_name for operation in operations]
    assert set(names) == seen.keys()
    for each in seen.values():
        assert [] == contradictions(each)
        assert (SUCCEEDED, STEPS - 1) == (each[-1].state, len(each[-1].calls))
