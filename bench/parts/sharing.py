"""Many callers who describe one table, and how seldom the engine is asked for it."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import grpc

from bench.load.boto3_load import Boto3Load
from bench.load.load import Load, load_process
from bench.load.rpc_load import RpcLoad
from bench.load.tables import NAMES
from bench.load.turns import by_turns
from bench.parts.describing import METHOD, Described
from tableadmin.v1.table_pb2 import DescribeTableRequest, DescribeTableResponse
from tests.engines.engine import Engine
from tests.server_process import ServerProcess

CALLERS = 64
THREADS = 16
_REQUEST = DescribeTableRequest(table_name=NAMES[0]).SerializeToString()
# The trailing metadata with the id that the engine gives each call it gets.
_CALL_ID = "aws-request-id"
_COUNTED_SECONDS = 1.5


@dataclass(frozen=True)
class Sharing:
    """Figures of each contender; and, of a round by itself, requests and the engine's calls behind them."""

    figures: Described
    requests: int
    calls: int


def measure_sharing(echo: Load, engine: Engine, server: ServerProcess) -> Sharing:
    """ECHO as in `describing`, boto3 in threads, and SERVER, all with one table of ENGINE.

    Each call gets an id from the engine and each answer names it: as many ids, as many calls. They are
    counted in a round of their own, since reading them takes time.
    """
    load = RpcLoad(server.address, server.process.pid, METHOD, [_REQUEST] * CALLERS, DescribeTableResponse)
    figures = by_turns(
        {
            ("echo", CALLERS): echo,
            ("boto3", THREADS): Boto3Load(engine.url, NAMES[:1] * THREADS),
            ("service", CALLERS): load,
        }
    )
    with load_process() as process:
        ids = process.submit(_call_ids, server.address).result()
    return Sharing(figures, len(ids), len(set(ids)))


def _call_ids(address: str) -> list[str]:
    """For each request, made as in a round of load, the id of the engine's call that answered it."""
    return asyncio.run(_gathered(address))


async def _gathered(address: str) -> list[str]:
    async with grpc.aio.insecure_channel(address) as channel:
        each = await asyncio.gather(*(_caller(channel) for _ in range(CALLERS)))
    return list(chain.from_iterable(each))


async def _caller(channel: grpc.aio.Channel) -> list[str]:
    ids: list[str] = []
    describe = channel.unary_unary(METHOD, None, None)
    end = time.perf_counter() + _COUNTED_SECONDS
    while time.perf_counter() < end:
        call = describe(_REQUEST)
        await call
        ids += _ids(await call.trailing_metadata())
    return ids


def _ids(metadata: grpc.aio.Metadata) -> Iterator[str]:
    return (str(value) for key, value in metadata if key == _CALL_ID)
