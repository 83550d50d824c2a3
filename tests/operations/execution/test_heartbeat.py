"""Leases, which last as long as their server is heard."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution import heartbeat
from tableadmin_server.operations.execution.heartbeat import Heartbeat
from tableadmin_server.operations.execution.lease import Lease
from tableadmin_server.operations.storage.record import OperationStatus
from tableadmin_server.operations.storage.store import TABLE_GONE, Store, StoredLease
from tableadmin_server.supervision import Supervisor
from tests.watching.harness.skipping import run
from tests.watching.harness.wire import until

LEASE = 1.5
Test = Callable[[], Coroutine[Any, Any, None]]
UNREACHABLE = Failure(Code.UNAVAILABLE, "no", reason="ENDPOINT_UNREACHABLE")
GARBLED = Failure(Code.INVALID_ARGUMENT, "no", reason="VALIDATION_EXCEPTION")
GONE = Failure(Code.FAILED_PRECONDITION, "gone", reason=TABLE_GONE)


class Table:
    """Takes signs of life, or raises `failure`; `cancel_requests` is what the server is told to stop."""

    def __init__(self) -> None:
        self.signs = 0
        self.failure: Exception | None = None
        self.fails_once = False
        self.cancel_requests: frozenset[str] = frozenset()
        self.renewed = 0
        # Those who wait for `hold`, if it is set.
        self.hold: asyncio.Event | None = None
        self.stalled = 0

    async def heartbeat(self, server: str, told: Collection[str]) -> frozenset[str]:
        """The operations to stop, but for those told of."""
        assert "here" == server
        if self.hold is not None:
            self.stalled += 1
            await self.hold.wait()
        if self.failure is not None:
            failure, self.failure = self.failure, None if self.fails_once else self.failure
            raise failure
        self.signs += 1
        self.cancel_requests -= frozenset(told)
        return self.cancel_requests

    async def recreate_heartbeat(self, server: str) -> None:
        """Have an item again that can be updated."""
        assert "here" == server
        self.failure = None
        self.renewed += 1

    async def save(self, lease: StoredLease, status: OperationStatus) -> bool:
        """Nothing to stop."""
        del lease, status
        return False


class Heard:
    """A heartbeat at `table`; `cancelled` and `lost` are what it passed on."""

    def __init__(self, lease: float) -> None:
        self.table = Table()
        self.cancelled: list[str] = []
        self.lost: list[Failure] = []
        store = cast("Store", self.table)
        self.health: list[bool] = []
        supervisor = Supervisor(self.health.append)
        self.heartbeat = Heartbeat(store, "here", lease, self.cancelled.append, self.lost.append, supervisor)

    def lease(self, epoch: int) -> Lease:
        """The lease of an operation that was taken in TERM."""
        return Lease(cast("Store", self.table), StoredLease("op", 0, 0), self.heartbeat, epoch)


def jumping(test: Test) -> Callable[[], None]:
    """Run TEST on a clock that jumps: no machine is too busy for it."""

    def on_that_clock() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(heartbeat, "now", lambda: asyncio.get_running_loop().time())
            run(test())

    on_that_clock.__doc__ = test.__doc__
    return on_that_clock


@asynccontextmanager
async def heard(lease: float = LEASE) -> AsyncIterator[Heard]:
    """A heartbeat for leases of LEASE seconds that ends with the test."""
    made = Heard(lease)
    try:
        yield made
    finally:
        made.heartbeat.end()


@jumping
async def test_in_time() -> None:
    """What is held lasts through signs of life that come in time, without a write of its own."""
    async with heard() as here:
        lease = here.lease(await here.heartbeat.begin())
        for _ in range(20):
            assert lease.is_trusted()
            await asyncio.sleep(LEASE / 10)
        assert here.table.signs > 4


@jumping
async def test_one_for_all() -> None:
    """However many operations begin, one sign of life is enough."""
    async with heard() as here:
        terms = await asyncio.gather(*(here.heartbeat.begin() for _ in range(50)))
        assert ({1}, 1) == (set(terms), here.table.signs)


@jumping
async def test_gap() -> None:
    """After a gap nothing is trusted that was held before, although the signs go on, until it is saved."""
    async with heard() as here:
        lease = here.lease(await here.heartbeat.begin())
        here.table.failure = UNREACHABLE
        await asyncio.sleep(LEASE)
        assert not lease.is_trusted()
        here.table.failure, signs = None, here.table.signs
        await until(lambda: here.table.signs > signs)
        assert not lease.is_trusted()
        await lease.save(cast("OperationStatus", None))
        assert lease.is_trusted()


@jumping
async def test_frozen() -> None:
    """A process that was stopped trusts nothing when it wakes, before and after its next sign of life."""
    async with heard() as here:
        lease = here.lease(await here.heartbeat.begin())
        here.heartbeat._last -= LEASE  # as if the clock had gone on without it
        assert not lease.is_trusted()
        await asyncio.sleep(LEASE / 2)
        assert here.table.signs > 1
        assert not lease.is_trusted()


@jumping
async def test_passed_on() -> None:
    """What somebody wants stopped is passed on, once."""
    async with heard() as here:
        await here.heartbeat.begin()
        here.table.cancel_requests = frozenset({"op-1"})
        await until(lambda: not here.table.cancel_requests)
        assert ["op-1"] == here.cancelled


@jumping
async def test_gone() -> None:
    """When the table is deleted, who holds operations is told; the next begin is a new one."""
    async with heard() as here:
        await here.heartbeat.begin()
        here.table.failure = GONE
        await until(lambda: bool(here.lost))
        assert [GONE] == here.lost
        with pytest.raises(Failure):
            await here.heartbeat.begin()
        here.table.failure = None
        assert await here.heartbeat.begin() >= 1


@jumping
async def test_unreadable_answer() -> None:
    """An answer that can't be read ends no heartbeat: signs go on, and operations with them."""
    async with heard() as here:
        lease = here.lease(await here.heartbeat.begin())
        here.table.failure = KeyError("Attributes")
        await until(lambda: here.health == [False])
        assert not lease.is_trusted()
        here.table.failure, signs = None, here.table.signs
        await until(lambda: here.table.signs > signs + 1)
        await lease.save(cast("OperationStatus", None))
        assert lease.is_trusted()
        assert [False, True] == here.health


@jumping
async def test_one_unreadable_answer() -> None:
    """One answer that can't be read costs no term: the next sign comes in time."""
    async with heard(lease=5.0) as here:
        lease = here.lease(await here.heartbeat.begin())
        here.table.failure, here.table.fails_once = KeyError("Attributes"), True
        await until(lambda: here.table.signs > 1)
        assert lease.is_trusted()
        assert [] == here.health


@jumping
async def test_garbled() -> None:
    """An item that somebody has garbled is written anew, and the signs go on from it."""
    async with heard() as here:
        lease = here.lease(await here.heartbeat.begin())
        here.table.failure = GARBLED
        await until(lambda: here.table.renewed == 1)
        signs = here.table.signs
        await until(lambda: here.table.signs > signs)
        assert lease.is_trusted()
        assert [] == here.health


@jumping
async def test_ended_meanwhile() -> None:
    """A heartbeat that ends while a sign is being given gives no more, and can begin again."""
    async with heard() as here:
        await here.heartbeat.begin()
        given = asyncio.Event()
        here.table.hold = given
        await until(lambda: here.table.stalled > 0)
        here.heartbeat.end()
        given.set()
        signs = here.table.signs
        await asyncio.sleep(LEASE)
        assert signs == here.table.signs
        assert 2 == await here.heartbeat.begin()
        assert signs + 1 == here.table.signs
