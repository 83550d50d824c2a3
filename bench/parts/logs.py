"""What a line of the log costs: `python -m bench.parts.logs` prints it, in microseconds of CPU."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from statistics import median
from types import SimpleNamespace
from typing import Any

import grpc
import structlog

from bench.targets import Target
from tableadmin.v1 import DeleteTableRequest
from tableadmin_server.interceptors.call_log import CallLogInterceptor
from tableadmin_server.logs import logs
from tableadmin_server.security.identity import ANONYMOUS, Caller, set_caller

_METHOD = "/tableadmin.v1.TableAdmin/DeleteTable"
_MICROSECONDS = 30
_ROUNDS, _CALLS = 15, 2000
_REQUEST = DeleteTableRequest(table_name="Music").SerializeToString()
_FACTS = {
    "rpc": "tableadmin.v1.TableAdmin/DeleteTable",
    "code": "OK",
    "seconds": 0.0123,
    "endpoint": "local",
    "names": ("Music",),
    "principal": "User::none/anonymous",
    "peer": "127.0.0.1",
    "user_agent": "grpc-python/1.76",
    "request_id": "0" * 32,
    "aws_request_id": "A" * 52,
}
# What the interceptor asks of a call.
_CONTEXT = SimpleNamespace(
    invocation_metadata=lambda: (("user-agent", "grpc-python/1.76"), ("tableadmin-endpoint", "local")),
    trailing_metadata=lambda: (("tableadmin-request-id", "0" * 32), ("aws-request-id", "A" * 52)),
    peer=lambda: "ipv4:127.0.0.1:50000",
    code=lambda: None,
)


def measure_line() -> tuple[float, float]:
    """Microseconds of CPU for a line, and for the line of a call with the facts that it tells."""
    measured = subprocess.run(
        [sys.executable, "-m", "bench.parts.logs"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        text=True,
    )
    line, with_facts = map(float, measured.stdout.split())
    return line, with_facts


def _line() -> float:
    """Microseconds for a line with the keys of a call."""
    log = structlog.get_logger().bind()
    rounds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_CALLS):
            log.info("call ended", **_FACTS)
        rounds.append(time.process_time() - began)
    return median(rounds) / _CALLS * 1e6


async def _line_of_call() -> float:
    """Microseconds for the interceptor that logs a call: its facts and the line."""
    # As the interceptor inside finds it out.
    set_caller(Caller(ANONYMOUS, peer="127.0.0.1", user_agent="grpc-python/1.76"))
    interceptor = CallLogInterceptor("local")
    plain = grpc.unary_unary_rpc_method_handler(_handle)
    logged = interceptor.intercept(plain, _METHOD)
    more = [await _seconds(logged) - await _seconds(plain) for _ in range(_ROUNDS)]
    return median(more) / _CALLS * 1e6


async def _handle(_request: bytes, _context: object) -> bytes:
    return b""


async def _seconds(handler: Any) -> float:  # noqa: ANN401  # a handler of any RPC
    """CPU time of the process for _CALLS calls of HANDLER."""
    began = time.process_time()
    for _ in range(_CALLS):
        await handler.unary_unary(_REQUEST, _CONTEXT)
    return time.process_time() - began


def log_lines(line: float, with_facts: float) -> Iterator[str]:
    """A line for the figures."""
    yield f"a line of the log: {line:.1f} us of CPU; for a call, with its facts: {with_facts:.1f} us"


def log_targets(line: float, with_facts: float) -> Iterable[Target]:
    """Of a line, and of that of a call."""
    yield Target("CPU of a line of the log, us", line, _MICROSECONDS)
    yield Target("CPU of the line of a call with its facts, us", with_facts, _MICROSECONDS)


if __name__ == "__main__":
    logs.configure("info", "json")
    print(_line(), asyncio.run(_line_of_call()))
