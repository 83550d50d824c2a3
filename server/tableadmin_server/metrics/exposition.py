"""The port for scrapes by Prometheus: the standard library's HTTP server, in its own threads.

Scrapes do not use the event loop, so they are answered also while it hangs.
"""

import socket
import threading
from socketserver import TCPServer, ThreadingMixIn
from typing import cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from tableadmin_server.config import parse_address
from tableadmin_server.listening import ListenError

# Seconds until an idle connection is closed.
_CONNECTION_SECONDS = 10.0


class Exposition:
    """Answers scrapes of REGISTRY at ADDRESS until `close`."""

    def __init__(self, registry: CollectorRegistry, address: str) -> None:
        """Listen at ADDRESS. Raises ListenError."""
        host, port = parse_address(address)
        kind = _IPv6Server if host.startswith("[") else _Server
        try:
            self._server = make_server(host.strip("[]"), port, make_wsgi_app(registry), kind, _Handler)
        except OSError as error:
            raise ListenError(f"cannot listen at {address} for metrics: {error.strerror}") from error
        self.address = f"{host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Stop to answer scrapes, within half a second, without waiting for it."""
        threading.Thread(target=self._close, name="metrics-close", daemon=True).start()

    def _close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind the address, without the base class's lookup of the host name, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = cast("tuple[str, int]", self.server_address)[:2]
        self.setup_environ()


class _IPv6Server(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = _CONNECTION_SECONDS

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Do not log, because each server is scraped every few seconds."""

    def address_string(self) -> str:
        """Return the address of the client, without a lookup of its name."""
        return str(self.client_address[0])
