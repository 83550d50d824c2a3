"""Operations that policies permit with approval, on a server with several principals and a real engine."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tableadmin import Client, v1
from tableadmin.errors import FailedPrecondition, NotFound, OperationFailed, PermissionDenied, TableAdminError
from tests.engines import Engine
from tests.operations.harness.world import until
from tests.server.security.authorization.approving import ADVICE, POLICIES, approving
from tests.server.security.authorization.guarded import Guarded
from tests.server.security.authorization.test_guarded_operations import table
from tests.server_process import running_server

State = v1.OperationState
AWAITING, SCHEDULED = State.OPERATION_STATE_AWAITING_APPROVAL, State.OPERATION_STATE_SCHEDULED
SUCCEEDED, ABORTED = State.OPERATION_STATE_SUCCEEDED, State.OPERATION_STATE_ABORTED
FAILED, CANCELLED = State.OPERATION_STATE_FAILED, State.OPERATION_STATE_CANCELLED


@pytest.fixture(scope="module")
def engine(start_engine: Callable[[str], Engine]) -> Engine:
    """The engine of all servers."""
    return start_engine("ministack")


@pytest.fixture(scope="module")
def server(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with policies that require approval."""
    with approving(tmp_path_factory.mktemp("approval"), engine) as running:
        yield running


@pytest.fixture
def name(server: Guarded, table_name: str) -> str:
    """A table with an index, which belongs to the music team."""
    name = f"music-{table_name}"
    with server.client("olga") as olga:
        olga.apply([table(name, "genre")]).result(60)
    return name


def asked(client: Client, name: str, not_before: datetime | None = None) -> v1.Operation:
    """The operation that removes the index of the table NAME."""
    plans = client.plan([table(name)], not_before=not_before).plans
    operations = client.apply(
        [table(name)],
        fingerprints={plan.table_name: plan.fingerprint for plan in plans},
        allow_destructive=True,
        not_before=not_before,
    )
    (operation,) = operations.latest
    return operation


def ended(client: Client, operation_id: str) -> v1.Operation:
    """The operation once it has ended."""
    try:
        return client.operations([operation_id]).result(60)[0]
    except OperationFailed as error:
        return error.operations[0]


def reason_of(call: Callable[[], object]) -> tuple[type[TableAdminError], str]:
    """What CALL ends with, and the reason."""
    with pytest.raises(TableAdminError) as raised:
        call()
    return type(raised.value), raised.value.reason


def has_index(client: Client, name: str) -> bool:
    """Whether the table NAME has an index."""
    return bool(client.describe_table(table_name=name).table.global_secondary_indexes)


def test_an_approval(server: Guarded, name: str) -> None:
    """A change waits until a member of the group approves it, and is then made; the record says who did."""
    with server.client("ana") as ana, server.client("bert") as bert:
        (plan,) = ana.plan([table(name)]).plans
        (step,) = plan.steps
        required = v1.RequiredApproval(policy="music-destroy", group="ci/approvers", approvers=1)
        assert ([required], False) == (list(step.required_approvals), step.HasField("denial"))
        operation = asked(ana, name)
        assert (AWAITING, "User::ci/ana") == (operation.state, operation.requested_by)
        assert ["approval by a member of ci/approvers (policy music-destroy)"] == list(operation.waits)
        (shown,) = operation.approval_request.steps
        assert (step.summary, "UpdateTable", [required]) == (
            shown.summary,
            shown.operation,
            list(shown.required_approvals),
        )
        assert plan.fingerprint == operation.approval_request.fingerprint
        listed = ana.list_operations(states=[AWAITING], table_name=name)
        assert [operation.operation_id] == [each.operation_id for each in listed]
        approved = bert.approve_operation(operation.operation_id, "fine")
        assert approved.state != AWAITING
        assert SUCCEEDED == ended(ana, operation.operation_id).state
        assert not has_index(ana, name)
        record = ana.get_operation(operation.operation_id)
        (approval,) = record.approvals
        assert ("User::ci/bert", ["ci/approvers"], False, "fine") == (
            approval.principal,
            list(approval.groups),
            approval.rejected,
            approval.comment,
        )
        assert not record.approval_request.missing_approvals
        assert approved.operation_id == bert.approve_operation(operation.operation_id).operation_id
    assert "OperationService/ApproveOperation" in server.process.log


def test_a_direct_call(server: Guarded, name: str) -> None:
    """A call that needs approval can't wait for it: it is denied, with what to do and who approves."""
    delete_index = v1.GlobalSecondaryIndexUpdate(
        delete=v1.DeleteGlobalSecondaryIndexAction(index_name="genre")
    )
    with server.client("ana") as ana:
        with pytest.raises(PermissionDenied) as raised:
            ana.update_table(table_name=name, global_secondary_index_updates=[delete_index])
        assert raised.value.reason == "APPROVAL_REQUIRED"
        for word in ("ci/approvers", "music-destroy", "tablectl apply", ADVICE):
            assert word in str(raised.value)
        with pytest.raises(PermissionDenied, match="ask a member of ci/approvers"):
            ana.delete_table(table_name=name)
        for action, made_by_plans in (("DeleteIndex", True), ("DeleteTable", False)):
            access = ana.check_access(action, name)
            assert (False, made_by_plans, ["music-destroy"], [ADVICE], ["ci/approvers"]) == (
                access.permitted,
                access.made_by_plans,
                list(access.policies),
                list(access.advice),
                [each.group for each in access.required_approvals],
            )
        access = ana.check_access("DescribeTable", name)
        assert (True, False) == (access.permitted, access.HasField("made_by_plans"))
        assert has_index(ana, name)


def test_the_class_of_a_change(server: Guarded, table_name: str) -> None:
    """Policies see the class of each call of a plan, of an operation, and of each direct call."""
    name = f"new-quiet-{table_name}"
    with server.client("olga") as olga:
        olga.apply([expiring(name)]).result(60)
        off = expiring(name)
        off.time_to_live_specification.enabled = False
        (plan,) = olga.plan([off]).plans
        assert [["quiet-tables"]] == [list(step.denial.policies) for step in plan.steps]
        with pytest.raises(PermissionDenied, match="Nothing interrupts"):
            olga.apply([off])
        with pytest.raises(PermissionDenied, match="Nothing interrupts"):
            olga.update_time_to_live(
                table_name=name, time_to_live_specification=off.time_to_live_specification
            )
        more = expiring(name)
        more.deletion_protection_enabled = True
        assert SUCCEEDED == olga.apply([more]).result(60)[0].state


def test_audit(server: Guarded, name: str) -> None:
    """Approvals and rejections, also denied ones, are recorded with principal, table and operation."""
    with server.client("ana") as ana, server.client("bert") as bert, server.client("olga") as olga:
        operation_id = asked(ana, name).operation_id
        with pytest.raises(PermissionDenied):
            ana.approve_operation(operation_id)
        with server.client("nobody") as nobody, pytest.raises(NotFound):
            nobody.approve_operation(operation_id)
        bert.reject_operation(operation_id)
        with pytest.raises(FailedPrecondition):
            bert.approve_operation(operation_id)
        with olga.read_audit_records(id=operation_id) as responses:
            records = [json.loads(each) for response in responses for each in response.records]
    found = [(each["actor"]["user"]["name"], each["api"]["operation"], each["status"]) for each in records]
    assert found == [
        ("ana", "ApplyPlan", "Success"),
        ("ana", "ApproveOperation", "Failure"),
        ("nobody", "ApproveOperation", "Failure"),
        ("bert", "RejectOperation", "Intent"),
        ("bert", "RejectOperation", "Success"),
        ("bert", "ApproveOperation", "Intent"),
        ("bert", "ApproveOperation", "Failure"),
    ]
    began, *records = records
    assert [operation_id] == began["unmapped"]["operation_ids"]
    # What the server may do to nobody's eyes is denied before the operation is read.
    for each in records:
        names = [resource["name"] for resource in each["resources"]]
        known = [name] if each["actor"]["user"]["name"] != "nobody" else []
        assert [operation_id, *known] == names
        assert {"operation_id": operation_id, "proof": "token"}.items() <= each["unmapped"].items()
    permitted = {"decision": "allow", "policy": {"uid": "approvers"}}
    assert [[], [permitted], [], [permitted]] == [
        each["actor"].get("authorizations", []) for each in records if each["actor"]["user"]["name"] == "bert"
    ]


def test_who_can_approve(server: Guarded, name: str) -> None:
    """The asker can't approve, nor anybody outside of the group; to others the operation does not exist."""
    with server.client("eva") as eva:
        operation_id = asked(eva, name).operation_id
    expected: dict[str, tuple[type[TableAdminError], str]] = {
        "eva": (PermissionDenied, "OWN_OPERATION"),
        "dora": (PermissionDenied, "NOT_AN_APPROVER"),
        "ana": (PermissionDenied, "POLICY_DENIED"),
        "nobody": (NotFound, "OPERATION_NOT_FOUND"),
    }
    for who, error in expected.items():
        with server.client(who) as client:
            for decide in (client.approve_operation, client.reject_operation):
                assert (who, error) == (who, reason_of(lambda: decide(operation_id)))  # noqa: B023  # called at once
    with server.client("eva") as eva, pytest.raises(PermissionDenied) as raised:
        eva.approve_operation(operation_id)
    assert "another member of ci/approvers has to approve" in str(raised.value)
    with server.client("bert") as bert:
        assert AWAITING == bert.get_operation(operation_id).state
        unknown = "20260101t000000000-0123456789ab"
        assert (NotFound, "OPERATION_NOT_FOUND") == reason_of(lambda: bert.approve_operation(unknown))
        bert.reject_operation(operation_id)


def expiring(name: str) -> v1.TableSpec:
    """The spec of the table NAME with time to live, which two members approve."""
    spec = table(name, "genre")
    spec.time_to_live_specification.enabled = True
    spec.time_to_live_specification.attribute_name = "expires"
    return spec


def test_two_approvers(server: Guarded, name: str) -> None:
    """Where a policy asks for two members, one member counts once, however often the member approves."""
    with server.client("ana") as ana, server.client("bert") as bert, server.client("carl") as carl:
        (operation,) = ana.apply([expiring(name)]).latest
        for _ in range(2):
            state = bert.approve_operation(operation.operation_id)
            missing = [(each.policy, each.approvers) for each in state.approval_request.missing_approvals]
            assert (AWAITING, 1, [("music-expire", 2)]) == (state.state, len(state.approvals), missing)
        carl.approve_operation(operation.operation_id)
        assert SUCCEEDED == ended(ana, operation.operation_id).state


def test_two_at_once(server: Guarded, name: str) -> None:
    """Of approvals that two servers take at the same time, none is lost."""
    with (
        running_server("--config", str(server.config)) as other,
        server.client("ana") as ana,
        server.client("bert") as bert,
        server.client("carl", process=other) as carl,
        ThreadPoolExecutor(2) as approving,
    ):
        (operation,) = ana.apply([expiring(name)]).latest
        approvals = [
            approving.submit(each.approve_operation, operation.operation_id) for each in (bert, carl)
        ]
        assert sorted(len(each.result().approvals) for each in approvals) == [1, 2]
        assert SUCCEEDED == ended(ana, operation.operation_id).state


def test_rejecting(server: Guarded, name: str) -> None:
    """A rejection ends the operation with the comment, and another operation can have the table."""
    with server.client("ana") as ana, server.client("bert") as bert:
        operation = asked(ana, name)
        with pytest.raises(FailedPrecondition, match="waits for approval") as held:
            asked(ana, name)
        assert operation.operation_id in str(held.value)
        rejected = bert.reject_operation(operation.operation_id, "not in May")
        assert (ABORTED, "APPROVAL_REJECTED") == (rejected.state, rejected.error.reason)
        assert "not in May" in rejected.error.message
        assert rejected == bert.reject_operation(operation.operation_id)
        assert (FailedPrecondition, "NOT_AWAITING_APPROVAL") == reason_of(
            lambda: bert.approve_operation(operation.operation_id)
        )
        again = asked(ana, name)
        assert AWAITING == again.state
        assert CANCELLED == ana.cancel_operation(again.operation_id).state
        assert AWAITING == asked(ana, name).state


def test_a_changed_table(server: Guarded, name: str) -> None:
    """What is approved is the plan that was shown: a changed table ends the operation."""
    with server.client("ana") as ana, server.client("bert") as bert, server.client("olga") as olga:
        operation = asked(ana, name)
        olga.update_table(table_name=name, deletion_protection_enabled=True)
        error = reason_of(lambda: bert.approve_operation(operation.operation_id))
        assert (FailedPrecondition, "TABLE_HAS_MOVED_ON") == error
        found = ana.get_operation(operation.operation_id)
        assert (ABORTED, "TABLE_HAS_MOVED_ON", 0) == (found.state, found.error.reason, len(found.calls))
        assert has_index(ana, name)


def test_a_time(server: Guarded, name: str) -> None:
    """An operation starts at its time, if the table is as it was planned then."""
    # Even a busy machine approves, and changes the table, before that time.
    soon = timedelta(seconds=8)
    with server.client("ana") as ana, server.client("bert") as bert, server.client("olga") as olga:
        not_before = datetime.now(UTC) + soon
        operation = asked(ana, name, not_before)
        assert AWAITING == operation.state
        scheduled = bert.approve_operation(operation.operation_id)
        assert (SCHEDULED, not_before) == (scheduled.state, scheduled.not_before.ToDatetime(UTC))
        assert has_index(ana, name)
        done = ended(ana, operation.operation_id)
        assert SUCCEEDED == done.state
        assert done.calls[0].start_time.ToDatetime(UTC) >= not_before
        later = datetime.now(UTC) + timedelta(hours=1)
        (moved,) = olga.apply([table(name, "genre")], not_before=later).latest
        assert SCHEDULED == moved.state
        assert CANCELLED == olga.cancel_operation(moved.operation_id).state
        (plan,) = olga.plan([table(name, "genre")]).plans
        (moved,) = olga.apply(
            [table(name, "genre")],
            fingerprints={name: plan.fingerprint},
            not_before=datetime.now(UTC) + soon,
        ).latest
        olga.update_table(table_name=name, deletion_protection_enabled=True)
        found = ended(olga, moved.operation_id)
        assert (ABORTED, "TABLE_HAS_MOVED_ON") == (found.state, found.error.reason)
        with pytest.raises(TableAdminError, match="within the next 30 days"):
            olga.apply([table(name)], not_before=datetime.now(UTC) + timedelta(days=31))


def test_a_window(server: Guarded, name: str) -> None:
    """Policies decide about a plan and a request by the time at which the operation is to start."""
    opens = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    window = (
        '@id("window") forbid (principal, action in [Action::"ApplyPlan", Action::"UpdateTable"], resource)'
        f' unless {{ context.now >= datetime("{opens:%Y-%m-%dT%H:%M:%SZ}") }};'
    )
    specs = [table(name, "genre", protected=True)]
    with server.client("olga") as olga, changed_policies(server, POLICIES + window):
        for not_before in (None, opens - timedelta(minutes=1)):
            (plan,) = olga.plan(specs, not_before=not_before).plans
            assert ["window"] == list(plan.steps[0].denial.policies)
            refused = reason_of(partial(olga.apply, specs, not_before=not_before))
            assert (PermissionDenied, "POLICY_DENIED") == refused
        (plan,) = olga.plan(specs, not_before=opens).plans
        assert not plan.steps[0].HasField("denial")
        (operation,) = olga.apply(specs, not_before=opens).latest
        assert SCHEDULED == operation.state
        assert CANCELLED == olga.cancel_operation(operation.operation_id).state


def test_many_tables(server: Guarded, table_name: str) -> None:
    """The operations of a request that is checked in the background wait for approval too."""
    names = [f"new-{table_name}-{number}" for number in range(21)]
    with server.client("ana") as ana, server.client("bert") as bert:
        operations = ana.apply([table(each) for each in names]).ids
        until(lambda: all(ana.get_operation(each).state == AWAITING for each in operations))
        assert SUCCEEDED == ended(bert, bert.approve_operation(operations[0]).operation_id).state
        assert {ABORTED} == {bert.reject_operation(each).state for each in operations[1:]}


@contextmanager
def changed_policies(server: Guarded, policies: str) -> Iterator[None]:
    """SERVER decides by POLICIES meanwhile."""
    file = server.policies / "main.cedar"
    try:
        load(server, file, policies)
        yield
    finally:
        load(server, file, POLICIES)


def load(server: Guarded, file: Path, policies: str) -> None:
    """Have SERVER decide by POLICIES, which are written to FILE."""
    loaded = server.process.log.count("policies loaded")
    file.write_text(policies)
    until(lambda: server.process.log.count("policies loaded") > loaded)


def test_policies_that_change(server: Guarded, name: str) -> None:
    """Policies decide when each call is sent: what they forbid fails, other approvers are waited for anew."""
    forbid = '@id("frozen") forbid (principal, action == Action::"DeleteIndex", resource);'
    others = POLICIES.replace('@approval("ci/approvers")', '@approval("ci/readers")')
    with server.client("ana") as ana, server.client("bert") as bert, server.client("dora") as dora:
        operation_id = asked(ana, name).operation_id
        with changed_policies(server, POLICIES + forbid):
            bert.approve_operation(operation_id)
            found = ended(ana, operation_id)
        assert (FAILED, "POLICY_DENIED") == (found.state, found.error.reason)
        operation_id = asked(ana, name).operation_id
        with changed_policies(server, others):
            bert.approve_operation(operation_id)
            until(lambda: ana.get_operation(operation_id).state == AWAITING)
            found = dora.approve_operation(operation_id)
            assert ["User::ci/bert", "User::ci/dora"] == [each.principal for each in found.approvals]
            assert SUCCEEDED == ended(ana, operation_id).state


def test_expiry(engine: Engine, name: str, tmp_path: Path) -> None:
    """An operation that nobody approves in time ends, and its table is free."""
    with (
        approving(tmp_path, engine, "approval_timeout = 1.0") as hasty,
        hasty.client("ana") as ana,
    ):
        found = ended(ana, asked(ana, name).operation_id)
        assert (ABORTED, "APPROVAL_EXPIRED") == (found.state, found.error.reason)
        assert "ci/approvers" in found.error.message
        assert AWAITING == asked(ana, name).state


def test_replicas(server: Guarded, name: str) -> None:
    """An operation outlives its server; any server takes the approval, and may crash right after it."""
    with running_server("--config", str(server.config)) as first:
        with server.client("ana", process=first) as ana:
            operation_id = asked(ana, name).operation_id
        assert first.terminate() == 0
    with running_server("--config", str(server.config)) as second:
        with server.client("bert", process=second) as bert:
            assert AWAITING == bert.get_operation(operation_id).state
            bert.approve_operation(operation_id)
        second.process.kill()
    with server.client("ana") as ana:
        assert SUCCEEDED == ended(ana, operation_id).state
        assert not has_index(ana, name)


def test_no_slot(server: Guarded, name: str) -> None:
    """No server has a waiting operation: its record names no owner."""
    with server.client("ana") as ana:
        assert not asked(ana, name).server


def costly(name: str, writes: int) -> v1.TableSpec:
    """A table that costs about as many dollars a month as it has WRITES."""
    return v1.TableSpec(
        table_name=name,
        attribute_definitions=[
            v1.AttributeDefinition(
                attribute_name="id", attribute_type=v1.ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
            )
        ],
        key_schema=[v1.KeySchemaElement(attribute_name="id", key_type=v1.KeyType.KEY_TYPE_HASH)],
        provisioned_throughput=v1.ProvisionedThroughput(read_capacity_units=1, write_capacity_units=writes),
    )


def test_a_costly_change_needs_an_approval(server: Guarded, table_name: str) -> None:
    """A plan that costs more than policies permit waits for an approval; direct calls can be forbidden."""
    name = f"costly-{table_name}"
    with server.client("ana") as ana, server.client("bert") as bert:
        ana.apply([costly(name, 100)]).result(60)
        (cheap,) = ana.plan([costly(name, 500)]).plans
        assert ("400.00", []) == (cheap.monthly_cost_increase, list(cheap.steps[0].required_approvals))
        (plan,) = ana.plan([costly(name, 700)]).plans
        assert "600.00" == plan.monthly_cost_increase
        assert ["costly"] == [each.policy for each in plan.steps[0].required_approvals]
        operation = ana.apply([costly(name, 700)]).latest[0]
        until(lambda: bert.list_operations(states=[AWAITING], table_name=name))
        bert.approve_operation(operation.operation_id)
        assert SUCCEEDED == ended(ana, operation.operation_id).state
        units = v1.ProvisionedThroughput(read_capacity_units=1, write_capacity_units=9)
        refused = reason_of(lambda: ana.update_table(table_name=name, provisioned_throughput=units))
        assert (PermissionDenied, "POLICY_DENIED") == refused
