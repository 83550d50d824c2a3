"""A port of this machine that speaks AWS's JSON 1.0 protocol, and can be shut and opened again.

The HTTP is as much as clients of AWS send: `http.server` takes four times as long for a request.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TypeAlias, cast

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Asked:
    """A request that came in. The names of its HEADERS are in lower case."""

    operation: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Given:
    """A response."""

    status: int
    body: bytes
    request_id: str = "MODEL"


# What answers; None closes the connection without a word.
Answering: TypeAlias = Callable[[Asked], Given | None]


class Port:
    """Has requests answered at `url`, each connection in a thread; the URL stays while it is shut."""

    def __init__(self, answering: Answering) -> None:
        """Open a free port."""
        self._answering = answering
        self._server = self._opened(0)
        self._number: int = self._server.server_address[1]
        self.url = f"http://{_HOST}:{self._number}"

    def shut(self) -> None:
        """Break the connections there are, and refuse new ones; what is being answered is, unheard."""
        self._server.stop()

    def open(self) -> None:
        """Accept connections again."""
        self._server = self._opened(self._number)

    def _opened(self, number: int) -> "_Server":
        server = _Server((_HOST, number), _Handler)
        server.answering = self._answering
        server.thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        server.thread.start()
        return server


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    answering: Answering
    thread: threading.Thread

    def __init__(self, address: tuple[str, int], handler: type[StreamRequestHandler]) -> None:
        super().__init__(address, handler)
        self.stopped = False
        self.connections: set[socket.socket] = set()

    def stop(self) -> None:
        self.stopped = True
        self.shutdown()
        self.thread.join()
        self.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                continue


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        connections = cast("_Server", self.server).connections
        connections.add(self.connection)
        try:
            while self._answered():
                pass
        except (OSError, ValueError):  # whoever asked has gone
            pass
        finally:
            connections.discard(self.connection)

    def finish(self) -> None:
        with suppress(OSError):  # whoever asked has gone
            super().finish()

    def _answered(self) -> bool:
        """Answer the next request; whether another may follow."""
        server = cast("_Server", self.server)
        if not self.rfile.readline():
            return False
        headers = self._headers()
        length = int(headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # no server executes half a request
            return False
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        given = server.answering(Asked(operation, headers, body))
        if given is None or server.stopped:
            return False
        self.connection.sendall(_response(given))
        return headers.get("connection", "").lower() != "close"

    def _headers(self) -> dict[str, str]:
        headers = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return headers


def _response(given: Given) -> bytes:
    head = (
        f"HTTP/1.1 {given.status} {HTTPStatus(given.status).phrase}\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(given.body)}\r\n"
        f"x-amzn-RequestId: {given.request_id}\r\n\r\n"
    )
    # Head and body go out together.
    return head.encode("latin-1") + given.body
