"""The event loop of the server."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVarTuple

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

Ts = TypeVarTuple("Ts")

# More than a socket pair holds.
_ALL = 65_536


class EventLoop(asyncio.SelectorEventLoop):
    """asyncio's loop, which reads all that grpc.aio has to tell in one turn instead of one byte.

    A thread of grpc.aio puts each event into a queue and writes one byte to a socket. The loop's turn empties
    the queue, but reads one byte. Under load the bytes fill the socket (278 of them on Linux), the thread
    waits until there is room for the next byte, and from then on a turn of the loop takes one event: with
    2,000 streams that send, each step of another call waited for 2,000 turns.
    """

    def add_reader(self, fd: "FileDescriptorLike", callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call CALLBACK when FD can be read; for gRPC's events, read the socket empty before."""
        if isinstance(fd, socket.socket) and _is_of_grpc(callback):
            super().add_reader(fd, _emptied, fd, lambda: callback(*args))
        else:
            super().add_reader(fd, callback, *args)


def _is_of_grpc(callback: object) -> bool:
    handler = callback.func if isinstance(callback, partial) else callback
    return getattr(handler, "__qualname__", "") == "PollerCompletionQueue._handle_events"


def _emptied(read: socket.socket, callback: Callable[[], object]) -> None:
    # An event is in the queue before its byte is written: no event is missed whose byte is read here.
    with suppress(BlockingIOError):
        read.recv(_ALL)
    callback()
