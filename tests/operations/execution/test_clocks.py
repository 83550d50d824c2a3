"""Servers whose clocks differ: what one wrote down is never compared with the clock of another."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.cooldown import COOLDOWNS, Cooldown
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.operations.execution.heartbeat import Heartbeat
from tableadmin_server.operations.execution.lease import Lease
from tableadmin_server.operations.execution.run import Run
from tableadmin_server.operations.storage.record import Operation, OperationSpec, OperationStatus, State
from tableadmin_server.operations.storage.store import Store, StoredLease
from tableadmin_server.supervision import Supervisor
from tableadmin_server.watching.hub import Hub
from tests.engines import Engine
from tests.engines.engine import REGION
from tests.operations.harness.plane import Plane, nothing
from tests.operations.harness.specs import before
from tests.planner.model.port import Asked, Given
from tests.planner.model.table import Data
from tests.watching.harness.wire import until

SKEW = timedelta(minutes=10)
COOLDOWN = COOLDOWNS[Cooldown.TAGS].total_seconds()


@pytest.fixture
def plane(own_engine: Engine) -> Iterator[Plane]:
    """A plane for servers in this process."""
    made = Plane(own_engine, 20.0)
    try:
        yield made
    finally:
        made.close()


class Machine:
    """A server of one operation in front of PLANE, whose clock is off by SKEW."""

    def __init__(self, plane: Plane, name: str, skew: timedelta) -> None:
        config = EndpointConfig(
            endpoint_url=plane.way_in(name).url, region=REGION, operations_table=plane.operations_table
        )
        self.name = name
        self.endpoint = Endpoint(name, config)
        self.endpoint.support.cooldowns = frozenset(Cooldown)  # as the plane has them
        self.store = Store(self.endpoint)
        self._hub = Hub(self.endpoint.background)
        self._skew = skew
        supervisor = Supervisor()
        self._heartbeat = Heartbeat(self.store, name, 15.0, lambda _: None, lambda _: None, supervisor)

    async def run(self, operation: Operation, stored: StoredLease) -> Run:
        """OPERATION, which is CLAIM, about to be carried out."""
        lease = Lease(self.store, stored, self._heartbeat, await self._heartbeat.begin())
        return Run(operation, lease, self.endpoint, self._hub, self.name, lambda: None, self._time)

    def close(self) -> None:
        """Give no more signs of life, and close connections."""
        self._heartbeat.end()
        self.endpoint.close()

    def _time(self) -> datetime:
        return datetime.now(UTC) + self._skew


def retagged(name: str) -> Data:
    """The table NAME with one tag instead of another: two calls with a cooldown."""
    return {**before(name), "Tags": [{"Key": "cost", "Value": "low"}]}


@pytest.mark.parametrize(("first", "second"), [(SKEW, -SKEW), (-SKEW, SKEW)], ids=["ahead", "behind"])
async def test_skew(plane: Plane, table_name: str, first: timedelta, second: timedelta) -> None:
    """An operation goes on at a server whose clock is 20 minutes off: no cool-down is skipped or repeated.

    The change that the other server made shows late, and is waited for all the same.
    """
    await asyncio.to_thread(plane.create, before(table_name))
    table_spec = retagged(table_name)
    spec = OperationSpec(
        operation_id="op",
        table_name=table_name,
        table_spec=table_spec,
        request_id="r",
        created=datetime.now(UTC),
    )
    operation = Operation(spec=spec, status=OperationStatus(state=State.RUNNING, updated=spec.created))
    with closing(Machine(plane, "first", first)) as one, closing(Machine(plane, "second", second)) as other:
        await one.store.ensure()
        entry = await one.store.add(operation, one.name)
        lease = entry.lease_of(one.name)
        assert lease is not None
        run = await one.run(operation, lease)
        carrying = asyncio.create_task(run.carry_out())
        await until(lambda: plane.changes(table_name))
        shows_late(plane)
        run.stop()
        await carrying
        left = await other.store.get("op")
        assert left is not None
        acquired = await other.store.acquire_lease(left, other.name)
        assert acquired is not None
        run = await other.run(left.operation, acquired)
        carrying = asyncio.create_task(run.carry_out())
        await asyncio.sleep(0.7)
        plane.instead = nothing
        await asyncio.wait_for(carrying, 60)
    assert (State.SUCCEEDED, None) == (run.operation.status.state, run.operation.status.error)
    calls = plane.sent(table_name)
    assert ["first", "second"] == [each.through for each in calls]
    # Another clock would have it wait for minutes, or not at all.
    assert COOLDOWN <= calls[1].at - calls[0].at < SKEW.total_seconds() / 2
    assert [] == plane.model.refused


def shows_late(plane: Plane) -> None:
    """Show tags as they were before the change."""
    stale = json.dumps({"Tags": before("")["Tags"]}).encode()

    def instead(asked: Asked) -> Given | None:
        return Given(200, stale) if asked.operation == "ListTagsOfResource" else None

    plane.instead = instead
