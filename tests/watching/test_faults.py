"""What breaks under watchers and waits: engines, clients, the server itself."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import grpc
import pytest

from tableadmin.v1 import (
    TableDescription,
    TableStatus,
    UpdateTableRequest,
    WaitCondition,
    WaitRequest,
    WatchEvent,
    WatchRequest,
)
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tableadmin_server.config import EndpointConfig, ServerConfig
from tableadmin_server.server import Server
from tableadmin_server.watching.hub import Hub
from tests.engines import ENGINES
from tests.measuring import async_first_that, is_cpu_time_less
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, Seen, Step, error, page, serving
from tests.server_process import ServerProcess, running_server
from tests.watching.harness.account import active
from tests.watching.harness.relay import relaying
from tests.watching.harness.wire import (
    Stream,
    channel,
    complete,
    connected,
    each_event,
    events,
    outcome,
    reading,
    until,
)
from tests.watching.test_on_engines import create

ACTIVE = WaitCondition.WAIT_CONDITION_TABLE_ACTIVE
DELETED = WaitCondition.WAIT_CONDITION_TABLE_DELETED


class Music:
    """A step that answers as an endpoint with one table; a test may change both."""

    def __init__(self) -> None:
        self.table = active("Music", DeletionProtectionEnabled=False)
        # What answers instead, if anything does.
        self.instead: Step | None = None
        self.delay = 0.0
        self._lock = threading.Lock()

    def __call__(self, seen: Seen) -> Answer:
        """Answer reads with what there is, and take a change of the deletion protection."""
        time.sleep(self.delay)
        if self.instead is not None:
            return self.instead(seen)
        if seen.operation == "UpdateTable":
            self.protect(enabled=json.loads(seen.body)["DeletionProtectionEnabled"])
        with self._lock:
            answers = {
                "ListTables": {"TableNames": ["Music"]},
                "DescribeTable": {"Table": self.table},
                "UpdateTable": {"TableDescription": self.table},
                "DescribeTimeToLive": {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}},
                "DescribeContinuousBackups": {
                    "ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED"}
                },
                "ListTagsOfResource": {"Tags": []},
            }
            return Answer(body=json.dumps(answers[seen.operation]).encode())

    def protect(self, *, enabled: bool) -> None:
        """Change the table."""
        with self._lock:
            self.table = {**self.table, "DeletionProtectionEnabled": enabled}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ScriptedEndpoint]:
    """The endpoint that answers what `music` says."""
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def music(endpoint: ScriptedEndpoint) -> Music:
    """What the endpoint answers in this test."""
    endpoint.step = music = Music()
    return music


@pytest.fixture(scope="module")
def server(endpoint: ScriptedEndpoint) -> Iterator[ServerProcess]:
    """A server in front of it."""
    with in_front_of(endpoint.url) as server:
        yield server


@contextmanager
def in_front_of(url: str, *flags: str) -> Iterator[ServerProcess]:
    """A server in front of the endpoint at URL."""
    with running_server(
        *("--endpoint-url", url, "--region", "us-west-2", "--max-attempts", "1"),
        *("--operations-table", "", *flags),
    ) as server:
        yield server


def made_again(stream: Stream[WatchEvent]) -> bool:
    """Whether a table was created after the gap, and is ACTIVE by the newest event."""
    after_gap = events(stream)[events(stream).index("gap") + 1 :]
    return after_gap[:1] == ["created"] and (
        newest_table(stream).table_status == TableStatus.TABLE_STATUS_ACTIVE
    )


def protected(stream: Stream[WatchEvent]) -> bool:
    """Whether the newest event shows the table with deletion protection."""
    return newest_table(stream).deletion_protection_enabled


def newest_table(stream: Stream[WatchEvent]) -> TableDescription:
    """The table as the newest event shows it."""
    tables = [each.table for each in stream.responses if each.HasField("table")]
    return tables[-1].state.table


WATCH = WatchRequest(table_names=["Music"])


async def test_engine_killed_and_restarted(table_name: str) -> None:
    """Watchers outlive their engine: one gap, then what the new one has; waits go on as well."""
    async with relaying() as relay:
        with in_front_of(relay.url) as server:
            async with AsyncExitStack() as stack:
                with ENGINES["dynalite"]() as engine:
                    await asyncio.to_thread(create, engine.boto3(), table_name)
                    relay.connect(engine)
                    stub = await stack.enter_async_context(connected(server.address))
                    request = WatchRequest(table_names=[table_name])
                    watches = [
                        await stack.enter_async_context(reading(each_event(stub.Watch(request))))
                        for _ in range(5)
                    ]
                    watches.append(
                        await stack.enter_async_context(
                            reading(each_event(stub.Watch(WatchRequest(prefix=table_name))))
                        )
                    )
                    wait = await stack.enter_async_context(
                        reading(stub.Wait(WaitRequest(condition=DELETED, table_name=table_name)))
                    )
                    await until(lambda: wait.responses and all(map(complete, watches)))
                relay.cut()
                await until(lambda: all(events(watch)[-1] == "gap" for watch in watches))
                with ENGINES["dynalite"]() as engine:
                    await asyncio.to_thread(create, engine.boto3(), table_name)
                    relay.connect(engine)
                    # It is another table, though it has the same name. It can be deleted when it is ACTIVE.
                    await until(lambda: all(map(made_again, watches)))
                    await asyncio.to_thread(engine.boto3().delete_table, TableName=table_name)
                    await until(lambda: all(events(watch)[-1] == "deleted" for watch in watches))
                    await until(lambda: wait.ended)
                    assert grpc.StatusCode.OK == wait.code
                assert [1] * len(watches) == [events(watch).count("gap") for watch in watches]


async def test_slow_engine(music: Music, server: ServerProcess) -> None:
    """An engine that takes its time delays what watchers see by as much, and nothing else."""
    music.delay = 0.3
    async with (
        connected(server.address) as stub,
        reading(each_event(stub.Watch(WATCH))) as watch,
    ):
        await until(lambda: complete(watch))
        music.protect(enabled=True)
        await until(lambda: protected(watch))
        assert ["snapshot", "changed"] == events(watch)


async def test_throttling_on_every_second_call(music: Music, server: ServerProcess) -> None:
    """Throttled on every second call, a watch has one gap and misses nothing; a wait ends as it should."""
    throttled = error("ThrottlingException", "Rate exceeded")
    turn = 0

    def every_second(seen: Seen) -> Answer:
        nonlocal turn
        turn += 1
        music.instead = None
        answer = throttled(seen) if turn % 2 else music(seen)
        music.instead = every_second
        return answer

    music.instead = every_second
    async with (
        connected(server.address) as stub,
        reading(each_event(stub.Watch(WatchRequest(table_names=["Music"], parts=[1])))) as watch,  # type: ignore[list-item]
    ):
        await until(lambda: complete(watch))
        music.protect(enabled=True)
        await until(lambda: protected(watch))
        wait = await outcome(stub.Wait(WaitRequest(condition=ACTIVE, table_name="Music"), timeout=60))
        assert grpc.StatusCode.OK == wait.code
        assert ["gap", "snapshot", "changed"] == events(watch)


@pytest.mark.parametrize(
    "garbage",
    [
        page("<html>Bad gateway</html>", 502),
        page("<html>Fine</html>", 200),
        lambda _: Answer(body=b'{"Table": '),
        lambda _: Answer(body=b"[]"),
        lambda _: Answer(body=b'{"Table": {"TableStatus": {"no": 1}, "KeySchema": "?"}}'),
        lambda _: Answer(body=b"{}"),
    ],
)
async def test_garbage(music: Music, server: ServerProcess, garbage: Step) -> None:
    """Garbage from an engine is a gap, and when it is over watchers go on."""
    async with connected(server.address) as stub, reading(each_event(stub.Watch(WATCH))) as watch:
        await until(lambda: complete(watch))
        music.instead = garbage
        await until(lambda: events(watch)[-1] == "gap")
        music.protect(enabled=True)
        music.instead = None
        await until(lambda: protected(watch))
        assert ["snapshot", "gap", "changed"] == events(watch)


async def test_watchers_that_never_read(music: Music, server: ServerProcess) -> None:
    """Watchers that never read cost the server no memory, whatever happens, and hold up nobody."""
    music.table = {**music.table, "ArchivalSummary": {"ArchivalReason": "x" * 100_000}}
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(channel(server.address))
        stub = await stack.enter_async_context(connected(server.address))
        reader = await stack.enter_async_context(reading(each_event(stub.Watch(WATCH))))
        await until(lambda: complete(reader))

        async def change(times: int) -> None:
            for number in range(times):
                await change_to(enabled=number % 2 == 0)

        async def change_to(*, enabled: bool) -> None:
            await TableAdminStub(connection).UpdateTable(
                UpdateTableRequest(table_name="Music", deletion_protection_enabled=enabled)
            )
            await until(lambda: protected(reader) == enabled)

        await change(2)
        for _ in range(40):
            idle = await stack.enter_async_context(connected(server.address))
            call = idle.Watch(WATCH)
            await call.initial_metadata()
            stack.callback(call.cancel)
        await change(2)
        before = resident(server)
        await change(20)
        grown = resident(server) - before
    # All that was not read would be 40 x 20 x 100 KB; each state is remembered once.
    assert grown < 20_000_000, grown


def resident(server: ServerProcess) -> int:
    """The bytes that the server has in memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


@asynccontextmanager
async def in_process(endpoint: ScriptedEndpoint) -> AsyncIterator[tuple[Server, Hub]]:
    """A server in the process of the test, and what it has of watches of the endpoint."""
    config = ServerConfig(
        listen="127.0.0.1:0",
        grace_period=0,
        endpoints={
            "music": EndpointConfig(endpoint_url=endpoint.url, region="us-west-2", operations_table="")
        },
    )
    server = Server(config)
    await server.start()
    try:
        yield server, server._hubs.of(server._endpoints.named("music"))
    finally:
        await server.drain()


@pytest.mark.usefixtures("music")
async def test_a_thousand_watchers_leave_in_the_same_instant(endpoint: ScriptedEndpoint) -> None:
    """When a process with a thousand watches is killed, nothing is left after a second of CPU time."""
    async with in_process(endpoint) as (server, hub):
        tasks = len(asyncio.all_tasks())
        script = Path(__file__).parent / "harness" / "leave_at_once.py"
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(script), server.address, "Music", "1000", stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert b"watching\n" == await asyncio.wait_for(process.stdout.readline(), 60)
        assert 1000 == len(hub.streams._open)
        began = time.thread_time()
        process.kill()
        await process.wait()
        await until(lambda: not hub.streams._open and len(asyncio.all_tasks()) <= tasks, 60)
        assert is_cpu_time_less(time.thread_time() - began, 1.0)
        assert not hub.tables.of("Music").poller.watched
        asked = len(endpoint.seen)
        await asyncio.sleep(0.5)
        assert asked == len(endpoint.seen)


@pytest.mark.usefixtures("music")
async def test_watcher_that_leaves_without_having_read(endpoint: ScriptedEndpoint) -> None:
    """A watch whose caller never read and then left is freed as fast as any other."""
    async with in_process(endpoint) as (server, hub):
        tasks = len(asyncio.all_tasks())

        async def seconds() -> float:
            async with connected(server.address) as stub:
                calls = [stub.Watch(WATCH) for _ in range(20)]
                await until(lambda: len(hub.streams._open) == 20)
                await asyncio.sleep(0.1)
                for call in calls:
                    call.cancel()
                freed = await until(lambda: not hub.streams._open)
            del calls, call
            return max(freed, await until(lambda: len(asyncio.all_tasks()) <= tasks + 1))

        assert 1.0 > await async_first_that(seconds, lambda each: each < 1.0)


async def test_server_drained(music: Music, endpoint: ScriptedEndpoint) -> None:
    """On SIGTERM watches and waits end at once, UNAVAILABLE, and the server exits 0 soon after."""
    music.table["TableStatus"] = "CREATING"

    streams, process = await async_first_that(
        lambda: drained(endpoint), lambda each: each[0] < 1.0 and each[1] < 2.0
    )
    assert streams < 1.0
    assert process < 2.0


async def drained(endpoint: ScriptedEndpoint) -> tuple[float, float]:
    """Drain a server with streams: seconds until all have ended, and from then on until the server has."""
    with in_front_of(endpoint.url) as server:
        async with (
            connected(server.address) as stub,
            reading(each_event(stub.Watch(WATCH))) as watch,
            reading(each_event(stub.Watch(WatchRequest(all_tables=True)))) as all_tables,
            reading(stub.Wait(WaitRequest(condition=ACTIVE, table_name="Music"))) as wait,
        ):
            await until(lambda: complete(watch) and complete(all_tables) and wait.responses)
            server.process.terminate()
            streams = await until(lambda: watch.ended and all_tables.ended and wait.ended)
            began = time.monotonic()
            assert 0 == await asyncio.to_thread(server.process.wait, 60)
            process = time.monotonic() - began
    for stream in (watch, all_tables, wait):
        assert (grpc.StatusCode.UNAVAILABLE, "SERVER_STOPPING") == (stream.code, stream.reason)
    return streams, process
