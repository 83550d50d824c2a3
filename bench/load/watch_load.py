"""Many watchers of one table, and changes of the table for them to see."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from bench.load.channels import ClientFiles, channel
from bench.load.memory import memory
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tableadmin.v1.table_pb2 import UpdateTableRequest
from tableadmin.v1.throughput_pb2 import ProvisionedThroughput
from tableadmin.v1.watch_pb2 import WatchRequest, WatchResponse
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub
from tests.engines.engine import Engine

if TYPE_CHECKING:  # they are in the stubs only
    from tableadmin.v1.table_admin_pb2_grpc import TableAdminAsyncStub
    from tableadmin.v1.watch_service_pb2_grpc import WatchServiceAsyncStub

# Where servers bound the streams of a connection, this is the usual bound.
_STREAMS_A_CONNECTION = 100
# Seconds within which all watchers must have seen a change.
_PATIENCE = 60.0
# Each connection to itself: channels to one address share one otherwise.
_OPTIONS = (("grpc.use_local_subchannel_pool", 1),)


@dataclass(frozen=True)
class Change:
    """A change of the table: when it was asked for, and when the last watcher saw it."""

    made: float
    seen: float


@dataclass(frozen=True)
class Watched:
    """What watchers saw; moments are on the clock of `time.perf_counter`, which all processes share.

    From `opened` on they came, and at `joined` each had its snapshot. From the beginning of `rest` to its
    end nothing changed. `memory` is the server's in bytes at the end of it.
    """

    opened: float
    joined: float
    rest: tuple[float, float]
    changes: Sequence[Change]
    memory: int
    errors: Sequence[str]


@dataclass(frozen=True)
class WatchLoad:
    """Watchers at ADDRESS, which the process PID serves, of a table of ENGINE; with FILES by mutual TLS."""

    address: str
    pid: int
    engine: Engine
    table: str
    files: ClientFiles | None = None

    def __call__(self, watchers: int, rest: float, changes: int) -> Watched:
        """Join; see a change made through the service; rest so many seconds; see CHANGES made at the engine.

        The change through the service is polled at once: it makes the poll loop as fast as it can be,
        however long the joining took.
        """
        return asyncio.run(_run(self, watchers, rest, changes))


async def _run(load: WatchLoad, watchers: int, rest: float, changes: int) -> Watched:
    table = load.engine.boto3().describe_table(TableName=load.table)["Table"]
    capacity = table["ProvisionedThroughput"]["ReadCapacityUnits"]
    opened = time.perf_counter()
    async with _watching(load, watchers) as crowd:
        joined = await crowd.all_see(capacity)
        resting = await crowd.change_through_service(capacity + 1)
        await asyncio.sleep(rest)
        rested = time.perf_counter()
        used = memory(load.pid)
        made = [await crowd.change(capacity + 2 + number) for number in range(changes)]
    return Watched(opened, joined, (resting.seen, rested), made, used, crowd.errors)


@asynccontextmanager
async def _watching(load: WatchLoad, watchers: int) -> AsyncIterator["_Crowd"]:
    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(channel(load.address, load.files, _OPTIONS))
            for _ in range(-(-watchers // _STREAMS_A_CONNECTION))
        ]
        crowd = _Crowd(load, watchers, channels[0])
        tasks = [
            asyncio.create_task(crowd.watch(WatchServiceStub(channels[number % len(channels)])))
            for number in range(watchers)
        ]
        yield crowd
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Crowd:
    """The watchers, and how many of them have seen the table with which read capacity."""

    def __init__(self, load: WatchLoad, watchers: int, channel: grpc.aio.Channel) -> None:
        self._table = load.table
        self._boto3 = load.engine.boto3()
        self._service: TableAdminAsyncStub = TableAdminStub(channel)
        self._watchers = watchers
        self._seen: Counter[int] = Counter()
        self._news = asyncio.Event()
        self.errors: list[str] = []

    async def watch(self, stub: "WatchServiceAsyncStub") -> None:
        try:
            async for response in stub.Watch(WatchRequest(table_names=[self._table])):
                self._saw(response)
            self._failed("a stream ended")
        except grpc.aio.AioRpcError as error:
            self._failed(f"{error.code().name}: {error.details()}")

    async def change(self, capacity: int) -> Change:
        made = time.perf_counter()
        await asyncio.to_thread(
            self._boto3.update_table,
            TableName=self._table,
            ProvisionedThroughput={"ReadCapacityUnits": capacity, "WriteCapacityUnits": 10},
        )
        return Change(made, await self.all_see(capacity))

    async def change_through_service(self, capacity: int) -> Change:
        made = time.perf_counter()
        throughput = ProvisionedThroughput(read_capacity_units=capacity, write_capacity_units=10)
        await self._service.UpdateTable(
            UpdateTableRequest(table_name=self._table, provisioned_throughput=throughput)
        )
        return Change(made, await self.all_see(capacity))

    async def all_see(self, capacity: int) -> float:
        """The moment at which all watchers that have not failed have seen the table with this CAPACITY."""
        async with asyncio.timeout(_PATIENCE):
            while self._seen[capacity] + len(self.errors) < self._watchers:
                self._news.clear()
                await self._news.wait()
        return time.perf_counter()

    def _saw(self, response: WatchResponse) -> None:
        for event in response.events:
            if event.HasField("table"):
                self._seen[event.table.state.table.provisioned_throughput.read_capacity_units] += 1
                self._news.set()

    def _failed(self, why: str) -> None:
        self.errors.append(why)
        self._news.set()
