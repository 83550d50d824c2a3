"""How a request gets to an endpoint and its answer back, byte by byte, on real connections.

Most of it holds however a request is sent and is tried each way: by boto3, and as the first try of a read on
the event loop. To callers it must make no difference.
"""

import asyncio
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import trustme
from botocore import exceptions as boto
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.credentials import Credentials
from botocore.httpsession import where
from botocore.parsers import ResponseParserError
from botocore.session import Session
from google.rpc.code_pb2 import Code

from tableadmin.v1 import ListTablesRequest
from tableadmin_server.config import EndpointConfig, RetryMode
from tableadmin_server.dynamodb.client.reads import Reads
from tableadmin_server.dynamodb.client.session import make_client
from tableadmin_server.dynamodb.client.transport import Exchange, Transport, ca_bundle
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tests.server.harness.accepting import accepting

REGION = "us-west-2"
SECRET = "secret"
# What differs from one request to the next.
PASSING = {"authorization", "host", "x-amz-date", "amz-sdk-invocation-id"}
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def answer(body: bytes = b'{"TableNames":[]}', *fields: str, status: str = "200 OK") -> bytes:
    """The bytes of an HTTP response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    line: str
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """A connection that someone has opened to a `RawEndpoint`."""

    def __init__(self, connection: socket.socket, requests: list[Request]) -> None:
        """Speak over CONNECTION and add to REQUESTS what comes in."""
        self._socket = connection
        self._incoming = connection.makefile("rb")
        self._requests = requests

    def receive(self) -> bool:
        """Take the next request; False when there is none any more."""
        line = self._incoming.readline().decode("latin-1").strip()
        if not line:
            return False
        fields: dict[str, str] = {}
        while field_line := self._incoming.readline().decode("latin-1").strip():
            name, _, value = field_line.partition(":")
            assert name.lower() not in fields, f"{name} came twice"
            fields[name.lower()] = value.strip()
        body = self._incoming.read(int(fields.get("content-length", 0)))
        self._requests.append(Request(line, fields, body))
        return True

    def send(self, data: bytes) -> None:
        """Send DATA, whether anybody listens or not."""
        with suppress(OSError):
            self._socket.sendall(data)

    def reset(self) -> None:
        """Break the connection, instead of closing it."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        """Close the connection."""
        self._socket.shutdown(socket.SHUT_RDWR)


# What happens on a connection; the number says which one it is, from 1.
Script = Callable[[Wire, int], None]


def answering(data: bytes) -> Script:
    """Answer every request with DATA and keep the connection."""

    def script(wire: Wire, _: int) -> None:
        while wire.receive():
            wire.send(data)

    return script


def once(data: bytes) -> Script:
    """Answer one request with DATA and close the connection, which DATA does not announce."""

    def script(wire: Wire, _: int) -> None:
        if wire.receive():
            wire.send(data)

    return script


@dataclass
class RawEndpoint:
    """What listens at `port` of 127.0.0.1, and what has happened there."""

    port: int
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open_connections: int = 0

    @property
    def url(self) -> str:
        """The URL without TLS."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def listening(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[RawEndpoint]:
    """An endpoint that follows SCRIPT on each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = RawEndpoint(listener.getsockname()[1])

        def secured(connection: socket.socket) -> socket.socket:
            return tls.wrap_socket(connection, server_side=True) if tls else connection

        def converse(connection: socket.socket, number: int) -> None:
            # Whoever connects may break off at any time, and does when it does not like the certificate.
            with connection, suppress(OSError), secured(connection) as plain:
                script(Wire(plain, endpoint.requests), number)
            endpoint.open_connections -= 1

        def accepted(connection: socket.socket) -> None:
            endpoint.connections += 1
            endpoint.open_connections += 1
            threading.Thread(target=converse, args=(connection, endpoint.connections), daemon=True).start()

        with accepting(listener, accepted):
            yield endpoint


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's settings."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "REQUESTS_CA"))]:
        monkeypatch.delenv(name)
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


class Reading:
    """Clients whose ListTables goes the way of an endpoint's reads, on an event loop of their own."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._endpoints: list[Endpoint] = []

    def make_client(self, name: str, config: EndpointConfig) -> BaseClient:
        """A client of the endpoint NAME."""
        endpoint = Endpoint(name, config)
        self._endpoints.append(endpoint)
        setattr(  # noqa: B010  # an attribute that no stub knows of
            endpoint._calls._client,
            "list_tables",
            lambda: self._runner.run(endpoint._calls.response("ListTables", {})),
        )
        return endpoint._calls._client

    @property
    def connections(self) -> int:
        """Those that are idle, on the event loop."""
        return sum(
            len(endpoint._calls._reads._idle) for endpoint in self._endpoints if endpoint._calls._reads
        )

    async def _close_all(self) -> None:
        for endpoint in self._endpoints:
            endpoint.close()

    def close(self) -> None:
        """Close the endpoints and the loop."""
        with self._runner:
            self._runner.run(self._close_all())


def _use(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if name != "reads":
        monkeypatch.setattr(Reads, "can_be_signed", lambda _: False)
        yield name
        return
    with closing(Reading()) as reading:
        monkeypatch.setattr(sys.modules[__name__], "make_client", reading.make_client)
        yield name


@pytest.fixture(params=["reads", "botocore"])
def sender(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run the test with requests sent by each in turn."""
    yield from _use(request.param, monkeypatch)


@pytest.fixture
def by_libcurl(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run the test with reads sent by libcurl alone."""
    yield from _use("reads", monkeypatch)


def config_of(
    url: str, *, read_timeout: float = 60, connect_timeout: float = 60, max_attempts: int = 1
) -> EndpointConfig:
    """An endpoint at URL that is tried once."""
    return EndpointConfig(
        endpoint_url=url,
        region=REGION,
        max_attempts=max_attempts,
        read_timeout=read_timeout,
        connect_timeout=connect_timeout,
    )


def client_of(
    url: str, *, read_timeout: float = 60, connect_timeout: float = 60, max_attempts: int = 1
) -> BaseClient:
    """A client for such an endpoint."""
    return make_client(
        "raw",
        config_of(url, read_timeout=read_timeout, connect_timeout=connect_timeout, max_attempts=max_attempts),
    )


def list_tables(client: BaseClient) -> dict[str, Any]:
    """The answer to a ListTables."""
    # The stubs know of operations only where the service is known.
    return cast("dict[str, Any]", client.list_tables())  # type: ignore[attr-defined]  # see above


def table_names(client: BaseClient) -> list[str]:
    """The names of the tables in it."""
    return cast("list[str]", list_tables(client)["TableNames"])


def failed(url: str) -> Failure:
    """What a caller of the service is told when ListTables fails at URL."""

    async def fail() -> Failure:
        endpoint = Endpoint("raw", config_of(url))
        try:
            await endpoint.call("ListTables", {}, ListTablesRequest())
        except Failure as failure:
            return failure
        finally:
            endpoint.close()
        raise AssertionError("it did not fail")

    return asyncio.run(fail())


def eventually(holds: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether it HOLDS now or soon."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


# The request


def lasting(request: Request) -> tuple[str, dict[str, str], bytes]:
    """What does not differ from one request to the next."""
    headers = {name: value for name, value in request.headers.items() if name not in PASSING}
    return request.line, headers, request.body


def sent(url_format: str, on_request: Callable[..., None] | None = None) -> Request:
    """What arrives of a ListTables, which ON_REQUEST may change after it has been signed."""
    with listening(answering(answer())) as endpoint:
        client = client_of(url_format.format(endpoint.port))
        if on_request:
            client.meta.events.register_last("request-created.dynamodb", on_request)
        table_names(client)
    (request,) = endpoint.requests
    return request


def set_header(value: str) -> Callable[..., None]:
    """Give a request the header x-note."""

    def change(request: AWSRequest, **_: object) -> None:
        request.headers["x-note"] = value

    return change


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{}", "http://LOCALHOST:{}", "http://localhost:{}/a/../b//c/"]
)
@pytest.mark.parametrize("attempts", [1, 3])
def test_reads_are_botocores(url: str, attempts: int) -> None:
    """The first try of a read arrives as boto3 would have sent it, field by field, and returns the same.

    boto3 sends reads to a URL with a path.
    """
    full = answer(b'{"TableNames":["a"],"New":1}', "x-amzn-RequestId: R1")
    with listening(answering(full)) as endpoint, closing(Reading()) as reading:
        config = config_of(url.format(endpoint.port), max_attempts=attempts)
        by_reads = list_tables(reading.make_client("raw", config))
        assert reading.connections == (0 if urlsplit(config.endpoint_url).path else 1)
        by_botocore = list_tables(make_client("raw", config))
    first, second = endpoint.requests
    assert lasting(second) == lasting(first)
    for read in (by_reads, by_botocore):
        read["ResponseMetadata"].pop("MaxAttemptsReached", None)  # which boto3 says of successes too
    assert by_botocore == by_reads


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{}",
        "http://LocalHost:{}",
        "http://user:password@localhost:{}/",
        "http://localhost:{}/a/../b/",
    ],
)
@pytest.mark.usefixtures("by_libcurl")
def test_signatures_hold(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The signature is that of the method, path, host, headers and body that arrive."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    request = sent(url)
    method, path, _ = request.line.split()
    scheme, _, signature = request.headers["authorization"].rpartition(", Signature=")
    signed = scheme.rpartition("SignedHeaders=")[2].split(";")
    assert {"content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"} <= set(signed)
    # Proxies may change these.
    assert set(signed).isdisjoint({"accept-encoding", "user-agent"})
    arrived = AWSRequest(
        method,
        f"http://{request.headers['host']}{path}",
        headers={name: request.headers[name] for name in signed},
        data=request.body,
    )
    arrived.context["timestamp"] = request.headers["x-amz-date"]
    auth = SigV4Auth(Credentials("AKID", SECRET), "dynamodb", REGION)
    text = auth.string_to_sign(arrived, auth.canonical_request(arrived))
    assert auth.signature(text, arrived) == signature


@pytest.mark.parametrize("value", ["a\r\nX-Forged: b", "a\n", "a\r"])
def test_line_breaks(value: str) -> None:
    """A header with a line break is never sent by boto3, since it would end there."""
    with listening(answering(answer())) as endpoint:
        client = client_of(endpoint.url)
        client.meta.events.register_last("request-created.dynamodb", set_header(value))
        with pytest.raises(boto.HTTPClientError):
            table_names(client)
    assert [] == endpoint.requests


@pytest.mark.parametrize("value", ["a\r\nX-Forged: b", "a\n", "a\r"])
def test_line_breaks_in_reads(value: str) -> None:
    """Nor by libcurl."""
    curl = Transport(1, 1, where()).connection("tests")
    with pytest.raises(boto.HTTPClientError):
        Exchange(curl, "http://127.0.0.1", {"x-note": value}, b"")


@pytest.mark.usefixtures("by_libcurl")
def test_nothing_is_added(tmp_path: Path) -> None:
    """Neither files in the home directory nor earlier answers change what is sent, and where."""
    (tmp_path / ".netrc").write_text("default login someone password secret")
    (tmp_path / ".curlrc").write_text('header = "X-Curlrc: yes"')
    ask_for_more = answer(
        b'{"TableNames":[]}',
        "Set-Cookie: session=1; Path=/",
        "Strict-Transport-Security: max-age=3600",
        'Alt-Svc: h2="127.0.0.1:1"; ma=3600',
    )
    with listening(answering(ask_for_more)) as endpoint:
        client = client_of(endpoint.url)
        table_names(client)
        table_names(client)
    first, second = endpoint.requests
    assert lasting(first) == lasting(second)
    assert not {"cookie", "x-curlrc"} & first.headers.keys()
    assert first.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_redirects(status: str) -> None:
    """A redirection is an error: what is signed for one endpoint goes to no other."""
    with listening(answering(answer())) as other:
        redirection = answer(b"", f"Location: {other.url}/", status=status)
        with listening(answering(redirection)) as endpoint, pytest.raises(boto.ClientError) as raised:
            table_names(client_of(endpoint.url))
    assert (0, 1) == (other.connections, len(endpoint.requests))
    assert int(status[:3]) == raised.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.usefixtures("sender")
def test_passwords() -> None:
    """A password in the URL is never sent, not even to an endpoint that asks for one."""
    asking = answer(b"{}", 'WWW-Authenticate: Basic realm="x"', status="401 Unauthorized")
    with listening(answering(asking)) as endpoint, pytest.raises(boto.ClientError):
        table_names(client_of(f"http://user:password@127.0.0.1:{endpoint.port}"))
    (request,) = endpoint.requests
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")


# TLS


@dataclass(frozen=True)
class Authority:
    """An authority for certificates, and the file that makes it trusted."""

    ca: trustme.CA
    bundle: str

    def context(self, host: str) -> ssl.SSLContext:
        """What a server with a certificate for HOST needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(host).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody trusts yet."""
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    ca.cert_pem.write_to_path(path)
    return Authority(ca, str(path))


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize("where_said", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "profile"])
def test_trusted_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: Authority, where_said: str
) -> None:
    """An authority that the environment or the profile names is trusted; connections are kept."""
    if where_said == "profile":
        config = tmp_path / "config"
        config.write_text(f"[default]\nca_bundle = {authority.bundle}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    else:
        monkeypatch.setenv(where_said, authority.bundle)
    with listening(answering(answer()), authority.context("127.0.0.1")) as endpoint:
        client = client_of(f"https://127.0.0.1:{endpoint.port}")
        assert [[], []] == [table_names(client), table_names(client)]
    assert 1 == endpoint.connections


def test_default_authorities() -> None:
    """Without more said, those are trusted that botocore trusts."""
    assert where() == ca_bundle(Session())


def old_tls(context: ssl.SSLContext) -> None:
    """Offer nothing newer than TLS 1.1."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize(
    ("trusts", "host", "change"),
    [
        (False, "127.0.0.1", None),
        (True, "localhost", None),
        (True, "127.0.0.2", None),
        (True, "127.0.0.1", old_tls),
    ],
    ids=["unknown authority", "other name", "other address", "old TLS"],
)
def test_refused_servers(
    monkeypatch: pytest.MonkeyPatch,
    authority: Authority,
    trusts: bool,  # noqa: FBT001  # pytest gives it by name
    host: str,
    change: Callable[[ssl.SSLContext], None] | None,
) -> None:
    """A server of an unknown authority, with another name or old TLS gets no request; callers see no why."""
    if trusts:
        monkeypatch.setenv("AWS_CA_BUNDLE", authority.bundle)
    context = authority.context(host)
    if change:
        change(context)
    with listening(answering(answer()), context) as endpoint:
        url = f"https://127.0.0.1:{endpoint.port}"
        with pytest.raises(boto.SSLError):
            table_names(client_of(url))
        failure = failed(url)
    assert [] == endpoint.requests
    assert (Code.UNAVAILABLE, "ListTables: the endpoint cannot be reached") == (failure.code, failure.message)


@pytest.mark.usefixtures("sender")
def test_missing_bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: Authority) -> None:
    """A file of authorities that is not there lets nobody through."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with listening(answering(answer()), authority.context("127.0.0.1")) as endpoint:
        failure = failed(f"https://127.0.0.1:{endpoint.port}")
    assert ([], Code.UNAVAILABLE) == (endpoint.requests, failure.code)
    assert "none.pem" not in failure.message


# Proxies


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize(
    ("environment", "url", "expected"),
    [
        ({"HTTP_PROXY": "{}"}, "http://dynamodb.test:8000", "POST http://dynamodb.test:8000/ HTTP/1.1"),
        ({"http_proxy": "{}"}, "http://dynamodb.test:8000", "POST http://dynamodb.test:8000/ HTTP/1.1"),
        ({"HTTPS_PROXY": "{}"}, "https://dynamodb.test", "CONNECT dynamodb.test:443 HTTP/1."),
        ({"https_proxy": "{}"}, "https://dynamodb.test", "CONNECT dynamodb.test:443 HTTP/1."),
    ],
)
def test_proxies(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], url: str, expected: str
) -> None:
    """A proxy that the environment names for the endpoint gets the request."""
    with listening(once(answer(status="407 Who Are You"))) as proxy:
        for name, value in environment.items():
            monkeypatch.setenv(name, value.format(proxy.url))
        with pytest.raises((boto.ClientError, boto.ProxyConnectionError)):
            table_names(client_of(url))
    (request,) = proxy.requests
    assert request.line.startswith(expected)


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize(
    "environment",
    [
        {"HTTP_PROXY": "{}", "NO_PROXY": "127.0.0.1"},
        {"http_proxy": "{}", "no_proxy": "localhost,127.0.0.1"},
        {"HTTP_PROXY": "{}", "no_proxy": "*"},
        {"HTTPS_PROXY": "{}"},
        {"ALL_PROXY": "{}"},
    ],
)
def test_no_proxy(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    """A proxy that is not for the endpoint gets nothing."""
    with listening(once(answer())) as proxy, listening(once(answer())) as endpoint:
        for name, value in environment.items():
            monkeypatch.setenv(name, value.format(proxy.url))
        assert [] == table_names(client_of(endpoint.url))
    assert (0, 1) == (proxy.connections, len(endpoint.requests))


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, free_port: int, variable: str, host: str
) -> None:
    """An endpoint on this machine is never called through a proxy."""
    monkeypatch.setenv(variable, f"http://127.0.0.1:{free_port}")
    with listening(once(answer())) as endpoint:
        assert [] == table_names(client_of(f"http://{host}:{endpoint.port}"))
    assert 1 == len(endpoint.requests)


# Time


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port that answers no attempt to connect: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        address = listener.getsockname()
        for _ in range(3):
            connection = waiting.enter_context(socket.socket())
            connection.settimeout(0)
            connection.connect_ex(address)
        yield address[1]


@pytest.mark.usefixtures("sender")
def test_connect_timeout(full_port: int) -> None:
    """An endpoint that can't be connected to in time is a ConnectTimeoutError."""
    began = time.monotonic()
    with pytest.raises(boto.ConnectTimeoutError):
        table_names(client_of(f"http://127.0.0.1:{full_port}", connect_timeout=0.2))
    assert 0.2 <= time.monotonic() - began < 50  # botocore's own bound is 60 s


@pytest.mark.usefixtures("by_libcurl")
def test_handshake_timeout() -> None:
    """An endpoint that does not shake hands has been sent nothing: a ConnectTimeoutError too."""
    over = threading.Event()

    def script(*_: object) -> None:
        over.wait(60)

    with listening(script) as endpoint:
        with pytest.raises(boto.ConnectTimeoutError):
            table_names(client_of(f"https://127.0.0.1:{endpoint.port}", connect_timeout=0.2))
        over.set()


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize(
    # Where a call is answered first, a busy machine has the time to do so.
    ("calls_before", "timeout"),
    [(0, 0.2), (1, 3.0)],
    ids=["fresh", "reused"],
)
def test_read_timeout(calls_before: int, timeout: float) -> None:
    """An endpoint that does not answer in time is a ReadTimeoutError, on any connection."""

    def script(wire: Wire, _: int) -> None:
        for _ in range(calls_before):
            wire.receive()
            wire.send(answer())
        while wire.receive():
            pass

    with listening(script) as endpoint:
        client = client_of(endpoint.url, connect_timeout=1.5, read_timeout=timeout)
        for _ in range(calls_before):
            table_names(client)
        began = time.monotonic()
        with pytest.raises(boto.ReadTimeoutError):
            table_names(client)
        assert timeout <= time.monotonic() - began < 50  # botocore's own bound is 60 s
    assert (1, calls_before + 1) == (endpoint.connections, len(endpoint.requests))


@pytest.mark.usefixtures("sender")
def test_dripping() -> None:
    """An endpoint that answers byte by byte, each in time, is a ReadTimeoutError all the same."""
    over = threading.Event()
    drops = 0

    def script(wire: Wire, _: int) -> None:
        nonlocal drops
        wire.receive()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not over.wait(0.05):
            drops += 1
            wire.send(b" ")

    with listening(script) as endpoint:
        client = client_of(endpoint.url, connect_timeout=1.5, read_timeout=0.3)
        began = time.monotonic()
        with pytest.raises(boto.ReadTimeoutError):
            table_names(client)
        # Not by the clock: a busy machine delays whoever sends as much as whoever waits.
        assert drops < 2 / 0.05
        assert 0.3 <= time.monotonic() - began
        over.set()


# Connections


@pytest.mark.usefixtures("sender")
def test_reuse() -> None:
    """One thread needs one connection."""
    with listening(answering(answer())) as endpoint:
        client = client_of(endpoint.url)
        for _ in range(5):
            table_names(client)
    assert (1, 5) == (endpoint.connections, len(endpoint.requests))


@pytest.mark.usefixtures("sender")
def test_idle_connections_end() -> None:
    """A connection that the endpoint has closed meanwhile is replaced without a retry."""
    with listening(once(answer())) as endpoint:
        client = client_of(endpoint.url)
        for _ in range(3):
            assert [] == table_names(client)
            assert eventually(lambda: endpoint.open_connections == 0)
    assert (3, 3) == (endpoint.connections, len(endpoint.requests))


def ending_the_second(ending: Callable[[Wire], None]) -> Script:
    """Answer one request on each connection, and end the connection in place of the next answer."""

    def script(wire: Wire, _: int) -> None:
        wire.receive()
        wire.send(answer(b"{}"))
        if wire.receive():
            ending(wire)

    return script


@pytest.mark.parametrize("mode", ["standard", "adaptive", "legacy"])
@pytest.mark.parametrize("ending", [Wire.close, Wire.reset])
@pytest.mark.parametrize("tried", ["as configured", "once"])
def test_reused_connections_end(ending: Callable[[Wire], None], mode: RetryMode, tried: str) -> None:
    """A change on a connection that ends without an answer is an error; the endpoint got it only once."""

    async def change_twice(url: str) -> Failure:
        config = EndpointConfig(endpoint_url=url, region=REGION, max_attempts=3, retry_mode=mode)
        with closing(Endpoint("raw", config)) as endpoint:

            async def change() -> object:
                if tried == "once":
                    return await endpoint.single_call("DeleteTable", {"TableName": "Music"}, lambda: True)
                return await endpoint.call("DeleteTable", {"TableName": "Music"})

            await change()
            with pytest.raises(Failure) as raised:
                await change()
        return raised.value

    with listening(ending_the_second(ending)) as endpoint:
        failure = asyncio.run(change_twice(endpoint.url))
    assert (Code.UNAVAILABLE, 1, 2) == (failure.code, endpoint.connections, len(endpoint.requests))


@pytest.mark.usefixtures("by_libcurl")
@pytest.mark.parametrize("ending", [Wire.close, Wire.reset])
def test_reads_are_sent_again(ending: Callable[[Wire], None]) -> None:
    """A read on a connection that ends without an answer is sent again on a fresh one."""

    def script(wire: Wire, number: int) -> None:
        wire.receive()
        wire.send(answer())
        wire.receive()
        if number == 1:
            ending(wire)
        else:
            wire.send(answer())

    with listening(script) as endpoint:
        client = client_of(endpoint.url)
        assert [[], []] == [table_names(client), table_names(client)]
    assert 2 == endpoint.connections


# Changes that may have been made: bytes that are answered, and the connection closes.
LOST = {
    "nothing": b"",
    "half an answer": answer(b"{}")[:-10],
    "500": answer(b'{"__type":"InternalServerError"}', status="500 Internal Server Error"),
    "502 page": answer(b"<html>", status="502 Bad Gateway"),
    "503": answer(b'{"__type":"ServiceUnavailable"}', status="503 Service Unavailable"),
    "another checksum": answer(b"{}", "x-amz-crc32: 1"),
}


@pytest.mark.parametrize("mode", ["standard", "adaptive", "legacy"])
@pytest.mark.parametrize("data", LOST.values(), ids=LOST)
def test_changes_are_not_sent_again(data: bytes, mode: RetryMode) -> None:
    """A change that the endpoint may have carried out is sent once, however many tries are configured."""
    with listening(once(data)) as endpoint:
        failure = changed(endpoint.url, mode)
    assert 1 == len(endpoint.requests)
    assert failure is not None


@pytest.mark.parametrize("mode", ["standard", "adaptive", "legacy"])
def test_changes_that_were_not_made_are_sent_again(mode: RetryMode) -> None:
    """A change that was throttled, and so was not carried out, is tried as often as configured."""
    throttled = answer(b'{"__type":"ThrottlingException"}', status="400 Bad Request")
    with listening(answering(throttled)) as endpoint:
        failure = changed(endpoint.url, mode)
    assert 2 == len(endpoint.requests)
    assert failure is not None
    assert Code.RESOURCE_EXHAUSTED == failure.code


def changed(url: str, mode: RetryMode) -> Failure | None:
    """How a DeleteTable ends that may be tried twice."""

    async def change() -> Failure | None:
        config = EndpointConfig(endpoint_url=url, region=REGION, max_attempts=2, retry_mode=mode)
        with closing(Endpoint("raw", config)) as endpoint:
            try:
                await endpoint.call("DeleteTable", {"TableName": "Music"})
            except Failure as failure:
                return failure
        return None

    return asyncio.run(change())


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize("mode", ["standard", "adaptive", "legacy"])
@pytest.mark.parametrize("ending", [Wire.close, Wire.reset])
def test_fresh_connections_end(mode: RetryMode, ending: Callable[[Wire], None]) -> None:
    """A connection that ends without an answer is a ConnectionClosedError, which botocore retries."""

    def script(wire: Wire, _: int) -> None:
        wire.receive()
        ending(wire)

    with listening(script) as endpoint:
        config = EndpointConfig(endpoint_url=endpoint.url, region=REGION, max_attempts=2, retry_mode=mode)
        with pytest.raises(boto.ConnectionClosedError):
            table_names(make_client("raw", config))
    assert (2, 2) == (endpoint.connections, len(endpoint.requests))


@pytest.mark.usefixtures("sender")
def test_closing_an_endpoint() -> None:
    """No connection outlives its endpoint."""
    gathered = threading.Barrier(3)

    def script(wire: Wire, _: int) -> None:
        while wire.receive():
            gathered.wait(60)
            wire.send(answer())

    async def call_and_close(url: str) -> None:
        endpoint = Endpoint("raw", config_of(url))
        calls = [endpoint.call("ListTables", {}, ListTablesRequest()) for _ in range(gathered.parties)]
        await asyncio.gather(*calls)
        assert 3 == listener.open_connections
        endpoint.close()

    with listening(script) as listener:
        asyncio.run(call_and_close(listener.url))
        assert eventually(lambda: listener.open_connections == 0)


def test_closing_after_a_single_try() -> None:
    """No connection of calls with a single attempt outlives its endpoint."""

    def script(wire: Wire, _: int) -> None:
        while wire.receive():
            wire.send(answer())

    async def call_and_close(url: str) -> None:
        endpoint = Endpoint("raw", config_of(url))
        await endpoint.single_call("DeleteTable", {"TableName": "Music"}, lambda: True)
        assert 1 == listener.open_connections
        endpoint.close()
        kept.append(endpoint)

    # An endpoint that is kept is not collected, and only `close` ends its connections.
    kept: list[Endpoint] = []
    with listening(script) as listener:
        asyncio.run(call_and_close(listener.url))
        assert eventually(lambda: listener.open_connections == 0)


# Answers


@pytest.mark.usefixtures("sender")
def test_checksums() -> None:
    """An answer that is not what its checksum says is asked for anew."""
    body = json.dumps({"TableNames": ["Music"]}).encode()
    crc = f"x-amz-crc32: {zlib.crc32(body)}"

    def script(wire: Wire, number: int) -> None:
        wire.receive()
        wire.send(answer(body if number == 2 else body.replace(b"Music", b"Musik"), crc, "Connection: close"))

    with listening(script) as endpoint:
        assert ["Music"] == table_names(client_of(endpoint.url, max_attempts=2))
    assert 2 == len(endpoint.requests)


@pytest.mark.usefixtures("sender")
def test_chunks_and_interim_answers() -> None:
    """An answer may come in chunks and after an interim one."""
    body = b'b\r\n{"TableName\r\n8\r\ns":["M"]\r\n1\r\n}\r\n0\r\n\r\n'
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with listening(answering(early + body)) as endpoint:
        client = client_of(endpoint.url)
        assert [["M"], ["M"]] == [table_names(client), table_names(client)]
    assert 1 == endpoint.connections


@pytest.mark.usefixtures("by_libcurl")
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", boto.ConnectionClosedError),
        (b"\x15\x03\x03\x00\x02\x02\x16", boto.ConnectionClosedError),
        (b"HTTP/1.1 OK\r\n\r\n", boto.ConnectionClosedError),
        (b"HTTP/1.1 200", boto.ConnectionClosedError),
        (b"HTTP/1.1 200 OK\r\nContent-Le", ResponseParserError),
        (answer()[:-1], boto.ConnectionClosedError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", boto.ConnectionClosedError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n?\r\n{", boto.ConnectionClosedError),
        (answer(b"{}", "X-Huge: " + "x" * 200_000), boto.HTTPClientError),
        (answer(b"{}", *[f"X-{n}: {'x' * 1000}" for n in range(1000)]), boto.HTTPClientError),
    ],
    ids=[
        "SSH",
        "TLS",
        "no status",
        "half a status",
        "half a header",
        "half a body",
        "half a chunk",
        "no chunk",
        "huge header",
        "many headers",
    ],
)
def test_broken_answers(data: bytes, expected: type[Exception]) -> None:
    """What is no HTTP response is UNAVAILABLE, and no caller sees any of it."""
    with listening(once(data)) as endpoint:
        with pytest.raises(expected):
            table_names(client_of(endpoint.url))
        failure = failed(endpoint.url)
    assert Code.UNAVAILABLE == failure.code
    assert failure.message in {
        "ListTables: the connection to the endpoint was lost",
        "ListTables: the response of the endpoint cannot be parsed",
    }


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize("url", ["http://127.0.0.1:{}", "http://no-such-host.invalid:{}"])
def test_nobody_there(free_port: int, url: str) -> None:
    """An endpoint that does not exist is an EndpointConnectionError."""
    with pytest.raises(boto.EndpointConnectionError):
        table_names(client_of(url.format(free_port)))
