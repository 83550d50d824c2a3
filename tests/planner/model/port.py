"""A port of this machine that speaks AWS's JSON 1.0 protocol, and can be shut and opened again."""

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias, cast

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    answering: Answering
    thread: threading.Thread

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body go out together.
    wbufsize = -1

    def do_POST(self) -> None:
        server = cast("_Server", self.server)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # no server executes half a request
            self.close_connection = True
            return
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        given = server.answering(Asked(operation, dict(self.headers), body))
        if given is None or server.stopped:
            self.close_connection = True
            return
        self.send_response(given.status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(given.body)))
        self.send_header("x-amzn-RequestId", given.request_id)
        self.end_headers()
        self.wfile.write(given.body)

    def handle(self) -> None:
        connections = cast("_Server", self.server).connections
        connections.add(self.connection)
        try:
            super().handle()
        except (OSError, ValueError):  # whoever asked has gone
            self.close_connection = True
        finally:
            connections.discard(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""
