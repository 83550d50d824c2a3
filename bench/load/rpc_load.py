"""Calls of one RPC by an asynchronous client."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from google.protobuf.message import Message

from bench.load.channels import ClientFiles, channel
from bench.load.cpu import cpu_seconds
from bench.load.figures import Round
from bench.load.load import Span


@dataclass(frozen=True)
class RpcLoad:
    """Calls of the RPC METHOD at ADDRESS, which the process PID serves; caller i sends the i-th request.

    Answers are parsed as RESPONSE_TYPE; without one they stay bytes. The CPU is that of the
    process PID. With FILES the channel has mutual TLS.
    """

    address: str
    pid: int
    method: str
    requests: Sequence[bytes]
    response_type: type[Message] | None = None
    files: ClientFiles | None = None

    def __call__(self, callers: int, span: Span) -> Round:
        """Run a round: callers are tasks that share one channel."""
        return asyncio.run(self._round(callers, span))

    async def _round(self, callers: int, span: Span) -> Round:
        parse = self.response_type.FromString if self.response_type else None
        async with channel(self.address, self.files) as opened:
            call: _Call = opened.unary_unary(self.method, None, parse)
            requests = self.requests[:callers]
            await asyncio.gather(*(_calls(call, request, span.warm_up) for request in requests))
            begin, cpu = time.perf_counter(), cpu_seconds(self.pid)
            latencies = await asyncio.gather(*(_calls(call, request, span.counted) for request in requests))
            wall, used = time.perf_counter() - begin, cpu_seconds(self.pid) - cpu
        return Round(list(chain.from_iterable(latencies)), wall, used)


_Call = Callable[[bytes], Awaitable[object]]


async def _calls(call: _Call, request: bytes, seconds: float) -> list[float]:
    latencies = []
    now = time.perf_counter()
    end = now + seconds
    while now < end:
        await call(request)
        before, now = now, time.perf_counter()
        latencies.append(now - before)
    return latencies
