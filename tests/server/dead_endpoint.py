"""An endpoint on a real port that is dead: it does something else with each connection than answer."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.server.harness.accepting import accepting


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

        def accepted(connection: socket.socket) -> None:
            endpoint.accepted += 1
            end(connection)

        with accepting(listener, accepted):
            yield endpoint


def reset(connection: socket.socket) -> None:
    """End CONNECTION with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def garble(connection: socket.socket) -> None:
    """Answer what is not HTTP."""
    with connection, suppress(OSError):
        connection.recv(65_536)
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
