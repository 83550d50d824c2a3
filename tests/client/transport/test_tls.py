"""Clients and TLS: how they connect, and what they say where a connection can't be made."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

import tableadmin.aio
import tableadmin.boto3
from tableadmin import Client, Tls, Unavailable
from tableadmin.channel import Target
from tableadmin.errors import tls_problem
from tableadmin.transport.tls import _system_file
from tableadmin.v1 import WaitCondition
from tests.client.transport.tls_servers import TlsServers, tls_servers

BOTH = "a client certificate needs its private key: give both cert and key"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServers]:
    """A listener of each kind."""
    with tls_servers(tmp_path_factory.mktemp("tls")) as started:
        yield started


@pytest.fixture
def tls(servers: TlsServers) -> Tls:
    """What a client needs that every server takes."""
    return Tls(servers.ca, servers.cert, servers.key)


async def test_each_client(servers: TlsServers, tls: Tls) -> None:
    """Each of the three clients connects with TLS, and shows its certificate."""
    with Client(servers.mutual, credentials=tls) as client:
        assert ["Music"] == list(client.list_tables().table_names)
    async with tableadmin.aio.Client(servers.mutual, credentials=tls) as asynchronous:
        assert ["Music"] == list((await asynchronous.list_tables()).table_names)
    with tableadmin.boto3.client(servers.mutual, credentials=tls) as dynamodb:
        assert ["Music"] == dynamodb.list_tables()["TableNames"]
    with Client(servers.tls, credentials=Tls(Path(servers.ca))) as client:
        assert ["Music"] == list(client.list_tables().table_names)


@pytest.mark.parametrize(
    ("server", "files", "problem", "text"),
    [
        ("tls", None, "TLS_REQUIRED", "the server closed the connection, as a server does that requires TLS"),
        ("mutual", None, "TLS_REQUIRED", "as a server does that requires TLS"),
        ("plain", ("ca",), "TLS_NOT_SERVED", "the server does not speak TLS at this address"),
        ("mutual", ("ca",), "CLIENT_CERTIFICATE_REQUIRED", "requires a client certificate"),
        (
            "mutual",
            ("ca", "other_cert", "other_key"),
            "CLIENT_CERTIFICATE_REFUSED",
            "refuses the client certificate: another authority has issued it, or it has expired",
        ),
        ("tls", ("other_ca",), "SERVER_NOT_TRUSTED", "no authority that this client trusts has issued"),
        ("tls", (), "SERVER_NOT_TRUSTED", "no authority that this client trusts has issued"),
        ("expired", ("ca",), "SERVER_CERTIFICATE_EXPIRED", "the certificate of the server has expired"),
        ("named", ("ca",), "SERVER_NAME_WRONG", "the certificate of the server is for another name"),
    ],
)
def test_mismatches(
    servers: TlsServers, server: str, files: tuple[str, ...] | None, problem: str, text: str
) -> None:
    """What keeps client and server apart is said in the error."""
    address = getattr(servers, server)
    credentials = None if files is None else Tls(*(getattr(servers, each) for each in files))
    with Client(address, credentials=credentials) as client:
        error = failed(client)
    assert (problem, True) == (error.tls_problem, text in error.message)
    assert error.message.startswith(f"cannot reach {address}: ")


async def test_mismatches_of_streams_and_of_the_asyncio_client(servers: TlsServers) -> None:
    """Streams and the asyncio client say the same."""
    with (
        Client(servers.tls) as client,
        pytest.raises(Unavailable) as stream,
    ):
        next(iter(client.wait(WaitCondition.WAIT_CONDITION_SETTLED, table_name="Music", timeout=60)))
    async with tableadmin.aio.Client(servers.tls) as asynchronous:
        with pytest.raises(Unavailable) as call:
            await asynchronous.list_tables()
    assert ["TLS_REQUIRED"] * 2 == [stream.value.tls_problem, call.value.tls_problem]


def failed(client: Client) -> Unavailable:
    """The error of a call."""
    with pytest.raises(Unavailable) as raised:
        client.list_tables()
    return raised.value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Socket closed", "TLS_REQUIRED"),
        (
            (
                "Ssl handshake failed (TSI_PROTOCOL_FAILURE): SSL_ERROR_SSL: error:100000f7:SSL routines:"
                "OPENSSL_internal:WRONG_VERSION_NUMBER: Invalid certificate verification context"
            ),
            "TLS_NOT_SERVED",
        ),
        (
            (
                "Ssl handshake failed (TSI_PROTOCOL_FAILURE): SSL_ERROR_SSL: error:1000007d:SSL routines:"
                "OPENSSL_internal:CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate"
            ),
            "SERVER_NOT_TRUSTED",
        ),
        ("Peer name foo.example is not in peer certificate", "SERVER_NAME_WRONG"),
        ("Connection refused", None),
    ],
)
def test_texts_of_the_earliest_grpc(text: str, problem: str | None) -> None:
    """The texts of gRPC 1.76, the earliest release that a client may have, are understood."""
    whole = f"failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: {text}"
    target = Target("127.0.0.1:1", tls=False, certificate=False)
    assert problem == tls_problem(whole, target)
    assert tls_problem(text, target) is None


def test_other_problems(servers: TlsServers, tls: Tls) -> None:
    """Where nothing listens, or nothing is known of the channel, TLS is not blamed."""
    with Client("127.0.0.1:1", credentials=tls) as client:
        assert failed(client).tls_problem is None
    with grpc.insecure_channel(servers.tls) as channel, Client(servers.tls, channel=channel) as client:
        assert failed(client).tls_problem is None


@pytest.mark.parametrize(
    ("ca", "cert", "key", "problem"),
    [
        ("absent", None, None, "{ca}: No such file or directory"),
        ("garbage", None, None, "{ca}: not certificates in PEM"),
        ("ca", "client.cert", None, "{both}"),
        ("ca", None, "client.key", "{both}"),
        ("ca", "client.cert", "other.key", "{cert}, {key}: not a certificate in PEM and its private key"),
        ("ca", "client.cert", "garbage", "{cert}, {key}: not a certificate in PEM and its private key"),
        ("ca", "client.cert", "absent", "{key}: No such file or directory"),
    ],
)
def test_wrong_files(servers: TlsServers, ca: str, cert: str | None, key: str | None, problem: str) -> None:
    """A file that can't be used is named when the client is made."""
    folder = Path(servers.ca).parent
    (folder / "garbage").write_text("x")
    paths = {
        "ca": servers.ca if ca == "ca" else str(folder / ca),
        "cert": cert and str(folder / cert),
        "key": key and str(folder / key),
    }
    with pytest.raises(ValueError) as raised:  # noqa: PT011  # the whole text is compared below
        Client(servers.tls, credentials=Tls(**paths))
    assert problem.format(**paths, both=BOTH) == str(raised.value)


def test_authorities_of_the_machine(
    servers: TlsServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without authorities of its own a client trusts those that the machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", servers.ca)
    assert servers.ca == _system_file()
    with Client(servers.tls, credentials=Tls()) as client:
        assert ["Music"] == list(client.list_tables().table_names)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent"))
    assert servers.ca != _system_file()
