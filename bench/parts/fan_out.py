"""Changes of many tables that many streams watch: how long a health check takes meanwhile."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import grpc
from google.protobuf.duration_pb2 import Duration
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from bench.load.load import load_process
from bench.targets import Target
from tableadmin.v1.watch_pb2 import TablePart, WatchRequest
from tests.engines.engine import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STREAMS, TABLES = 2_000, 300
_STREAMS_A_CONNECTION = 100
_THREADS = 16
# Seconds between health checks, and for one to be answered at most.
_PAUSE = 0.02
_LIMIT = 30.0
# Seconds without a message after which there is none to come any more.
_QUIET = 5.0


@dataclass(frozen=True)
class FanOut:
    """Of the joining and of the changes: messages, seconds, and seconds of the longest health check."""

    joined: int
    joining: float
    joining_health: float
    changed: int
    changing: float
    changing_health: float


def measure_fan_out(engine: Engine, address: str) -> FanOut:
    """STREAMS streams watch all TABLES tables, each of which then changes."""
    names = [f"fan-out-{number}" for number in range(TABLES)]
    boto3 = engine.boto3()
    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(partial(_create, boto3), names))
        with load_process() as process:
            return process.submit(_run, address, engine, names).result()


def fan_out_lines(fan_out: FanOut) -> Iterator[str]:
    """A line for the joining and one for the changes."""
    yield f"{STREAMS} streams watch {TABLES} tables"
    yield f"{'':10}{'messages':>10}{'s':>8}{'longest health check, ms':>28}"
    for name, messages, seconds, health in (
        ("joining", fan_out.joined, fan_out.joining, fan_out.joining_health),
        ("changes", fan_out.changed, fan_out.changing, fan_out.changing_health),
    ):
        yield f"{name:10}{messages:10}{seconds:8.1f}{health * 1000:28.0f}"


def fan_out_targets(fan_out: FanOut) -> Iterator[Target]:
    """A health check is answered within 0.2 s."""
    for name, health in (("join", fan_out.joining_health), ("see changes", fan_out.changing_health)):
        yield Target(f"{STREAMS} streams {name}: longest health check, s", health, 0.2)


def _create(boto3: "DynamoDBClient", name: str) -> None:
    boto3.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )


def _change(boto3: "DynamoDBClient", name: str) -> None:
    boto3.update_table(
        TableName=name, ProvisionedThroughput={"ReadCapacityUnits": 6, "WriteCapacityUnits": 6}
    )


def _run(address: str, engine: Engine, names: Sequence[str]) -> FanOut:
    return asyncio.run(_measured(address, engine, names))


async def _measured(address: str, engine: Engine, names: Sequence[str]) -> FanOut:
    channels = [
        grpc.aio.insecure_channel(address, options=(("grpc.use_local_subchannel_pool", 1),))
        for _ in range(STREAMS // _STREAMS_A_CONNECTION)
    ]
    crowd = _Crowd()
    request = WatchRequest(
        prefix="fan-out-",
        parts=[TablePart.TABLE_PART_DESCRIPTION],
        checkpoint_interval=Duration(seconds=3600),  # checkpoints would never let it be quiet
    ).SerializeToString()
    with _checking(address) as longest_check:
        tasks = [
            asyncio.create_task(crowd.watch(channels[number % len(channels)], request))
            for number in range(STREAMS)
        ]
        joined, joining = await crowd.quiet()
        joining_health = longest_check()
        with ThreadPoolExecutor(_THREADS) as threads:
            loop = asyncio.get_running_loop()
            change = partial(_change, engine.boto3())
            await asyncio.gather(*(loop.run_in_executor(threads, change, name) for name in names))
        changed, changing = await crowd.quiet()
        changing_health = longest_check()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return FanOut(joined, joining, joining_health, changed, changing, changing_health)


class _Crowd:
    """The streams, which count their messages and read none."""

    def __init__(self) -> None:
        self._messages = 0
        self._last = self._began = time.perf_counter()

    async def watch(self, channel: grpc.aio.Channel, request: bytes) -> None:
        # No serializers: nothing is read of the messages.
        watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(
            "/tableadmin.v1.WatchService/Watch",
            None,
            None,
        )
        async for _ in watch(request):
            self._messages += 1
            self._last = time.perf_counter()

    async def quiet(self) -> tuple[int, float]:
        """Messages and seconds since the last time, until none has come for some seconds."""
        while time.perf_counter() - self._last < _QUIET or not self._messages:  # noqa: ASYNC110  # nothing signals silence
            await asyncio.sleep(0.1)
        messages, seconds = self._messages, self._last - self._began
        self._messages, self._began = 0, time.perf_counter()
        return messages, seconds


@contextmanager
def _checking(address: str) -> Iterator[partial[float]]:
    """Another process checks the health; gives what tells the longest check since it was last asked."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_check, args=(address, theirs))
    process.start()
    ours.recv()
    try:
        yield partial(_longest, ours)
    finally:
        process.kill()
        process.join()


def _longest(ours: Connection) -> float:
    ours.send(None)
    return float(ours.recv())


def _check(address: str, theirs: Connection) -> None:
    with grpc.insecure_channel(address) as channel:
        health = HealthStub(channel)
        health.Check(HealthCheckRequest(), timeout=_LIMIT)
        theirs.send(None)
        longest = 0.0
        while True:
            began = time.perf_counter()
            health.Check(HealthCheckRequest(), timeout=_LIMIT)
            longest = max(longest, time.perf_counter() - began)
            if theirs.poll():
                theirs.recv()
                theirs.send(longest)
                longest = 0.0
            time.sleep(_PAUSE)
