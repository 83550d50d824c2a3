"""The least that a call of a gRPC server in Python can cost: a server whose one RPC returns its request.

``python -m bench.load.echo`` is that server; it ends when its standard input closes.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import grpc

METHOD = "/bench.Echo/Echo"


@dataclass(frozen=True)
class EchoProcess:
    """A running echo server: where it listens, and its process id."""

    address: str
    pid: int


@contextmanager
def running_echo() -> Iterator[EchoProcess]:
    """An echo server in a process of its own, on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load.echo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield EchoProcess(process.stdout.readline().strip(), process.pid)
        process.stdin.close()


async def _echo(request: bytes, _: object) -> bytes:
    return request


async def _serve() -> None:
    server = grpc.aio.server()
    # Without serializers the messages are bytes.
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", {"Echo": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"127.0.0.1:{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(None)


if __name__ == "__main__":
    asyncio.run(_serve())
