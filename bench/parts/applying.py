"""Many tables applied at once on the embedded engine, and what of that time is a table's own."""

import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc

from bench.targets import Target
from tableadmin.awsshape import from_aws
from tableadmin.v1.apply_pb2 import ApplyPlanRequest
from tableadmin.v1.operation_pb2 import Operation, OperationState, WatchOperationRequest
from tableadmin.v1.operation_service_pb2_grpc import OperationServiceStub
from tableadmin.v1.plan_service_pb2_grpc import PlanServiceStub
from tableadmin.v1.table_spec_pb2 import TableSpec
from tests.engines.engine import Engine
from tests.operations.harness.progress import contradictions
from tests.operations.harness.specs import after, before

COUNT = 200
# The server carries out as many at once, so that no table waits for another's end.
FLAGS = ("--concurrent-operations", str(COUNT))
_THREADS = 16
_SECONDS = 300.0


@dataclass(frozen=True)
class Applying:
    """What it took, in seconds.

    `begun` is until ApplyPlan answered, `wall` until the last table was done, both from the request on;
    `slowest` is from the first call to the end of the table for which that is longest. `calls` were made in
    all. `wrong` is what progress showed that can't be.
    """

    wall: float
    begun: float
    slowest: float
    calls: int
    wrong: list[str]


def measure_applying(engine: Engine, server: str) -> Applying:
    """Make tables at ENGINE and bring all of them to another spec through the service at SERVER."""
    names = [f"apply-{number:03}" for number in range(COUNT)]
    client = engine.boto3()
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda name: client.create_table(**before(name)), names))
    specs = [from_aws(after(name), TableSpec) for name in names]
    request = ApplyPlanRequest(specs=specs, request_id=str(uuid.uuid4()))
    seen: dict[str, list[Operation]] = defaultdict(list)
    with grpc.insecure_channel(server) as channel:
        begin = time.perf_counter()
        operations = PlanServiceStub(channel).ApplyPlan(request, timeout=_SECONDS).operations
        begun = time.perf_counter() - begin
        watched = WatchOperationRequest(operation_ids=[each.operation_id for each in operations])
        for response in OperationServiceStub(channel).WatchOperation(watched, timeout=_SECONDS):
            if response.HasField("operation"):
                seen[response.operation.table_name].append(response.operation)
        wall = time.perf_counter() - begin
    last = [each[-1] for each in seen.values()]
    wrong = [f"{name}: {text}" for name in names for text in contradictions(seen[name])]
    wrong += [
        f"{each.table_name}: {each.error.message}"
        for each in last
        if each.state != OperationState.OPERATION_STATE_SUCCEEDED
    ]
    return Applying(wall, begun, max(map(_chain, last)), sum(len(each.calls) for each in last), wrong)


def _chain(operation: Operation) -> float:
    """Seconds from the first call of OPERATION to its end."""
    return (operation.end_time.ToNanoseconds() - operation.calls[0].start_time.ToNanoseconds()) / 1e9


def applying_lines(measured: Applying) -> Iterator[str]:
    """How long it took, and how much of that was one table."""
    yield f"{COUNT} tables applied at once on the embedded engine, {measured.calls} calls, s"
    yield f"{'until ApplyPlan answered':32}{measured.begun:8.2f}"
    yield f"{'until the last was done':32}{measured.wall:8.2f}"
    yield f"{'slowest, first call to end':32}{measured.slowest:8.2f}"
    yield from measured.wrong[:10]


def applying_targets(measured: Applying) -> Iterator[Target]:
    """What many tables may cost beside one of them."""
    yield Target(f"{COUNT} tables / the slowest table's own chain", measured.wall / measured.slowest, 1.15)
    yield Target(f"until ApplyPlan of {COUNT} tables is answered, s", measured.begun, 0.3)
    yield Target("contradictions in what progress showed", len(measured.wrong), 0)
