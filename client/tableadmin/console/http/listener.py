"""The listener on loopback, with a bounded number of connections."""

from __future__ import annotations

import socket
from http.server import ThreadingHTTPServer
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from tableadmin.console.http.gate import Gate
from tableadmin.console.http.handler import handler

if TYPE_CHECKING:
    from tableadmin.console.http.routes import Site

ADDRESS = "127.0.0.1"
# A browser opens up to 6 connections to a host.
_CONNECTIONS = 128


class Listener(ThreadingHTTPServer):
    """Serves SITE at PORT of loopback, 0 for a free port. Raises OSError if the port is taken."""

    daemon_threads = True
    # With this option, another program could take the port at the same time on some platforms.
    allow_reuse_port = False

    def __init__(self, site: Site, port: int) -> None:
        self._free = BoundedSemaphore(_CONNECTIONS)
        # The port is known after the socket is bound, and no request is taken before `serve_forever`.
        super().__init__((ADDRESS, port), handler(site, Gate(port)))
        self.gate = Gate(self.server_port)
        self.RequestHandlerClass = handler(site, self.gate)

    @property
    def url(self) -> str:
        """The address to open; it can be opened once."""
        return f"http://{ADDRESS}:{self.server_port}/?token={self.gate.token}"

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Begin a connection; a connection too many is closed."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Carry a connection out, to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a connection that breaks off is no error of the user."""
