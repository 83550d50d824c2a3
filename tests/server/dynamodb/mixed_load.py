"""Calls to a live endpoint alone, and with calls to a dead endpoint between them."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

import grpc

from bench.load.cpu import cpu_seconds
from tableadmin import v1
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub

_CALLERS = 4
_CALLS = 100
# Callers of the live endpoint make 1,500 calls a second, and 1,500 callers of a dead one 100, so that a call
# to the dead one comes after so many.
_LIVE_CALLS_A_DEAD_CALL = 15
_DEADLINE = 5.0


@dataclass(frozen=True)
class Cost:
    """What calls to the live endpoint take: their p99, and the CPU time of the server for all, in seconds."""

    p99: float
    cpu: float


def live_calls(address: str, pid: int, dead: str | None) -> Cost:
    """Call the live endpoint of the server PID at ADDRESS, and between these calls the endpoint DEAD, if any.

    The numbers of calls are fixed: on a slow machine calls to the dead endpoint come more slowly too.
    """
    return asyncio.run(_live_calls(address, pid, dead))


async def _live_calls(address: str, pid: int, dead: str | None) -> Cost:
    async with grpc.aio.insecure_channel(address) as channel:
        stub = TableAdminStub(channel)
        latencies: list[float] = []
        refused: list[asyncio.Task[None]] = []

        async def call_dead() -> None:
            with suppress(grpc.aio.AioRpcError):
                await stub.DescribeTable(
                    v1.DescribeTableRequest(table_name="Music"),
                    timeout=_DEADLINE,
                    metadata=(("tableadmin-endpoint", str(dead)),),
                )

        async def call_live(table: str) -> None:
            for _ in range(_CALLS):
                began = time.perf_counter()
                await stub.DescribeTable(v1.DescribeTableRequest(table_name=table))
                latencies.append(time.perf_counter() - began)
                if dead is not None and len(latencies) % _LIVE_CALLS_A_DEAD_CALL == 0:
                    refused.append(asyncio.create_task(call_dead()))

        await stub.DescribeTable(v1.DescribeTableRequest(table_name="Connected"))
        before = cpu_seconds(pid)
        await asyncio.gather(*(call_live(f"Live{n}") for n in range(_CALLERS)))
        cpu = cpu_seconds(pid) - before
        for each in refused:
            each.cancel()
        await asyncio.gather(*refused, return_exceptions=True)
    return Cost(sorted(latencies)[len(latencies) * 99 // 100], cpu)
