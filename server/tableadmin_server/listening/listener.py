"""One listener: a gRPC server at one address."""

import ipaddress
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc

from tableadmin_server.config import ConnectionsConfig, ListenerConfig, parse_address
from tableadmin_server.listening import ListenError, unix_socket
from tableadmin_server.listening.certificates import Certificates

_OPTIONS = (
    # A second process on the same port is an error. Otherwise both would share its connections.
    ("grpc.so_reuseport", 0),
    # Clients may ping idle connections every 10 s. More pings end in GOAWAY too_many_pings.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Thousands of streams may be opened at the same time. By default gRPC drops some once 1,000 wait.
    ("grpc.server.max_pending_requests", 20_000),
    ("grpc.server.max_pending_requests_hard_limit", 30_000),
    # Seconds. By default gRPC cancels calls, without a reason, that a busy server does not accept in 30 s.
    ("grpc.server_max_unrequested_time_in_server", 300),
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    # A connection without a handshake is closed after so long.
    ("grpc.server_handshake_timeout_ms", 20_000),
)


class Listener:
    """A gRPC server at one address.

    ADD_SERVICES adds the services. gRPC does not tell a handler the port of a call, so each address has its
    own server with its own INTERCEPTOR. CERTIFICATES is None for a listener without TLS.
    """

    def __init__(
        self,
        config: ListenerConfig,
        connections: ConnectionsConfig,
        certificates: Certificates | None,
        interceptor: "grpc.aio.ServerInterceptor[Any, Any]",
        add_services: Callable[[grpc.aio.Server], object],
    ) -> None:
        """Bind the address. Raises ListenError."""
        self._held = ExitStack()
        self._credentials = None if certificates is None else certificates.credentials()
        self._server = grpc.aio.server(interceptors=[interceptor], options=_options(config, connections))
        add_services(self._server)
        self.address = self._bound(config)

    async def start(self) -> None:
        """Start to answer calls."""
        await self._server.start()

    async def stop(self, grace: float) -> None:
        """Close the address, and end calls after GRACE seconds."""
        await self._server.stop(grace)
        self._held.close()

    def _bound(self, config: ListenerConfig) -> str:
        if config.path is not None:
            return self._bound_path(Path(config.path), config)
        host, _ = parse_address(config.address)
        if host.lower() == "localhost":
            _check_localhost(config.address)
        return f"{host}:{self._port(config.address)}"

    def _bound_path(self, path: Path, config: ListenerConfig) -> str:
        self._held.enter_context(unix_socket.held(path))
        with unix_socket.owner_only():
            self._port(config.address)
        path.chmod(config.permissions)
        return config.address

    def _port(self, address: str) -> int:
        try:
            if self._credentials is None:
                return self._server.add_insecure_port(address)
            return self._server.add_secure_port(address, self._credentials)
        except RuntimeError as error:
            raise ListenError(
                f"cannot listen at {address}: another server may be using the address"
            ) from error


def _check_localhost(address: str) -> None:
    """Raise ListenError if localhost resolves to an address that other machines can reach."""
    found = {str(each[4][0]) for each in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)}
    foreign = sorted(each for each in found if not ipaddress.ip_address(each.partition("%")[0]).is_loopback)
    if foreign:
        raise ListenError(f"cannot listen at {address}: localhost is {foreign[0]}, which others can reach")


def _options(config: ListenerConfig, connections: ConnectionsConfig) -> list[tuple[str, int]]:
    """The arguments of the gRPC server."""
    options = [
        *_OPTIONS,
        # Between the two sizes gRPC refuses calls at random, the larger the more often. Above it refuses all.
        ("grpc.max_metadata_size", connections.max_metadata),
        ("grpc.absolute_max_metadata_size", 2 * connections.max_metadata),
    ]
    if config.tls is not None or not config.is_local:
        options += [
            ("grpc.max_connection_age_ms", round(1000 * connections.max_age)),
            ("grpc.max_connection_age_grace_ms", round(1000 * connections.max_age_grace)),
        ]
    return options
