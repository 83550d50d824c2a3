"""The server's event loop, beside asyncio's own."""

import asyncio
import fcntl
import socket
import termios
import time
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVarTuple

import grpc

from tableadmin_server.event_loop import EventLoop

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

Ts = TypeVarTuple("Ts")

# Their events fit into the socket of gRPC.
STREAMS = 50


def test_a_turn_takes_all_events_of_grpc() -> None:
    """Of the events that wait when a turn of the loop begins, few wait when it has ended."""
    # A busy machine adds events while the turn lasts: the round with the fewest shows what the turn leaves.
    rounds = [_waiting_events(_Observed) for _ in range(5)]
    before, after = min(rounds, key=lambda each: each[1] / each[0])
    assert after < before / 2


def test_a_turn_of_asyncio_takes_one_byte() -> None:
    """On asyncio's own loop most bytes of events wait for further turns: the reason for a loop of our own."""
    before, after = _waiting_events(_Observing)
    assert after > before / 2


def test_other_readers_are_called_as_they_are() -> None:
    """A reader that is not gRPC's finds in its socket what was sent."""

    async def received() -> bytes:
        async with await asyncio.start_server(_greet, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            text = await reader.read()
            writer.close()
            return text

    with asyncio.Runner(loop_factory=EventLoop) as runner:
        assert runner.run(received()) == b"hello"


async def _greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    await writer.drain()
    writer.close()


class _Observing(asyncio.SelectorEventLoop):
    """Knows the socket by which gRPC's events come."""

    events: socket.socket

    def add_reader(self, fd: "FileDescriptorLike", callback: Callable[[*Ts], object], *args: *Ts) -> None:
        assert isinstance(fd, socket.socket)
        self.events = fd
        super().add_reader(fd, callback, *args)


class _Observed(_Observing, EventLoop):
    """The server's loop."""


def _waiting_events(make_loop: Callable[[], _Observing]) -> tuple[int, int]:
    """How many events of streams wait before and after one turn of a loop."""
    loop = make_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_measured(loop))


async def _measured(loop: _Observing) -> tuple[int, int]:
    service = _Service()
    async with _serving(service) as channel:
        stream: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(
            "/test/Stream", None, None
        )
        readers = [asyncio.create_task(_read(stream)) for _ in range(STREAMS)]
        await service.all_are_open.wait()
        service.sending.set()
        await asyncio.sleep(0.1)
        before = _settled(loop)
        # This task goes on at the beginning of a turn: after the second one, gRPC's events have had one turn.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        after = _waiting(loop)
        service.is_over = True
        await asyncio.gather(*readers)
    return before, after


def _settled(loop: _Observing) -> int:
    """How many events wait when the streams can send no more, for the loop is blocked here."""
    waiting = -1
    while waiting != _waiting(loop) or not waiting:
        waiting = _waiting(loop)
        time.sleep(0.1)
    return waiting


def _waiting(loop: _Observing) -> int:
    unread = array("i", [0])
    fcntl.ioctl(loop.events, termios.FIONREAD, unread)
    return unread[0]


async def _read(stream: "grpc.aio.UnaryStreamMultiCallable[bytes, bytes]") -> None:
    async for _ in stream(b""):
        pass


@asynccontextmanager
async def _serving(service: "_Service") -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server()
    handlers = {
        "Stream": grpc.unary_stream_rpc_method_handler(service.stream),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(None)


class _Service:
    """Streams that begin to send when all are open, all that they can."""

    def __init__(self) -> None:
        self.all_are_open = asyncio.Event()
        self.sending = asyncio.Event()
        self.is_over = False
        self._open = 0

    async def stream(self, _request: bytes, _context: object) -> AsyncGenerator[bytes]:
        self._open += 1
        if self._open == STREAMS:
            self.all_are_open.set()
        await self.sending.wait()
        while not self.is_over:
            yield b"news"
