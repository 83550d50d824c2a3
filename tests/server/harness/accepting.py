"""Accepting connections for the length of a block."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def accepting(listener: socket.socket, accepted: Callable[[socket.socket], None]) -> Iterator[None]:
    """Give each connection that LISTENER gets to ACCEPTED, in one thread, which ends with the block."""

    def accept() -> None:
        with suppress(OSError):
            while True:
                accepted(listener.accept()[0])

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
