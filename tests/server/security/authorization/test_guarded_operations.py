"""Plans and operations under policies, with a real engine."""

import signal
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from tableadmin import v1
from tableadmin.v1 import operation_service_pb2_grpc, plan_service_pb2_grpc, watch_service_pb2_grpc
from tests.engines import Engine
from tests.server.conftest import wait_for
from tests.server.security.authorization.guarded import Guarded, guarded, headers
from tests.watching.harness.wire import events_in

SUCCEEDED = v1.OperationState.OPERATION_STATE_SUCCEEDED
HIDING = '@id("hiding") forbid (principal in Group::"ci/music", action, resource);'


@pytest.fixture(scope="module")
def server(
    start_engine: Callable[[str], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """A server with the policies of `guarded` and a real engine."""
    with guarded(tmp_path_factory.mktemp("operations"), start_engine("ministack")) as running:
        yield running


class Principal:
    """Calls of a principal, with the stubs."""

    def __init__(self, server: Guarded, name: str) -> None:
        self._metadata = headers(name)
        channel = grpc.insecure_channel(server.process.address)
        self._plans = plan_service_pb2_grpc.PlanServiceStub(channel)
        self._operations = operation_service_pb2_grpc.OperationServiceStub(channel)
        self._watches = watch_service_pb2_grpc.WatchServiceStub(channel)

    def planned(self, spec: v1.TableSpec) -> v1.TablePlan:
        """The plan for SPEC."""
        request = v1.PlanTablesRequest(specs=[spec])
        (answer,) = self._plans.PlanTables(request, timeout=60, metadata=self._metadata)
        return answer.plan

    def applied(
        self, spec: v1.TableSpec, request_id: str = "", not_before: datetime | None = None
    ) -> v1.Operation:
        """The operation that brings the table to SPEC, not before a time."""
        request = v1.ApplyPlanRequest(
            specs=[spec],
            request_id=request_id or str(uuid.uuid4()),
            allow_destructive=True,
            requested_by="somebody else",
        )
        if not_before is not None:
            request.not_before.FromDatetime(not_before)
        (operation,) = self._plans.ApplyPlan(request, timeout=60, metadata=self._metadata).operations
        return operation

    def following(self, operation_id: str) -> Iterator[v1.WatchOperationResponse]:
        """The messages of a watch of the operation."""
        request = v1.WatchOperationRequest(operation_ids=[operation_id])
        return iter(self._operations.WatchOperation(request, timeout=60, metadata=self._metadata))

    def ended(self, operation_id: str) -> v1.Operation:
        """The operation once it has ended."""
        *_, last = self.following(operation_id)
        return last.operation

    def cancel(self, operation_id: str) -> None:
        """Cancel the operation."""
        request = v1.CancelOperationRequest(operation_id=operation_id)
        self._operations.CancelOperation(request, timeout=60, metadata=self._metadata)

    def found(self, operation_id: str) -> v1.Operation:
        """The operation."""
        request = v1.GetOperationRequest(operation_id=operation_id)
        return self._operations.GetOperation(request, timeout=60, metadata=self._metadata).operation

    def listed(self) -> Sequence[str]:
        """The ids of all operations."""
        request = v1.ListOperationsRequest()
        answer = self._operations.ListOperations(request, timeout=60, metadata=self._metadata)
        return [each.operation_id for each in answer.operations]

    def watched(self) -> Sequence[v1.WatchEvent]:
        """What a watch of all tables shows until the first checkpoint."""
        request = v1.WatchRequest(all_tables=True, snapshot_only=True)
        return list(events_in(self._watches.Watch(request, timeout=60, metadata=self._metadata)))


def table(name: str, *indexes: str, protected: bool = False) -> v1.TableSpec:
    """The spec of the table NAME with INDEXES."""
    attributes = ["id", *indexes]
    return v1.TableSpec(
        table_name=name,
        billing_mode=v1.BillingMode.BILLING_MODE_PAY_PER_REQUEST,
        deletion_protection_enabled=protected,
        key_schema=[v1.KeySchemaElement(attribute_name="id", key_type=v1.KeyType.KEY_TYPE_HASH)],
        attribute_definitions=[
            v1.AttributeDefinition(
                attribute_name=each, attribute_type=v1.ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
            )
            for each in attributes
        ],
        global_secondary_indexes=[
            v1.GlobalSecondaryIndex(
                index_name=each,
                key_schema=[v1.KeySchemaElement(attribute_name=each, key_type=v1.KeyType.KEY_TYPE_HASH)],
                projection=v1.Projection(projection_type=v1.ProjectionType.PROJECTION_TYPE_ALL),
            )
            for each in indexes
        ],
    )


def code_of(call: Callable[[], object]) -> grpc.StatusCode:
    """The code that CALL ends with."""
    with pytest.raises(grpc.RpcError) as raised:
        call()
    return raised.value.code()


def test_an_operation_is_its_principals(server: Guarded, table_name: str) -> None:
    """An operation is of the principal that asked, and is shown to those alone who may see its table."""
    ana, olga, nobody = (Principal(server, name) for name in ("ana", "olga", "nobody"))
    operation = ana.applied(table(f"music-{table_name}"))
    assert "User::ci/ana" == operation.requested_by
    assert "127.0.0.1" == operation.caller.rpartition(":")[0]
    assert SUCCEEDED == ana.ended(operation.operation_id).state
    assert operation.operation_id in olga.listed()
    films = olga.applied(table(f"films-{table_name}"))
    olga.ended(films.operation_id)
    assert operation.operation_id in ana.listed()
    assert films.operation_id not in ana.listed()
    for name, principal in (("ana", ana), ("nobody", nobody)):
        for operation_id in (films.operation_id, "20260101t000000000-0123456789ab"):
            code = code_of(lambda: principal.found(operation_id))  # noqa: B023  # called at once
            assert (name, grpc.StatusCode.NOT_FOUND) == (name, code)
    assert grpc.StatusCode.PERMISSION_DENIED == code_of(nobody.listed)


def test_request_ids_are_the_principals_own(server: Guarded, table_name: str) -> None:
    """The same request id of another principal is another request."""
    name, request_id = f"music-{table_name}", f"same-{table_name}"
    ana, olga = Principal(server, "ana"), Principal(server, "olga")
    first = ana.applied(table(name), request_id)
    ana.ended(first.operation_id)
    second = olga.applied(table(name, "genre"), request_id)
    assert first.operation_id != second.operation_id
    assert SUCCEEDED == olga.ended(second.operation_id).state
    assert first.operation_id == ana.applied(table(name), request_id).operation_id


def test_a_restore_needs_data(server: Guarded, table_name: str) -> None:
    """Who may change tables and not get at items restores none: the plan says so, and nothing begins."""
    name = f"music-{table_name}"
    ana, olga = Principal(server, "ana"), Principal(server, "olga")
    source = table(name)
    source.point_in_time_recovery_specification.point_in_time_recovery_enabled = True
    ana.ended(ana.applied(source).operation_id)
    copy = table(f"{name}-copy")
    copy.restore_source.source_table_name = name
    copy.restore_source.use_latest_restorable_time = True
    (step,) = ana.planned(copy).steps
    assert "RestoreTableToPointInTime" == step.denial.action
    before = ana.listed()
    assert grpc.StatusCode.PERMISSION_DENIED == code_of(lambda: ana.applied(copy))
    assert before == ana.listed()
    assert not olga.planned(copy).steps[0].HasField("denial")
    assert SUCCEEDED == olga.ended(olga.applied(copy).operation_id).state


def test_denied_steps(server: Guarded, table_name: str) -> None:
    """A plan says which steps would be denied and by which action; to apply the plan begins nothing."""
    name = f"music-{table_name}"
    ana, olga = Principal(server, "ana"), Principal(server, "olga")
    olga.ended(olga.applied(table(name, "genre", protected=True)).operation_id)
    plan = ana.planned(table(name, protected=True))
    assert ["DeleteIndex"] == [each.denial.action for each in plan.steps]
    before = ana.listed()
    assert grpc.StatusCode.PERMISSION_DENIED == code_of(lambda: ana.applied(table(name, protected=True)))
    assert before == ana.listed()
    unprotected = olga.planned(table(name, "genre"))
    (denial,) = [each.denial for each in unprotected.steps if each.HasField("denial")]
    assert ("DisableDeletionProtection", ["protected"], ["Ask #dynamodb."]) == (
        denial.action,
        list(denial.policies),
        list(denial.advice),
    )
    permitted = olga.planned(table(name, protected=True))
    assert [False] == [each.HasField("denial") for each in permitted.steps]


def test_watches_show_what_is_visible(server: Guarded, table_name: str) -> None:
    """A watch of all tables shows the permitted ones, and its tokens are of no use to another principal."""
    ana, olga = Principal(server, "ana"), Principal(server, "olga")
    for name in (f"music-{table_name}", f"films-{table_name}"):
        olga.ended(olga.applied(table(name)).operation_id)
    seen = {each.table.table_name for each in olga.watched()} - {""}
    assert {f"music-{table_name}", f"films-{table_name}"} <= seen
    mine = {each.table.table_name for each in ana.watched()} - {""}
    assert mine == {name for name in seen if name.startswith("music-")}


def test_watched_operations_are_decided_again(server: Guarded, table_name: str) -> None:
    """When policies hide the table of a watched operation, the watch ends as if there was no operation."""
    ana, olga = Principal(server, "ana"), Principal(server, "olga")
    begun = olga.applied(table(f"music-{table_name}"), not_before=datetime.now(UTC) + timedelta(hours=1))
    stream = ana.following(begun.operation_id)
    next(stream)
    file = server.policies / "main.cedar"
    permitting = file.read_text()
    file.write_text(f"{permitting}\n{HIDING}")
    try:
        server.process.process.send_signal(signal.SIGHUP)
        wait_for(lambda: begun.operation_id not in ana.listed())
        # The next message of the stream is about the end of the operation.
        olga.cancel(begun.operation_id)
        assert grpc.StatusCode.NOT_FOUND == code_of(lambda: list(stream))
    finally:
        file.write_text(permitting)
        server.process.process.send_signal(signal.SIGHUP)
        wait_for(lambda: begun.operation_id in ana.listed())
