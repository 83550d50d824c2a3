"""How identical reads share calls: unit facts, and the proof that no answer is older than its question."""

import asyncio
import gc
import random
import time
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
import pytest

from tableadmin.v1 import (
    AttributeDefinition,
    CreateTableRequest,
    DeleteTableRequest,
    DescribeTableRequest,
    KeySchemaElement,
    KeyType,
    ProvisionedThroughput,
    ScalarAttributeType,
    UpdateTableRequest,
)
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tableadmin_server.dynamodb.singleflight import Singleflight
from tests.engines import Engine
from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from tableadmin.v1.table_admin_pb2_grpc import TableAdminAsyncStub

READERS = 64
ROUNDS = 2000


class Calls:
    """Calls that last until they are told to end, and how often one was made and cancelled."""

    def __init__(self) -> None:
        self.shared: Singleflight[int] = Singleflight()
        self.made = 0
        self.cancelled = 0
        self.error: Exception | None = None
        self._end = asyncio.Event()
        self._began = asyncio.Event()

    def read(self) -> asyncio.Task[int]:
        """A reader of the one thing there is."""
        return asyncio.create_task(self.shared.share("key", self._call))

    def end(self) -> None:
        """End the call that is under way."""
        self._end.set()

    async def begun(self, number: int) -> None:
        """Wait until call NUMBER is under way."""
        async with asyncio.timeout(60):
            while self.made < number:
                self._began.clear()
                await self._began.wait()

    async def _call(self, _deadline: float) -> int:
        self.made += 1
        self._began.set()
        number = self.made
        self._end.clear()
        try:
            await self._end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return number


@pytest.fixture
async def calls() -> Calls:
    """Calls of the test's own."""
    return Calls()


async def pass_by(turns: int = 5) -> None:
    """Let everything run that can."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def test_any_number_of_readers_costs_two_calls(calls: Calls) -> None:
    """A hundred readers at once cost two calls: the first reader's own, and one for all others."""
    readers = [calls.read() for _ in range(100)]
    await pass_by()
    calls.end()
    await calls.begun(2)  # a crowd gathers a little before its call
    calls.end()
    assert [1, *[2] * 99] == await asyncio.gather(*readers)
    assert 2 == calls.made


async def test_no_reader_gets_a_call_that_began_before_it_arrived(calls: Calls) -> None:
    """A reader that arrives while a call is under way gets the answer of the next."""
    first = calls.read()
    await pass_by()
    late = calls.read()
    await pass_by()
    calls.end()
    assert 1 == await first
    assert not late.done()
    await pass_by()
    later = calls.read()
    await pass_by()
    calls.end()
    assert 2 == await late
    await pass_by()
    calls.end()
    assert 3 == await later


async def test_reader_that_arrives_as_a_call_ends(calls: Calls) -> None:
    """A reader that arrives in the instant in which a call ends gets another."""
    first = calls.read()
    await pass_by()
    first.add_done_callback(lambda _: late.append(calls.read()))
    late: list[asyncio.Task[int]] = []
    calls.end()
    assert 1 == await first
    await pass_by()
    calls.end()
    assert 2 == await late[0]


async def test_other_keys_are_other_calls(calls: Calls) -> None:
    """Reads of different things wait for nothing of each other's."""

    async def seven(_deadline: float) -> int:
        return 7

    slow = calls.read()
    await pass_by()
    assert 7 == await calls.shared.share("other", seven)
    calls.end()
    assert 1 == await slow


async def test_errors_are_shared(calls: Calls) -> None:
    """An error is the answer of all who wait for the call, and of no later reader."""
    calls.error = ValueError("no")
    readers = [calls.read() for _ in range(3)]
    await pass_by()
    calls.end()
    await pass_by()
    calls.end()
    assert [calls.error] * 3 == await asyncio.gather(*readers, return_exceptions=True)
    calls.error = None
    late = calls.read()
    await pass_by()
    calls.end()
    assert 3 == await late


async def test_who_leaves_cancels_nobody_else(calls: Calls) -> None:
    """Of those who share a call any but the last may leave: the others are answered."""
    readers = [calls.read() for _ in range(4)]
    await pass_by()
    readers[1].cancel()
    readers[2].cancel()
    calls.end()
    await pass_by()
    calls.end()
    assert 1 == await readers[0]
    assert 2 == await readers[3]
    assert 0 == calls.cancelled


async def test_who_leaves_a_call_under_way(calls: Calls) -> None:
    """Of those who share a call that is under way any but the last may leave: the last is answered."""
    first = calls.read()
    await pass_by()
    readers = [calls.read() for _ in range(3)]
    await pass_by()
    calls.end()
    assert 1 == await first
    await calls.begun(2)
    readers[0].cancel()
    readers[1].cancel()
    await pass_by()
    calls.end()
    async with asyncio.timeout(60):
        assert 2 == await readers[2]
    assert 0 == calls.cancelled


async def test_call_that_all_have_left_is_dropped(calls: Calls) -> None:
    """When all have left, the call under way is dropped and the one they waited for is not made."""
    readers = [calls.read() for _ in range(10)]
    await pass_by()
    for reader in readers:
        reader.cancel()
    await pass_by()
    assert all(reader.cancelled() for reader in readers)
    assert (1, 1) == (calls.made, calls.cancelled)


async def test_reader_after_all_have_left(calls: Calls) -> None:
    """Whoever comes when all have left, be it in the same instant, is answered."""
    for reader in [calls.read() for _ in range(3)]:
        reader.cancel()
    gone = [calls.read() for _ in range(3)]
    await pass_by(1)
    for reader in gone:
        reader.cancel()
    late = calls.read()
    await pass_by()
    calls.end()
    assert calls.made == await asyncio.wait_for(late, 60)


async def test_call_that_is_cancelled_from_below(calls: Calls) -> None:
    """A call that ends cancelled, as when its thread pool closes, leaves nobody waiting."""

    async def cancelled(_deadline: float) -> int:
        raise asyncio.CancelledError

    readers = [asyncio.create_task(calls.shared.share("key", cancelled)) for _ in range(3)]
    await asyncio.wait(readers, timeout=60)
    assert all(reader.cancelled() for reader in readers)


@pytest.mark.parametrize("ending", ["answered", "failed", "left"])
async def test_nothing_is_kept(ending: str) -> None:
    """When nobody waits any more, neither calls nor answers are kept, however it ended."""

    class Answer:
        pass

    answers: list[weakref.ref[Answer]] = []
    shared: Singleflight[Answer] = Singleflight()

    async def call(_deadline: float) -> Answer:
        answer = Answer()
        answers.append(weakref.ref(answer))
        await asyncio.sleep(0.01)
        if ending == "failed":
            raise ValueError
        return answer

    readers = [asyncio.create_task(shared.share("key", call)) for _ in range(5)]
    await pass_by()
    if ending == "left":
        for reader in readers:
            reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    readers.clear()
    await pass_by()
    gc.collect()
    assert {} == shared._queues
    assert [None] * len(answers) == [answer() for answer in answers]
    assert {asyncio.current_task()} == asyncio.all_tasks()


@pytest.fixture
def at_once(start_engine: Callable[[str], Engine]) -> Engine:
    """An engine that applies a change of throughput at once and however often."""
    return start_engine("ministack")


@asynccontextmanager
async def table(stub: "TableAdminAsyncStub", name: str) -> AsyncIterator[None]:
    """The table NAME, with one read capacity unit."""
    await stub.CreateTable(
        CreateTableRequest(
            table_name=name,
            attribute_definitions=[
                AttributeDefinition(
                    attribute_name="id", attribute_type=ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
                )
            ],
            key_schema=[KeySchemaElement(attribute_name="id", key_type=KeyType.KEY_TYPE_HASH)],
            provisioned_throughput=capacity(1),
        )
    )
    yield
    await stub.DeleteTable(DeleteTableRequest(table_name=name))


def capacity(reads: int) -> ProvisionedThroughput:
    """So many read capacity units."""
    return ProvisionedThroughput(read_capacity_units=reads, write_capacity_units=1)


async def test_no_answer_is_older_than_its_question(
    at_once: Engine, start_server: Callable[[Engine], ServerProcess], table_name: str
) -> None:
    """Of 64 readers none that begins after a write was acknowledged sees the state before it, 2,000 times."""
    written = Written()
    async with grpc.aio.insecure_channel(start_server(at_once).address) as channel:
        stub = TableAdminStub(channel)
        async with table(stub, table_name):
            readers = [
                asyncio.create_task(written.read(stub, table_name, written.due[number], late=number % 2 == 0))
                for number in range(READERS)
            ]
            for units in range(2, ROUNDS + 2):
                began = time.monotonic()
                await stub.UpdateTable(
                    UpdateTableRequest(table_name=table_name, provisioned_throughput=capacity(units))
                )
                written.took = time.monotonic() - began
                written.acknowledge(units)
            written.finish()
            await asyncio.gather(*readers)
    assert [] == written.stale
    assert written.reads > ROUNDS


class Written:
    """What the writer was acknowledged last, and what readers saw that was older than it should be."""

    def __init__(self) -> None:
        self.acknowledged = 1
        # Seconds that the last write took.
        self.took = 0.0
        self.finished = False
        self.reads = 0
        self.stale: list[tuple[int, int]] = []
        self.due = [asyncio.Event() for _ in range(READERS)]

    def acknowledge(self, units: int) -> None:
        """UNITS are written; the first reader reads after each write, the second after every second one."""
        self.acknowledged = units
        for number, due in enumerate(self.due, 1):
            if units % number == 0:
                due.set()

    def finish(self) -> None:
        """Nothing more is written."""
        self.finished = True
        for due in self.due:
            due.set()

    async def read(self, stub: "TableAdminAsyncStub", name: str, due: asyncio.Event, *, late: bool) -> None:
        """Read the table whenever it is DUE: at once, or LATE during the next write."""
        while not self.finished:
            due.clear()
            expected = self.acknowledged
            answer = await stub.DescribeTable(DescribeTableRequest(table_name=name))
            seen = answer.table.provisioned_throughput.read_capacity_units
            self.reads += 1
            if seen < expected:
                self.stale.append((expected, seen))
            await due.wait()
            # The next write ends during some reads, and others begin just then.
            await asyncio.sleep(late * random.uniform(0.5, 1) * self.took)
