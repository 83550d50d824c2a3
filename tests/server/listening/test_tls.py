"""Listeners with TLS, as a server process serves them: who gets in, and what is replaced while it runs."""

import asyncio
import signal
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from cryptography import x509
from grpc.experimental import session_cache  # type: ignore[attr-defined]  # missing in the stubs

from tableadmin.v1 import DescribeTableRequest, ListEndpointsRequest, WatchRequest, WatchResponse
from tableadmin.v1.endpoint_service_pb2_grpc import EndpointServiceStub
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub
from tests.authority import Authority, replace
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import Held, serving
from tests.server.listening.test_listeners import listening, write
from tests.server_process import ServerProcess, running_server

OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)


@contextmanager
def serving_tls(folder: Path, tls: dict[str, str], **connections: float) -> Iterator[ServerProcess]:
    """A server with one listener with TLS."""
    with listening(folder, [{"address": "127.0.0.1:0", "tls": tls}], connections=connections) as server:
        yield server


def call(address: str, credentials: grpc.ChannelCredentials | None) -> str:
    """The code in which a call on a connection of its own ends."""
    channel = (
        grpc.insecure_channel(address, OWN_CONNECTION)
        if credentials is None
        else grpc.secure_channel(address, credentials, OWN_CONNECTION)
    )
    with channel:
        return ended(EndpointServiceStub(channel))[0]


def ended(stub: EndpointServiceStub) -> tuple[str, str | None]:
    """How a call ends: code and text."""
    try:
        stub.ListEndpoints(ListEndpointsRequest(), timeout=60)
    except grpc.RpcError as error:
        return error.code().name, error.details()
    return "OK", None


def test_who_gets_in(tmp_path: Path) -> None:
    """With TLS clients must trust the server; with client_ca they need a certificate of that authority."""
    ours, other = Authority(), Authority()
    folders = [tmp_path / "tls", tmp_path / "mutual"]
    for folder in folders:
        folder.mkdir()
    tls, mutual = ours.write_server(folders[0]), ours.write_server(folders[1], ours)
    listeners = [{"address": "127.0.0.1:0", "tls": each} for each in (tls, mutual)]
    expired = ours.client(not_after=datetime.now(UTC) - timedelta(hours=1))
    with listening(tmp_path, listeners) as server:
        for at, credentials, expected in (
            (0, ours.credentials(), "OK"),
            (0, ours.credentials(other.client()), "OK"),
            (0, other.credentials(), "UNAVAILABLE"),
            (0, None, "UNAVAILABLE"),
            (1, ours.credentials(ours.client()), "OK"),
            (1, ours.credentials(), "UNAVAILABLE"),
            (1, ours.credentials(other.client()), "UNAVAILABLE"),
            (1, ours.credentials(expired), "UNAVAILABLE"),
            (1, None, "UNAVAILABLE"),
        ):
            assert expected == call(server.addresses[at], credentials)


def test_a_certificate_that_expires(tmp_path: Path) -> None:
    """Once a client certificate has expired, calls on its connection and on a resumed session are refused.

    Its streams end, also where the listener has no authenticators.
    """
    ours = Authority()
    options = resuming()
    with serving_tls(tmp_path, ours.write_server(tmp_path, ours)) as server:
        for seconds in (2, 10, 30):
            expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
            credentials = ours.credentials(ours.client(not_after=expires))
            with grpc.secure_channel(server.address, credentials, options) as channel:
                stub = EndpointServiceStub(channel)
                # On a busy machine the certificate may have expired before it was shown.
                if ended(stub)[0] == "OK":
                    watch = WatchServiceStub(channel).Watch(WatchRequest(all_tables=True), timeout=60)
                    with pytest.raises(grpc.RpcError) as stream_ended:
                        list(watch)
                    assert grpc.StatusCode.UNAUTHENTICATED == stream_ended.value.code()
                    wait_for(partial(has_come, expires), seconds=60)
                    refused = [ended(stub)]
                    break
        with grpc.secure_channel(server.address, credentials, options) as channel:
            refused.append(ended(EndpointServiceStub(channel)))
    text = "the client certificate has expired; get a new one and retry the call"
    assert [("UNAUTHENTICATED", text)] * 2 == refused


def has_come(moment: datetime) -> bool:
    """Whether it is later than MOMENT."""
    return datetime.now(UTC) > moment


def resuming() -> tuple[tuple[str, object], ...]:
    """The options of channels that resume each other's TLS sessions."""
    return (
        *OWN_CONNECTION,
        ("grpc.ssl_session_cache", session_cache.ssl_session_cache_lru(1)),
        # Sessions are kept by the name of the server, and an address is none.
        ("grpc.ssl_target_name_override", "localhost"),
    )


class Resuming(ssl.SSLContext):
    """A client's TLS of one version, which resumes `session` where that is set."""

    session: ssl.SSLSession | None = None
    connected: ssl.SSLObject

    @classmethod
    def of(cls, version: ssl.TLSVersion, client: trustme.LeafCert) -> "Resuming":
        """TLS of VERSION with the certificate CLIENT."""
        made = cls(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        made.minimum_version = made.maximum_version = version
        made.set_alpn_protocols(["h2"])
        client.configure_cert(made)
        return made

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:  # noqa: ANN401  # as of the base class
        """Begin a connection, which `connected` then is."""
        self.connected = super().wrap_bio(*args, **{**options, "session": self.session})
        return self.connected


@asynccontextmanager
async def through(server: ServerProcess, tls: Resuming) -> AsyncIterator[EndpointServiceStub]:
    """A stub for calls on a connection with TLS. The client of gRPC can't be told a version of TLS."""
    host, port = server.address.split(":")
    connections: list[asyncio.Task[None] | None] = []
    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())
        writers.append(writer)
        try:
            there, to_there = await asyncio.open_connection(host, port, ssl=tls, server_hostname="localhost")
        except (OSError, ssl.SSLError):
            writer.close()
        else:
            writers.append(to_there)
            await asyncio.gather(copied(reader, to_there), copied(there, writer))

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as pipe:
        async with grpc.aio.insecure_channel(address_of(pipe), OWN_CONNECTION) as channel:
            yield EndpointServiceStub(channel)
        for each in writers:
            each.transport.abort()
        await asyncio.wait_for(asyncio.gather(*filter(None, connections)), 60)


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy bytes until there are no more, or a connection is lost."""
    with suppress(OSError, ssl.SSLError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


def address_of(pipe: asyncio.Server) -> str:
    """Where PIPE listens."""
    host, port = pipe.sockets[0].getsockname()
    return f"{host}:{port}"


async def code_of(server: ServerProcess, tls: Resuming) -> str:
    """The code in which a call on a new connection ends. Afterwards TLS resumes the session."""
    async with through(server, tls) as stub:
        try:
            call: Any = stub.ListEndpoints(ListEndpointsRequest(), timeout=60)
            await call
        except grpc.RpcError as error:
            return error.code().name
        finally:
            tls.session = tls.connected.session
    return "OK"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_resumed_sessions(version: ssl.TLSVersion, tmp_path: Path) -> None:
    """In each version of TLS a resumed session proves no more than the client could prove anew.

    A session whose client certificate has expired is resumed, and its calls are refused. A session of an
    authority that was removed is not resumed.
    """
    ours, removed = Authority(), Authority()
    files = ours.write_server(tmp_path, ours, removed)
    gone = removed.client()
    with serving_tls(tmp_path, files) as server:
        of_removed = Resuming.of(version, gone)
        assert "OK" == await code_of(server, of_removed)
        for seconds in (2, 10, 30):
            expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
            expiring = Resuming.of(version, ours.client(not_after=expires))
            # On a busy machine the certificate may have expired before it was shown.
            if "OK" == await code_of(server, expiring):
                break
        assert ("OK", True) == (await code_of(server, of_removed), of_removed.connected.session_reused)
        await asyncio.to_thread(wait_for, partial(has_come, expires), seconds=60)
        refused = await code_of(server, expiring)
        assert ("UNAUTHENTICATED", True) == (refused, expiring.connected.session_reused)
        replace(Path(files["client_ca"]), ours.pem)
        server.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(wait_for, lambda: not gets_in(server, gone), seconds=60)
        assert "UNAVAILABLE" == await code_of(server, of_removed)


async def test_an_authority_that_is_removed(tmp_path: Path) -> None:
    """Clients of an authority that is removed are out once their connection has reached its maximum age.

    Their calls and their streams end, and they can't connect again, nor resume a session. Other clients
    notice nothing.
    """
    ours, removed = Authority(), Authority()
    age, grace = 1.0, 0.5
    tls = ours.write_server(tmp_path, ours, removed)
    with serving_tls(tmp_path, tls, max_age=age, max_age_grace=grace) as server:
        gone, options = ours.credentials(removed.client()), resuming()
        async with (
            grpc.aio.secure_channel(server.address, gone, options) as calling,
            grpc.aio.secure_channel(server.address, gone, OWN_CONNECTION) as streaming,
            grpc.aio.secure_channel(server.address, ours.credentials(ours.client())) as staying,
        ):
            watch = WatchServiceStub(streaming).Watch(WatchRequest(all_tables=True))
            await watch.read()
            await EndpointServiceStub(calling).ListEndpoints(ListEndpointsRequest())
            replace(Path(tls["client_ca"]), ours.pem)
            server.process.send_signal(signal.SIGHUP)
            began = time.monotonic()
            await asyncio.gather(until_refused(calling), until_end(watch))
            # Without a bound both would last for ever; a busy machine needs many seconds beside the bound.
            assert time.monotonic() - began < 1.1 * age + grace + 60
            await EndpointServiceStub(staying).ListEndpoints(ListEndpointsRequest())
        assert "UNAVAILABLE" == call(server.address, gone)
        with grpc.secure_channel(server.address, gone, options) as again:
            assert "UNAVAILABLE" == ended(EndpointServiceStub(again))[0]


def test_the_grace_of_an_old_connection(tmp_path: Path) -> None:
    """A call in progress ends well on a connection that has reached its maximum age."""
    ours, held = Authority(), Held()
    connections = {"max_age": 0.5, "max_age_grace": 60.0}
    listener = {"address": "127.0.0.1:0", "tls": ours.write_server(tmp_path)}
    left = threading.Event()

    def noted(state: grpc.ChannelConnectivity) -> None:
        # The server has told the client to open another connection.
        if state is grpc.ChannelConnectivity.IDLE and ready.is_set():
            left.set()
        if state is grpc.ChannelConnectivity.READY:
            ready.set()

    ready = threading.Event()
    with serving(held) as endpoint:
        config = write(tmp_path / "config.toml", endpoint.url, listeners=[listener], connections=connections)
        with (
            running_server("--config", str(config), listen=None) as server,
            grpc.secure_channel(server.address, ours.credentials(), OWN_CONNECTION) as channel,
        ):
            channel.subscribe(noted)
            call = TableAdminStub(channel).DescribeTable.future(
                DescribeTableRequest(table_name="Music"), timeout=90
            )
            held.wait()
            assert left.wait(60)
            assert not call.done()
            held.release()
            call.result()


async def until_refused(channel: grpc.aio.Channel) -> None:
    """Call until a call fails."""
    stub = EndpointServiceStub(channel)
    try:
        while True:
            await stub.ListEndpoints(ListEndpointsRequest())
            await asyncio.sleep(0.02)
    except grpc.RpcError:
        return


async def until_end(watch: "grpc.aio.UnaryStreamCall[WatchRequest, WatchResponse]") -> None:
    """Read a stream until it ends."""
    with pytest.raises(grpc.RpcError):
        await asyncio.wait_for(_to_the_end(watch), 90)


async def _to_the_end(watch: "grpc.aio.UnaryStreamCall[WatchRequest, WatchResponse]") -> None:
    while await watch.read():
        pass


def until_shown(server: ServerProcess, expected: int, client: trustme.LeafCert) -> None:
    """Connect until the server shows the certificate EXPECTED; CLIENT must get in then."""

    def shown() -> bool:
        connected = handshake(server, client)
        return connected is not None and connected == expected

    wait_for(shown, seconds=60)


def gets_in(server: ServerProcess, client: trustme.LeafCert) -> bool:
    """Whether a connection with the certificate CLIENT is taken."""
    return handshake(server, client) is not None


def handshake(server: ServerProcess, client: trustme.LeafCert) -> int | None:
    """The serial number of the certificate that the server shows, None where it does not take CLIENT."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    client.configure_cert(context)
    host, port = server.address.split(":")
    try:
        with (
            socket.create_connection((host, int(port)), timeout=60) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as connection,
        ):
            # A server refuses a certificate after the handshake; one that takes it sends its settings.
            if not connection.recv(1):
                return None
            shown = connection.getpeercert(binary_form=True)
    except (ssl.SSLError, ConnectionError):
        return None
    return x509.load_der_x509_certificate(shown or b"").serial_number


def serial_in(path: str) -> int:
    """The serial number of the first certificate in a file."""
    return x509.load_pem_x509_certificate(Path(path).read_bytes()).serial_number
