"""What a soak runs on: an engine, two servers that reach it by proxies, and clients of both."""

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from soak import tables
from soak.configuration import OPERATIONS_TABLE, Configuration
from soak.engine import DurableEngine
from soak.faults import Faults
from soak.journal import Journal
from soak.ledger import Ledger, Shape, described
from soak.load.callers import TIMEOUT, Callers
from soak.load.reading import STATIC
from soak.proxy import Proxy
from soak.replica import Replica
from tests.engines.process import free_port

_REPLICAS = ("A", "B")
_CAPACITY = 3


@dataclass(frozen=True)
class Setting:
    """Everything that runs."""

    engine: DurableEngine
    replicas: list[Replica]
    faults: Faults
    callers: Callers

    def tables(self) -> dict[str, Shape]:
        """The tables that the engine has now, without the table of the service."""
        client = self.engine.engine.boto3()
        pages = client.get_paginator("list_tables").paginate()
        names = [name for page in pages for name in page["TableNames"] if name != OPERATIONS_TABLE]
        shapes = {name: described(client.describe_table(TableName=name)["Table"]) for name in names}
        return {name: shape for name, shape in shapes.items() if shape is not None}


@asynccontextmanager
async def running(seed: int, logs: Path) -> AsyncIterator[Setting]:
    """All of it, from its start to its end; the replicas have a client of each principal.

    What servers log goes to the folder LOGS.
    """
    rng = random.Random(seed)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tableadmin-soak-")))
        (folder / "engine").mkdir()
        engine = DurableEngine(folder / "engine")
        stack.callback(engine.kill)
        await asyncio.to_thread(engine.start)
        ledger = Ledger()
        await asyncio.to_thread(_make_tables, engine, ledger)
        configuration = Configuration(folder)
        replicas = [await _replica(name, engine, ledger, configuration, rng, logs) for name in _REPLICAS]
        for each in replicas:
            stack.push_async_callback(each.proxy.close)
            stack.callback(each.close)
        await asyncio.gather(*(asyncio.to_thread(each.start) for each in replicas))
        clients = configuration.clients([each.address for each in replicas], TIMEOUT)
        callers = Callers(clients, Journal(), ledger, rng, asyncio.Event(), engine.engine)
        yield Setting(engine, replicas, Faults(engine, replicas, configuration, rng), callers)


async def _replica(
    name: str,
    engine: DurableEngine,
    ledger: Ledger,
    configuration: Configuration,
    rng: random.Random,
    logs: Path,
) -> Replica:
    proxy = Proxy(name, engine.port, ledger, OPERATIONS_TABLE, rng)
    await proxy.open()
    address = f"127.0.0.1:{free_port()}"
    return Replica(name, address, configuration.write(name, address, proxy.port), proxy, logs)


def _make_tables(engine: DurableEngine, ledger: Ledger) -> None:
    """Make the tables that nobody changes."""
    client = engine.engine.boto3()
    for number, name in enumerate(STATIC):
        spec = tables.spec(name, _CAPACITY + number, f"index-{number}")
        ledger.ended(ledger.came("CreateTable", spec), accepted=True)
        client.create_table(**spec)
