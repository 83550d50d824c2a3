"""What metrics cost a call: the counting alone, and a server with metrics beside one without."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from statistics import median
from types import SimpleNamespace
from typing import Any

import grpc

from bench.load.rpc_load import RpcLoad
from bench.load.tables import NAMES
from bench.load.turns import by_turns
from bench.parts.describing import Described
from bench.report import figures_lines
from bench.targets import Target
from tableadmin.v1 import DescribeTableRequest
from tableadmin_server.dynamodb.client.calls import CallObserver
from tableadmin_server.interceptors.metrics import MetricsInterceptor
from tableadmin_server.metrics.metrics import Metrics
from tests.engines.engine import REGION, Engine
from tests.server_process import running_server

CALLERS = 16
_METHOD = "/tableadmin.v1.TableAdmin/DescribeTable"
_MICROSECONDS = 25
_RATIO = 1.05
_ROUNDS, _CALLS = 15, 2000


def measure_metrics(engine: Engine) -> Described:
    """Callers who describe tables of ENGINE, each its own one, with metrics and without."""
    flags = ("--endpoint-url", engine.url, "--region", REGION, "--operations-table", "")
    payloads = [DescribeTableRequest(table_name=name).SerializeToString() for name in NAMES]
    with (
        running_server(*flags, fresh=True) as plain,
        running_server(*flags, "--metrics-address", "127.0.0.1:0", fresh=True) as measured,
    ):
        servers = {"plain": plain, "measured": measured}
        return by_turns(
            {
                (name, CALLERS): RpcLoad(server.address, server.process.pid, _METHOD, payloads)
                for name, server in servers.items()
            }
        )


def measure_counting() -> float:
    """Microseconds of CPU that it takes to count a call and its call to the endpoint, apart from gRPC."""
    return asyncio.run(_counting())


async def _counting() -> float:
    metrics = Metrics()
    interceptor = MetricsInterceptor(metrics.rpcs)
    counted = metrics.endpoint_calls.of("local")
    measured = interceptor.intercept(_handler(counted), _METHOD)
    plain = _handler(CallObserver())
    more = [await _seconds(measured) - await _seconds(plain) for _ in range(_ROUNDS)]
    return median(more) / _CALLS * 1e6


def _handler(observer: CallObserver) -> Any:  # noqa: ANN401  # a handler of any RPC
    """A handler that does nothing but tell OBSERVER of a call to the endpoint."""

    async def handle(_request: bytes, _context: object) -> bytes:
        observer.sent()
        observer.answered("DescribeTable", 0.001)
        return b""

    return grpc.unary_unary_rpc_method_handler(handle)


async def _seconds(handler: Any) -> float:  # noqa: ANN401  # a handler of any RPC
    """CPU time of _CALLS calls of HANDLER, with what gRPC calls of it for each message."""
    context = SimpleNamespace(code=lambda: 0)
    parse, serialize = (each or bytes for each in (handler.request_deserializer, handler.response_serializer))
    began = time.thread_time()
    for _ in range(_CALLS):
        serialize(await handler.unary_unary(parse(b""), context))
    return time.thread_time() - began


def metrics_lines(counting: float, measured: Described) -> Iterator[str]:
    """A line for the counting, and one for each server."""
    yield f"counting a call and its call to the endpoint: {counting:.1f} us of CPU"
    yield "DescribeTable, a table for each caller, with metrics and without"
    yield from figures_lines(measured)


def metrics_targets(counting: float, measured: Described) -> Iterable[Target]:
    """Of the counting, and of a call to a server."""
    yield Target("CPU of counting a call, us", counting, _MICROSECONDS)
    ratio = measured["measured", CALLERS].cpu / measured["plain", CALLERS].cpu
    yield Target(f"CPU of a call, with metrics / without, callers: {CALLERS}", ratio, _RATIO)
