"""Measures the memory of a server, of a watcher and of a watched table."""

import asyncio
from contextlib import AsyncExitStack

from bench.load.memory import memory
from bench.load.tables import NAMES, create_tables
from bench.simulation.calibration import MEASURED, Calibration
from tableadmin.v1 import WatchRequest
from tests.engines import ENGINES
from tests.engines.engine import REGION
from tests.server_process import ServerProcess, running_server
from tests.watching.harness.wire import complete, connected, each_event, reading, until

_KB, _MB = 1024, 1024 * 1024
_WATCHERS = 3000
_STREAMS_A_CONNECTION = 100


def measured() -> Calibration:
    """The memory of a server at rest; of watchers of one table; of tables with one watcher each."""
    with ENGINES["ministack"]() as engine:
        create_tables(engine)
        flags = ("--endpoint-url", engine.url, "--region", REGION, "--operations-table", "")
        with running_server(*flags, fresh=True) as server:
            rest = memory(server.process.pid)
            many = asyncio.run(_watched(server, NAMES[:1], _WATCHERS))
        with running_server(*flags, fresh=True) as server:
            each = asyncio.run(_watched(server, NAMES, len(NAMES)))
    watcher = (many - rest) / _WATCHERS
    table = max(0.0, (each - rest) / len(NAMES) - watcher)
    return Calibration(MEASURED.latency, round(rest / _MB), round(watcher / _KB, 1), round(table / _KB, 1))


async def _watched(server: ServerProcess, names: list[str], watchers: int) -> int:
    """The bytes of the server with WATCHERS, who watch the tables NAMES in turn."""
    async with AsyncExitStack() as stack:
        streams = []
        for number in range(watchers):
            if number % _STREAMS_A_CONNECTION == 0:
                stub = await stack.enter_async_context(connected(server.address))
            call = stub.Watch(WatchRequest(table_names=[names[number % len(names)]]))
            streams.append(await stack.enter_async_context(reading(each_event(call))))
        await until(lambda: all(complete(stream) for stream in streams), 120)
        return memory(server.process.pid)
