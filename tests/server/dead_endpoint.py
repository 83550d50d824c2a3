"""An endpoint on a real port that is dead: it does something else with each connection than answer."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass
class DeadEndpoint:
    """Accepts connections at `url`, of which it counts those that came in."""

    url: str
    accepted: int = 0


@contextmanager
def dead(end: Callable[[socket.socket], None]) -> Iterator[DeadEndpoint]:
    """An endpoint that does END with each connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        endpoint = DeadEndpoint(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    endpoint.accepted += 1
                    end(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield endpoint
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def reset(connection: socket.socket) -> None:
    """End CONNECTION with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def garble(connection: socket.socket) -> None:
    """Answer what is not HTTP."""
    with connection, suppress(OSError):
        connection.recv(65_536)
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
