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

# More bytes than a socket pair holds.
_ALL = 65_536


class EventLoop(asyncio.SelectorEventLoop):
    """asyncio's event loop, which handles all events of grpc.aio in one turn instead of one.

    A thread of grpc.aio puts each event into a queue and writes one byte to a socket. A turn of asyncio's
    loop empties the queue but reads only one byte. Under load the bytes fill the socket (278 bytes on Linux).
    The thread then waits for room for the next byte, and each turn handles only one event: with 2,000 sending
    streams, each step of another call waited for 2,000 turns.
    """

    def add_reader(self, fd: "FileDescriptorLike", callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call CALLBACK when FD is readable. For gRPC's events, empty the socket before."""
        if isinstance(fd, socket.socket) and _is_of_grpc(callback):
            super().add_reader(fd, _emptied, fd, lambda: callback(*args))
        else:
            super().add_reader(fd, callback, *args)


def _is_of_grpc(callback: object) -> bool:
    handler = callback.func if isinstance(callback, partial) else callback
    return getattr(handler, "__qualname__", "") == "PollerCompletionQueue._handle_events"


def _emptied(read: socket.socket, callback: Callable[[], object]) -> None:
    # An event is in the queue before its byte is written, so the callback finds the events of all bytes read
    # here.
    with suppress(BlockingIOError):
        read.recv(_ALL)
    callback()
