"""The simulation of many servers beside a small fleet that runs, and the page that it writes."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.simulation.calibration import MEASURED, Calibration
from bench.simulation.model import Fleet, cost
from bench.simulation.pace import Pace
from bench.simulation.page import written
from tableadmin.v1 import WatchRequest
from tableadmin_server.polling import poller
from tableadmin_server.polling.poller import Poller
from tableadmin_server.watching import watched_table
from tests.engines import Engine
from tests.operations.membership.running import Running, create, running, with_own_table
from tests.watching.harness.wire import complete, connected, each_event, reading, until

FLEET = Fleet(servers=2, tables=50, watchers=20)
# The server's own intervals would take minutes: the others are a tenth of them.
PACE = replace(Pace(), poll_interval=1.5, parts_interval=0.5, beat_interval=2.0, operation_rates={})
# Seconds that are measured at once, and how often at most: other programs can keep the servers from running.
SECONDS, TRIALS = 10.0, 10
TOLERANCE = 0.3


@pytest.fixture
def _pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers have the intervals of PACE."""
    monkeypatch.setattr(Poller, "longest_interval", PACE.poll_interval)
    monkeypatch.setattr(poller, "SHORTEST_INTERVAL", PACE.poll_interval)
    monkeypatch.setattr(watched_table, "PARTS_INTERVAL", PACE.parts_interval)


@asynccontextmanager
async def fleet(engine: Engine, name: str) -> AsyncIterator[Sequence[Running]]:
    """FLEET, which runs, with a number of watchers that is the same for each server."""
    own_table = await with_own_table(engine, f"{name}-operations")
    tables = [f"{name}-{number}" for number in range(FLEET.tables)]
    for each in tables:
        create(engine, each)
    chance = random.Random(1)
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(running(engine, own_table, PACE.beat_interval))
            for _ in range(FLEET.servers)
        ]
        streams = []
        for server in servers:
            stub = await stack.enter_async_context(connected(server.server.address))
            for _ in range(FLEET.watchers // FLEET.servers):
                call = stub.Watch(WatchRequest(table_names=[chance.choice(tables)]))
                streams.append(await stack.enter_async_context(reading(each_event(call))))
        await until(lambda: all(complete(each) for each in streams))
        await until(lambda: all(each.says_that_it_watches and 2 == each.live_servers for each in servers))
        yield servers


async def measured(servers: Sequence[Running]) -> tuple[dict[str, float], float]:
    """Calls a second by operation, and the seconds of a call."""
    for each in servers:
        each.calls.clear()
        each.seconds.clear()
    began = time.monotonic()
    await asyncio.sleep(SECONDS)
    elapsed = time.monotonic() - began
    calls: Counter[str] = sum((each.calls for each in servers), Counter())
    seconds = sum(sum(each.seconds.values()) for each in servers)
    return {operation: count / elapsed for operation, count in calls.items()}, seconds / calls.total()


@pytest.mark.usefixtures("_pace")
async def test_small_fleet(start_engine: Callable[[str], Engine], table_name: str) -> None:
    """Two servers with 20 watchers of 50 tables make the calls that the simulation says, within 30 %."""
    async with fleet(start_engine("ministack"), table_name) as servers:
        for _ in range(TRIALS):
            rates, latency = await measured(servers)
            said = cost(FLEET, PACE, Calibration(latency, 0.0, 0.0, 0.0)).calls
            ratios = {operation: rates.get(operation, 0.0) / rate for operation, rate in said.items() if rate}
            if all(abs(ratio - 1) <= TOLERANCE for ratio in ratios.values()):
                return
    pytest.fail(f"measured / simulated: {ratios}, with {latency:.3f} s a call")


def test_page() -> None:
    """docs/operate/scale.md has the figures that the simulation says by the server's constants of today."""
    page = Path("docs/operate/scale.md").read_text(encoding="utf-8")
    assert written(page) == page, "run `make simulate`"


def test_memory_grows_with_watchers_and_tables() -> None:
    """A watcher more costs a server its share of what was measured."""
    few, many = (cost(Fleet(1, 1, watchers), Pace(), MEASURED).memory_mb for watchers in (1, 1025))
    assert MEASURED.watcher_kb == pytest.approx(many - few)
