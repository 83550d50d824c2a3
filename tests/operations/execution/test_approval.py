"""What an operation waits for before it goes on."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from tableadmin.awsshape import AwsDict
from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution import approval
from tableadmin_server.operations.execution.failure_detector import FailureDetector
from tableadmin_server.operations.execution.reconcile import agreed_fingerprint
from tableadmin_server.operations.storage.record import (
    Approval,
    ApprovalRequest,
    ApprovalStep,
    Call,
    Operation,
    OperationSpec,
    OperationStatus,
    State,
)
from tableadmin_server.planner import Step
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.identity import Principal
from tests.engines import Engine
from tests.operations.execution.test_clocks import Machine
from tests.operations.execution.test_permission import asked_by_ana
from tests.operations.harness.plane import Plane
from tests.operations.harness.specs import before

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ONE = RequiredApproval(policy="one", group="corp/a")
TWO = RequiredApproval(policy="two", group="corp/b", approvers=2)
PARAMS: AwsDict = {"TableName": "Music"}
BERT = Principal("User", "corp/bert", frozenset({"corp/a", "corp/b"}))
CARL = Principal("User", "corp/carl", frozenset({"corp/b"}))
CALL = Call(summary="x", operation="UpdateTable", params=PARAMS, server="here", began=NOW)


def step(params: AwsDict = PARAMS) -> Step:
    """A step of a plan."""
    return Step("UpdateTable", params, "x")


def waiting(*required: RequiredApproval, calls: tuple[Call, ...] = ()) -> Operation:
    """An operation that waits for the approvals REQUIRED, after CALLS."""
    shown = ApprovalStep(summary="x", operation="UpdateTable", params=PARAMS, required=required)
    request = ApprovalRequest(
        number=1,
        steps=(shown,),
        fingerprint="approved",
        created=NOW,
        expires=NOW + timedelta(days=7),
        calls=len(calls),
    )
    spec = OperationSpec(
        operation_id="op",
        table_name="Music",
        table_spec={},
        request_id="r",
        fingerprint="asked",
        principal=Principal("User", "corp/ana", frozenset({"corp/a"})),
        created=NOW,
    )
    status = OperationStatus(
        state=State.AWAITING_APPROVAL, updated=NOW, approval_request=request, calls=calls
    )
    return Operation(spec=spec, status=status)


def said(operation: Operation, principal: Principal, *, rejects: bool = False) -> Approval:
    """What PRINCIPAL says of OPERATION."""
    found = approval.approval_of(operation, principal, "", NOW, rejects=rejects)
    assert found is not None
    return found


def approved_by(operation: Operation, *principals: Principal) -> Operation:
    """OPERATION after the approvals of PRINCIPALS."""
    for each in principals:
        status = approval.after_approval(operation, said(operation, each))
        operation = msgspec.structs.replace(operation, status=status)
    return operation


def test_all_that_policies_ask_for() -> None:
    """An approval counts for each of the groups that the approver is in, once."""
    operation = approved_by(waiting(ONE, TWO), BERT)
    assert (State.AWAITING_APPROVAL, (TWO,)) == (
        operation.status.state,
        approval.missing_approvals(operation.status),
    )
    assert approval.approval_of(operation, BERT, "", NOW) is None
    assert State.PENDING == approved_by(operation, CARL).status.state


@pytest.mark.parametrize(
    ("principal", "reason"),
    [
        (Principal("User", "corp/ana", frozenset({"corp/b"})), "OWN_OPERATION"),
        (Principal("User", "corp/dora", frozenset({"corp/c"})), "NOT_AN_APPROVER"),
        (Principal("User", "corp/a"), "NOT_AN_APPROVER"),
    ],
)
def test_who_cannot(principal: Principal, reason: str) -> None:
    """The asker can't approve, whatever groups a later token has, nor can anybody who is in no group."""
    with pytest.raises(Failure) as raised:
        approval.approval_of(waiting(ONE, TWO), principal, "", NOW)
    assert raised.value.reason == reason


def test_too_late() -> None:
    """After the time that an operation waits, nobody can approve it, and it ends."""
    operation = waiting(ONE)
    late = NOW + timedelta(days=7)
    with pytest.raises(Failure) as raised:
        approval.approval_of(operation, BERT, "", late)
    assert raised.value.reason == "APPROVAL_EXPIRED"
    assert State.ABORTED == approval.after_expiry(operation, late).state


def test_what_was_shown() -> None:
    """An approval is for the calls that were shown, and for what policies asked for then."""
    status = approved_by(waiting(ONE), BERT).status
    assert approval.is_approved(status, step(), (ONE,))
    assert approval.is_approved(status, step({"TableName": "Other"}), ())
    assert not approval.is_approved(status, step({"TableName": "Other"}), (ONE,))
    assert not approval.is_approved(status, step(), (ONE, TWO))
    assert not approval.is_approved(OperationStatus(state=State.RUNNING, updated=NOW), step(), (ONE,))


def test_a_second_request() -> None:
    """An approval does not count for a later plan."""
    status = approved_by(waiting(ONE), BERT).status
    request = status.approval_request
    assert request is not None
    again = msgspec.structs.replace(status, approval_request=msgspec.structs.replace(request, number=2))
    assert (ONE,) == approval.missing_approvals(again)


def test_the_fingerprint() -> None:
    """Until the next call the table must be as it was when the plan was shown."""
    operation = waiting(ONE, calls=(CALL,))
    assert "approved" == agreed_fingerprint(operation.spec, operation.status)
    later = msgspec.structs.replace(operation.status, calls=(CALL, CALL))
    assert not agreed_fingerprint(operation.spec, later)
    never = msgspec.structs.replace(operation.status, approval_request=None, calls=())
    assert "asked" == agreed_fingerprint(operation.spec, never)


def test_an_end_after_calls() -> None:
    """ABORTED says that nothing was changed: an operation that has made calls fails."""
    operation = waiting(ONE, calls=(CALL,))
    assert State.FAILED == approval.after_rejection(operation, said(operation, BERT, rejects=True)).state
    assert State.FAILED == approval.after_expiry(operation, NOW).state


@pytest.fixture
def plane(own_engine: Engine) -> Iterator[Plane]:
    """A plane for a server in this process."""
    made = Plane(own_engine, 20.0)
    try:
        yield made
    finally:
        made.close()


async def test_policies_that_ask_between_calls(plane: Plane, table_name: str) -> None:
    """An operation waits also after its first call, is nobody's then, and goes on once it is approved."""
    await asyncio.to_thread(plane.create, before(table_name))
    operation = asked_by_ana(table_name, State.RUNNING)

    async def authorize(
        _principal: Principal,
        _called: str,
        _params: AwsDict,
        _table: str,
        _at: datetime | None,
        _increase: Decimal | None,
    ) -> tuple[RequiredApproval, ...]:
        return (ONE,) if plane.sent(table_name) else ()

    with closing(Machine(plane, "only", timedelta())) as machine:
        machine.endpoint.authorize = authorize
        await machine.store.ensure()
        entry = await machine.store.add(operation, machine.name)
        lease = entry.lease_of(machine.name)
        assert lease is not None
        run = await machine.run(operation, lease)
        await asyncio.wait_for(run.carry_out(), 60)
        entry = await machine.store.get("op") or entry
        status = entry.operation.status
        assert (State.AWAITING_APPROVAL, "", 1) == (
            status.state,
            entry.lease_holder,
            len(plane.sent(table_name)),
        )
        assert status.approval_request is not None
        assert 1 == status.approval_request.calls
        ((waiting, due),) = (await machine.store.open_operations()).items()
        assert waiting == "op"
        assert 0 < due - datetime.now(UTC).timestamp() < timedelta(days=8).total_seconds()
        failure_detector = FailureDetector(machine.store, "another", 15.0, time.monotonic)
        assert [] == await failure_detector.orphans(lambda _: False)
        assert 1 == failure_detector.approvals_waiting
        written = await machine.store.rewrite(
            entry, approval.after_approval(entry.operation, said(entry.operation, BERT))
        )
        assert written is not None
        assert await machine.store.rewrite(entry, status) is None
        lease = await machine.store.acquire_lease(written, machine.name)
        assert lease is not None
        run = await machine.run(written.operation, lease)
        await asyncio.wait_for(run.carry_out(), 60)
    assert (State.SUCCEEDED, 2) == (run.operation.status.state, len(plane.sent(table_name)))
