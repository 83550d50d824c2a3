"""Callers of a live endpoint alone, and beside 1,500 callers of an endpoint that is dead."""

import asyncio
import json
import random
import socket
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import grpc

from bench.load.load import Span, load_process
from bench.load.rpc_load import RpcLoad
from bench.load.tables import NAMES
from bench.parts.describing import METHOD
from bench.targets import Target
from tableadmin.v1 import DescribeTableRequest
from tests.engines.engine import REGION, Engine
from tests.server.dead_endpoint import dead, garble, reset
from tests.server_process import ServerProcess, running_server

CALLERS = 1500
_LIVE_CALLERS = 4
# Seconds that a caller of the dead endpoint waits at most before it calls again: 100 calls a second in all.
_PAUSE = 30.0
_DEADLINE = 5.0
# What 1,500 calls at once take at most.
_BURST_SECONDS = 120.0
_SPAN = Span(warm_up=0.3, counted=2.0)
_ROUNDS, _REFUSALS = 3, 300
_BOUND, _REFUSAL_MS = 1.2, 10.0
_LIVE_REQUEST = DescribeTableRequest(table_name=NAMES[0]).SerializeToString()


@dataclass(frozen=True)
class Beside:
    """Milliseconds: the live endpoint's p99 alone and beside a dead one, the p99 of a refusal of that one."""

    alone: float
    beside: float
    refusal: float


def measure_dead_endpoints(engine: Engine) -> Mapping[str, Beside]:
    """The figures by the way in which the endpoint is dead; ENGINE is behind the live one."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        refusing = stack.enter_context(socket.socket())
        refusing.bind(("127.0.0.1", 0))
        kept: list[socket.socket] = []
        urls = {
            "resets": stack.enter_context(dead(reset)).url,
            "refuses": f"http://127.0.0.1:{refusing.getsockname()[1]}",
            "garbles": stack.enter_context(dead(garble)).url,
            "is silent": stack.enter_context(dead(kept.append)).url,
        }
        names = {kind: kind.replace(" ", "-") for kind in urls}
        config = folder / "config.toml"
        config.write_text(_config({"live": engine.url, **{names[kind]: url for kind, url in urls.items()}}))
        server = stack.enter_context(running_server("--config", str(config), fresh=True))
        return {kind: _measured(server, name) for kind, name in names.items()}


def _config(urls: Mapping[str, str]) -> str:
    tables = (
        f'[endpoints.{name}]\nendpoint_url = {json.dumps(url)}\nregion = "{REGION}"\noperations_table = ""'
        for name, url in urls.items()
    )
    return "\n".join(['default_endpoint = "live"', *tables])


def _measured(server: ServerProcess, endpoint: str) -> Beside:
    load = RpcLoad(
        server.address,
        server.process.pid,
        METHOD,
        [DescribeTableRequest(table_name=name).SerializeToString() for name in NAMES[:_LIVE_CALLERS]],
    )
    alone, beside = [], []
    with load_process() as process:

        def p99() -> float:
            return _p99(process.submit(load, _LIVE_CALLERS, _SPAN).result().latencies)

        # The first round is not counted: connections are made.
        p99()
        for _ in range(_ROUNDS):
            alone.append(p99())
            with _called(server.address, endpoint):
                beside.append(p99())
    return Beside(median(alone), median(beside), _p99(asyncio.run(_refusals(server.address, endpoint))))


@contextmanager
def _called(address: str, endpoint: str) -> Iterator[None]:
    """CALLERS callers of ENDPOINT, each of whom has called once before the context begins."""
    all_called = threading.Event()
    stop = threading.Event()
    thread = threading.Thread(target=asyncio.run, args=(_call(address, endpoint, all_called, stop),))
    thread.start()
    try:
        all_called.wait(_BURST_SECONDS)
        yield
    finally:
        stop.set()
        thread.join()


async def _call(address: str, endpoint: str, all_called: threading.Event, stop: threading.Event) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        call = _Caller(channel, endpoint)
        await asyncio.gather(*(call() for _ in range(CALLERS)))
        # When this is answered the server is done with the calls before it, given up or not.
        await channel.unary_unary(METHOD, None, None)(_LIVE_REQUEST)
        all_called.set()
        callers = [asyncio.create_task(call.again()) for _ in range(CALLERS)]
        await asyncio.to_thread(stop.wait)
        for each in callers:
            each.cancel()
        await asyncio.gather(*callers, return_exceptions=True)


class _Caller:
    """Describes tables at ENDPOINT, which fails."""

    def __init__(self, channel: grpc.aio.Channel, endpoint: str) -> None:
        self._describe = channel.unary_unary(METHOD, None, None)
        self._metadata = (("tableadmin-endpoint", endpoint),)
        self._request = DescribeTableRequest(table_name="Music").SerializeToString()

    async def __call__(self) -> None:
        with suppress(grpc.aio.AioRpcError):
            await self._describe(self._request, timeout=_DEADLINE, metadata=self._metadata)

    async def again(self) -> None:
        """Call again and again, until cancelled."""
        while True:
            await asyncio.sleep(random.uniform(0, _PAUSE))
            await self()


async def _refusals(address: str, endpoint: str) -> Sequence[float]:
    """Seconds of calls that are refused, one after the other; the probes among them are left out."""
    seconds = []
    async with grpc.aio.insecure_channel(address) as channel:
        describe = channel.unary_unary(METHOD, None, None)
        request = DescribeTableRequest(table_name="Music").SerializeToString()
        for _ in range(_REFUSALS):
            began = time.perf_counter()
            try:
                await describe(request, timeout=_DEADLINE, metadata=(("tableadmin-endpoint", endpoint),))
            except grpc.aio.AioRpcError as error:
                if "the call was not sent" in str(error.details()):
                    seconds.append(time.perf_counter() - began)
    return seconds


def _p99(latencies: Sequence[float]) -> float:
    ordered = sorted(latencies)
    return ordered[len(ordered) * 99 // 100] * 1e3


def dead_endpoints_lines(measured: Mapping[str, Beside]) -> Iterator[str]:
    """A line for each way of being dead."""
    yield f"DescribeTable at a live endpoint by {_LIVE_CALLERS} callers, alone and beside {CALLERS} callers"
    yield "of a dead endpoint who make 100 calls a second, p99 in ms; and a call that the dead one is spared"
    yield f"{'the dead one':16}{'alone':>10}{'beside':>10}{'refusal':>10}"
    for kind, it in measured.items():
        yield f"{kind:16}{it.alone:10.2f}{it.beside:10.2f}{it.refusal:10.2f}"


def dead_endpoints_targets(measured: Mapping[str, Beside]) -> Iterable[Target]:
    """A dead endpoint does not slow a live one, and calls to it fail at once."""
    for kind, it in measured.items():
        text = f"p99 of a live endpoint beside one that {kind} / alone"
        yield Target(text, it.beside / it.alone, _BOUND)
    yield Target(
        "refusal of a call to a dead endpoint, p99, ms",
        max(it.refusal for it in measured.values()),
        _REFUSAL_MS,
    )
