"""Callers and watchers of three servers that are restarted one after the other."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from tableadmin import Client, aio
from tableadmin.v1 import (
    AttributeDefinition,
    BillingMode,
    KeySchemaElement,
    KeyType,
    ProvisionedThroughput,
    ScalarAttributeType,
    TableSpec,
    Tag,
)
from tests.client.callers import TIMEOUT, Callers
from tests.engines import Engine
from tests.engines.engine import REGION
from tests.server.conftest import wait_for
from tests.server_process import ServerProcess, running_server

REPLICAS = 3
WATCHERS = 200
# Seconds between the calls of a caller: engine and servers have two cores with all else.
PAUSE = 1.0
TAG = Tag(key="team", value="music")


class Watchers:
    """Watchers of TABLE; `seen` has the read capacities that each was shown, `failed` what ended a watch."""

    def __init__(self, table: str) -> None:
        self.seen: dict[int, list[int]] = {number: [] for number in range(WATCHERS)}
        self.failed: list[Exception] = []
        self._table = table
        self._stopping = threading.Event()

    async def watch(self, client: aio.Client, number: int) -> None:
        """Note each capacity that the watcher NUMBER is shown and that differs from the one before."""
        try:
            async for event in client.watch(table_names=[self._table]):
                shown = event.table.state.table.provisioned_throughput.read_capacity_units
                if event.HasField("table") and self.seen[number][-1:] != [shown]:
                    self.seen[number].append(shown)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            self.failed.append(error)

    async def all(self, client: aio.Client) -> None:
        """Watch by CLIENT until all are stopped."""
        watching = [asyncio.create_task(self.watch(client, number)) for number in range(WATCHERS)]
        await asyncio.to_thread(self._stopping.wait)
        for each in watching:
            each.cancel()
        await asyncio.gather(*watching, return_exceptions=True)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """All of them watch until the end of the block, once `all` has begun."""
        try:
            yield
        finally:
            self._stopping.set()

    def wait_for(self, shown: int) -> None:
        """Return when each watcher was shown the capacity SHOWN."""
        wait_for(lambda: all(seen[-1:] == [shown] for seen in self.seen.values()))


@pytest.fixture
def engine(start_engine: Callable[[str], Engine]) -> Engine:
    """What holds the table."""
    return start_engine("ministack")


def server_of(
    engine: Engine, own_table: str, listen: str = "127.0.0.1:0"
) -> AbstractContextManager[ServerProcess]:
    """One of the servers, in front of ENGINE."""
    flags = ("--endpoint-url", engine.url, "--region", REGION, "--operations-table", own_table)
    return running_server(*flags, "--grace-period", "5", listen=listen)


def spec(table: str, units: int) -> TableSpec:
    """TABLE with so many UNITS of read capacity."""
    return TableSpec(
        table_name=table,
        attribute_definitions=[
            AttributeDefinition(
                attribute_name="Id", attribute_type=ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
            )
        ],
        key_schema=[KeySchemaElement(attribute_name="Id", key_type=KeyType.KEY_TYPE_HASH)],
        billing_mode=BillingMode.BILLING_MODE_PROVISIONED,
        provisioned_throughput=ProvisionedThroughput(read_capacity_units=units, write_capacity_units=1),
        tags=[TAG],
    )


def test_restarted_one_after_the_other(engine: Engine, table_name: str) -> None:
    """Three servers are restarted one after the other under 64 callers and 200 watchers.

    No read fails, a write that fails is Unavailable, no watch ends, and each watcher is shown each change,
    though a change is made while a server is away.
    """
    with ExitStack() as running:
        servers = [running.enter_context(server_of(engine, f"{table_name}-own")) for _ in range(REPLICAS)]
        target = f"ipv4:{','.join(each.address for each in servers)}"
        client = running.enter_context(Client(target, timeout=TIMEOUT))
        client.apply([spec(table_name, 1)]).result(TIMEOUT)
        arn = client.describe_table(table_name=table_name).table.table_arn
        read = ("describe_table", {"table_name": table_name})
        write = ("tag_resource", {"resource_arn": arn, "tags": [TAG]})
        watchers = Watchers(table_name)
        callers = Callers(target, read, write, PAUSE, [watchers.all])
        with callers.at_work(), watchers.at_work():
            watchers.wait_for(1)
            for units, server in enumerate(servers, 2):
                callers.wait_for_answers(8)
                assert 0 == server.terminate()
                client.apply([spec(table_name, units)]).result(TIMEOUT)
                running.enter_context(server_of(engine, f"{table_name}-own", server.address))
                watchers.wait_for(units)
        assert not watchers.failed
        assert {tuple(range(1, REPLICAS + 2))} == {tuple(seen) for seen in watchers.seen.values()}
    assert {"OK"} == {end for kind, end in callers.ends if kind == "read"}, callers.ends
    assert {end for kind, end in callers.ends if kind == "write"} <= {"OK", "Unavailable"}, callers.ends
