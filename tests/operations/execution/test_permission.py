"""Each call of an operation is authorized when the call is sent."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest
from google.rpc.code_pb2 import Code
from msgspec.structs import replace

from tableadmin.awsshape import AwsDict
from tableadmin.cost import Prices, packaged
from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.record import Operation, OperationSpec, OperationStatus, State
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.identity import Principal, caller
from tests.engines import Engine
from tests.operations.execution.test_clocks import Machine, retagged
from tests.operations.harness.plane import Plane
from tests.operations.harness.specs import before

ANA = Principal("User", "corp/ana", frozenset({"corp/music"}))
PEER = "10.0.0.7:4711"


def asked_by_ana(table_name: str, state: State) -> Operation:
    """An operation on a table that ANA asked for."""
    spec = OperationSpec(
        operation_id="op",
        table_name=table_name,
        table_spec=retagged(table_name),
        request_id="r",
        caller=PEER,
        principal=ANA,
        created=datetime.now(UTC),
    )
    return Operation(spec=spec, status=OperationStatus(state=state, updated=spec.created))


@pytest.fixture
def plane(own_engine: Engine) -> Iterator[Plane]:
    """A plane for a server in this process."""
    made = Plane(own_engine, 20.0)
    try:
        yield made
    finally:
        made.close()


async def test_a_permission_that_is_taken_away(plane: Plane, table_name: str) -> None:
    """Once the principal that asked is not permitted any more, the operation fails without another call."""
    await asyncio.to_thread(plane.create, before(table_name))
    operation = asked_by_ana(table_name, State.RUNNING)
    asked: list[tuple[Principal, str, str]] = []

    async def authorize(
        principal: Principal,
        called: str,
        _params: AwsDict,
        table: str,
        _at: datetime | None,
        _increase: Decimal | None,
    ) -> tuple[RequiredApproval, ...]:
        asked.append((principal, called, table))
        # Policies may look at the address of whoever asked for the operation.
        assert (ANA, PEER) == (caller().principal, caller().peer)
        if plane.sent(table_name):
            raise Failure(Code.PERMISSION_DENIED, "no policy permits it", reason="POLICY_DENIED")
        return ()

    with closing(Machine(plane, "only", timedelta())) as machine:
        machine.endpoint.authorize = authorize
        await machine.store.ensure()
        entry = await machine.store.add(operation, machine.name)
        lease = entry.lease_of(machine.name)
        assert lease is not None
        run = await machine.run(operation, lease)
        await asyncio.wait_for(run.carry_out(), 60)
    status = run.operation.status
    assert status.error is not None
    assert (State.FAILED, "POLICY_DENIED") == (status.state, status.error.reason)
    assert 1 == len(plane.sent(table_name))
    assert {(ANA, table_name)} == {(principal, table) for principal, _, table in asked}


async def test_the_principal_is_remembered(plane: Plane, table_name: str) -> None:
    """A server that takes an operation over knows for whom to authorize its calls."""
    operation = asked_by_ana(table_name, State.PENDING)
    with closing(Machine(plane, "first", timedelta())) as machine:
        await machine.store.ensure()
        await machine.store.add(operation, "")
        found = await machine.store.get("op")
    assert found is not None
    assert (ANA, PEER) == (found.operation.spec.principal, found.operation.spec.caller)


async def test_all_calls_are_decided_by_the_cost_of_the_whole_plan(plane: Plane, table_name: str) -> None:
    """After the first call, policies still see how much more the table costs than before this call."""
    await asyncio.to_thread(plane.create, before(table_name))
    operation = asked_by_ana(table_name, State.RUNNING)
    more = {"ProvisionedThroughput": {"ReadCapacityUnits": 100, "WriteCapacityUnits": 100}}
    spec = replace(operation.spec, table_spec={**operation.spec.table_spec, **cast("AwsDict", more)})
    operation = replace(operation, spec=spec)
    seen: list[tuple[int, Decimal | None]] = []

    async def authorize(
        _principal: Principal,
        _called: str,
        _params: AwsDict,
        _table: str,
        _at: datetime | None,
        increase: Decimal | None,
    ) -> tuple[RequiredApproval, ...]:
        seen.append((len(plane.sent(table_name)), increase))
        return ()

    with closing(Machine(plane, "only", timedelta())) as machine:
        machine.endpoint.authorize = authorize
        prices = Prices({machine.endpoint.region: packaged().regions["us-east-1"]}, "", "")
        machine.endpoint.prices = lambda: prices
        await machine.store.ensure()
        entry = await machine.store.add(operation, machine.name)
        lease = entry.lease_of(machine.name)
        assert lease is not None
        run = await machine.run(operation, lease)
        await asyncio.wait_for(run.carry_out(), 60)
        stored = await machine.store.get(operation.spec.operation_id)
    assert {0, 1} <= {sent for sent, _ in seen}
    ((increase,),) = ({each for _, each in seen},)
    assert stored is not None
    assert increase == stored.operation.status.cost_increase
    assert increase
