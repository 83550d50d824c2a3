"""The failure detector: which operations a server may take over."""

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.operations.execution.failure_detector import FailureDetector
from tableadmin_server.operations.storage.record import Operation, OperationSpec, OperationStatus, State
from tableadmin_server.operations.storage.store import Store
from tests.engines import Engine
from tests.engines.engine import REGION

LEASE = 15.0
SKEW = timedelta(minutes=10)


@dataclass
class Searches:
    """The searches of a server for operations in STORE, whose clock shows NOW seconds."""

    store: Store
    now: float = 0.0

    def __post_init__(self) -> None:
        self._detector = FailureDetector(self.store, "this", LEASE, lambda: self.now)

    async def after(self, seconds: float) -> list[str]:
        """The ids that are found SECONDS after the last search."""
        self.now += seconds
        return [each.operation.spec.operation_id for each in await self._detector.orphans(lambda _: False)]


@pytest.fixture
async def searches(own_engine: Engine, table_name: str) -> AsyncIterator[Searches]:
    """Searches in an operations table of this test's own."""
    config = EndpointConfig(endpoint_url=own_engine.url, region=REGION, operations_table=table_name)
    with closing(Endpoint("test", config)) as endpoint:
        store = Store(endpoint)
        await store.ensure()
        yield Searches(store)


@pytest.mark.parametrize("skew", [-SKEW, timedelta(0), SKEW], ids=["behind", "equal", "ahead"])
async def test_a_lease_holder_with_another_clock(searches: Searches, skew: timedelta) -> None:
    """A lease holder keeps its operation as long as its heartbeat changes, whatever its clock shows.

    One lease after the last heartbeat that another server saw, that server may take over.
    """
    began = datetime.now(UTC) + skew
    spec = OperationSpec(operation_id="op", table_name="Music", table_spec={}, request_id="r", created=began)
    status = OperationStatus(state=State.RUNNING, updated=began, server="other")
    await searches.store.add(Operation(spec=spec, status=status), "other")
    for _ in range(4):
        await searches.store.heartbeat("other", ())
        assert [] == await searches.after(LEASE - 1)
    assert [] == await searches.after(LEASE - 1)
    assert ["op"] == await searches.after(2)


async def test_an_operation_that_cannot_be_read(
    searches: Searches, own_engine: Engine, table_name: str
) -> None:
    """A server takes over an operation although the record of another one cannot be read."""
    began = datetime.now(UTC)
    for name, table in (("bad", "Art"), ("op", "Music")):
        spec = OperationSpec(
            operation_id=name, table_name=table, table_spec={}, request_id="r", created=began
        )
        status = OperationStatus(state=State.RUNNING, updated=began, server="other")
        await searches.store.add(Operation(spec=spec, status=status), "other")
    with closing(own_engine.boto3()) as client:
        client.update_item(
            TableName=table_name,
            Key={"Id": {"S": "operation/bad"}},
            UpdateExpression="SET #Status = :value",
            ExpressionAttributeNames={"#Status": "Status"},
            ExpressionAttributeValues={":value": {"S": "?"}},
        )
    assert [] == await searches.after(0)
    assert ["op"] == await searches.after(LEASE + 1)
