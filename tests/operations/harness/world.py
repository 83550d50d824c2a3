"""Servers beside each other in front of one plane, and what a test asks of them."""

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from tableadmin import v1
from tableadmin.awsshape import from_aws, to_aws
from tests.engines import Engine
from tests.operations.harness.plane import Plane, Write, nothing
from tests.operations.harness.replica import Replica
from tests.planner.model.table import Data
from tests.planner.test_properties import assert_is

T = TypeVar("T")

ENDED = {
    v1.OperationState.OPERATION_STATE_SUCCEEDED,
    v1.OperationState.OPERATION_STATE_FAILED,
    v1.OperationState.OPERATION_STATE_CANCELLED,
    v1.OperationState.OPERATION_STATE_ABORTED,
}
SUCCEEDED = v1.OperationState.OPERATION_STATE_SUCCEEDED
# The server that waits as it does for AWS.
COOLING = "tests.operations.harness.cooling_server"
_RPC_SECONDS = 30.0


@dataclass(frozen=True)
class Error:
    """An error that an RPC ended with."""

    code: grpc.StatusCode
    message: str
    reason: str


class World:
    """PLANE, and the REPLICAS that administer it."""

    def __init__(self, plane: Plane, replicas: Sequence[Replica]) -> None:
        self.plane = plane
        self.replicas = replicas

    def up(self) -> list[Replica]:
        """The replicas that answer."""
        return [each for each in self.replicas if each.up]

    def made(self, *specs: Data) -> None:
        """Make the tables SPECS of the model, without any server."""
        self.plane.create(*specs)

    def planned(self, *specs: Data) -> list[v1.TablePlan]:
        """What PlanTables answers, in the order of SPECS."""
        request = v1.PlanTablesRequest(specs=shaped(specs))
        results = self.asked(lambda each: list(each.plans.PlanTables(request, timeout=_RPC_SECONDS)))
        plans = {each.table_name: each.plan for each in results}
        return [plans[str(each["TableName"])] for each in specs]

    def applied(self, *specs: Data, via: Replica | None = None) -> list[v1.Operation]:
        """What ApplyPlan answers to a new request for SPECS; see `begun`."""
        return self.begun(apply_request(*specs), via)

    def begun(self, request: v1.ApplyPlanRequest, via: Replica | None = None) -> list[v1.Operation]:
        """What ApplyPlan answers VIA a replica, or by another one where that one dies."""
        return list(
            self.asked(lambda each: each.plans.ApplyPlan(request, timeout=_RPC_SECONDS), via).operations
        )

    def operation(self, operation_id: str, via: Replica | None = None) -> v1.Operation:
        """What GetOperation answers."""
        request = v1.GetOperationRequest(operation_id=operation_id)
        return self.asked(
            lambda each: each.operations.GetOperation(request, timeout=_RPC_SECONDS), via
        ).operation

    def operations_of(self, name: str) -> list[v1.Operation]:
        """What ListOperations answers for the table NAME."""
        request = v1.ListOperationsRequest(table_name=name)
        return list(
            self.asked(lambda each: each.operations.ListOperations(request, timeout=_RPC_SECONDS)).operations
        )

    def all_operations(self) -> list[v1.Operation]:
        """What ListOperations answers, page by page."""
        found: list[v1.Operation] = []
        request = v1.ListOperationsRequest(page_size=500)
        while True:
            page = self.asked(lambda each: each.operations.ListOperations(request, timeout=_RPC_SECONDS))
            found += page.operations
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    def ended(self, operations: Sequence[v1.Operation], seconds: float = 300.0) -> list[v1.Operation]:
        """OPERATIONS, once all have ended."""
        found: list[v1.Operation] = []
        deadline = time.monotonic() + seconds
        for operation in operations:
            while (newest := self.operation(operation.operation_id)).state not in ENDED:
                assert time.monotonic() < deadline, f"no end in {seconds} s: {newest}"
                time.sleep(0.1)
            found.append(newest)
        # What a write did shows before it is noted among the writes.
        self.plane.let_answers_out()
        return found

    def asked(self, call: Callable[[Replica], T], via: Replica | None = None) -> T:
        """What CALL gives with VIA, or with any other replica that answers where it is deleted."""
        # One that is frozen meanwhile lets the call take all its time.
        deadline = time.monotonic() + 10 * _RPC_SECONDS
        candidates = [via] if via else self.up()
        while True:
            for candidate in candidates:
                try:
                    return call(candidate)
                except (grpc.RpcError, ValueError) as error:  # ValueError: of a channel that was closed
                    if (candidate.up and not is_late(error)) or time.monotonic() > deadline:
                        raise
            time.sleep(0.02)
            candidates = self.up()

    def assert_carried_out(self, plan: v1.TablePlan, spec: Data) -> None:
        """One operation made the table what SPEC says: each call of PLAN was made once, and is noted."""
        name = plan.table_name
        (operation,) = self.operations_of(name)
        assert SUCCEEDED == operation.state, operation
        assert [step.summary for step in plan.steps] == [call.summary for call in operation.calls]
        assert [called(step) for step in plan.steps] == self.plane.changes(name)
        assert_is(self.plane.table(name), spec)
        (now,) = self.planned(spec)
        assert (v1.PlanAction.PLAN_ACTION_NONE, []) == (now.action, list(now.steps))

    def unended(self) -> list[str]:
        """The ids of the operations that hold their tables: none of them has ended."""
        return self.items("operation", "attribute_exists(#Open)")

    def items(self, kind: str, condition: str = "attribute_exists(#Id)") -> list[str]:
        """The names of the items of KIND in the operations table for which CONDITION holds."""
        name = condition.partition("#")[2].rstrip(")")
        with closing(self.plane.engine.boto3()) as client:
            pages = client.get_paginator("scan").paginate(
                TableName=self.plane.operations_table,
                FilterExpression=condition,
                ExpressionAttributeNames={f"#{name}": name},
                ConsistentRead=True,
            )
            ids = [str(item["Id"]["S"]).partition("/") for page in pages for item in page["Items"]]
        return [name for of_kind, _, name in ids if of_kind == kind]


def apply_request(
    *specs: Data, request_id: str = "", fingerprints: Mapping[str, str] | None = None, allow: str = ""
) -> v1.ApplyPlanRequest:
    """Asks for SPECS; with a request id of its own where there is none. ALLOW names a permission."""
    request = v1.ApplyPlanRequest(
        specs=shaped(specs), fingerprints=fingerprints, request_id=request_id or str(uuid.uuid4())
    )
    if allow:
        setattr(request, allow, True)
    return request


def shaped(specs: Sequence[Data]) -> list[v1.TableSpec]:
    """SPECS as messages."""
    return [from_aws(spec, v1.TableSpec) for spec in specs]


def called(step: v1.PlannedStep) -> tuple[str, Data]:
    """The operation of STEP and its parameters."""
    field = step.WhichOneof("call")
    assert field is not None
    request = getattr(step, field)
    return request.DESCRIPTOR.name.removesuffix("Request"), cast("Data", to_aws(request))


def is_late(error: Exception) -> bool:
    """Whether ERROR is that of a call to which a busy machine gave no answer in time."""
    return isinstance(error, grpc.RpcError) and error.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def error_of(call: Callable[[], object]) -> Error:
    """The error that CALL ends with."""
    error = ended_with(call)
    assert error is not None, "it went well"
    return error


def ended_with(call: Callable[[], object]) -> Error | None:
    """The error that CALL ends with, if it is one."""
    try:
        call()
    except grpc.RpcError as error:
        failed = cast("grpc.Call", error)
        status: Status | None = rpc_status.from_call(failed)
        info = ErrorInfo()
        any(detail.Unpack(info) for detail in (status or Status()).details)
        return Error(failed.code(), str(failed.details()), info.reason)
    return None


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Return when CONDITION holds."""
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if condition():
            return
        asked = time.monotonic()
        assert asked < deadline, "it did not come about"
        # What is expensive to ask is asked less often: others need the CPU to bring it about.
        time.sleep(max(0.01, 2 * (asked - began)))


def chosen(world: World, rng: random.Random, at_least: int = 2) -> Replica:
    """One of the replicas that answer, once there are AT_LEAST so many."""
    until(lambda: len(world.up()) >= at_least, 60)
    return rng.choice(world.up())


@contextmanager
def standing_after(world: World, name: str, changes: int) -> Iterator[threading.Event]:
    """The model's clock stands from so many CHANGES of the table NAME on, until the block ends.

    An apply gets no further meanwhile, however busy the machine is: the last of the changes takes time. The
    event is set when the clock stands.
    """
    stands = threading.Event()
    with ExitStack() as standing:

        def stand(write: Write) -> None:
            if not (write.own or stands.is_set()) and len(world.plane.changes(name)) >= changes:
                standing.enter_context(world.plane.model.standing())
                stands.set()

        world.plane.after = stand
        try:
            yield stands
        finally:
            world.plane.after = nothing


@contextmanager
def replicated(  # all that a world may differ in
    engine: Engine,
    *flags: str,
    count: int = 2,
    speed: float = 1500.0,
    module: str = COOLING,
    audit: Path | None = None,
) -> Iterator[World]:
    """COUNT replicas of MODULE, started with FLAGS, in front of a new plane with a clock of that SPEED.

    With AUDIT each replica writes an audit file, in that folder and by the name of the replica.
    """
    plane = Plane(engine, speed)
    flags = ("--operations-table", plane.operations_table, *flags)
    audits = {name: ("--audit-file", str(audit / name)) if audit else () for name in "ABC"[:count]}
    replicas = [
        Replica(name, plane.way_in(name), *flags, *own, module=module) for name, own in audits.items()
    ]
    try:
        with ThreadPoolExecutor(count) as starting:
            started: list[Future[None]] = [starting.submit(each.start) for each in replicas]
        for each in started:
            each.result()
        yield World(plane, replicas)
    finally:
        for replica in replicas:
            replica.close()
        plane.close()
