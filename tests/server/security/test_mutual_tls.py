"""A listener with mutual TLS that takes certificates and tokens, as a process."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from tableadmin import Client
from tableadmin.errors import TableAdminError, Unauthenticated, Unavailable
from tableadmin_server.security.authentication.static_tokens import digest_of
from tests.authority import Authority
from tests.server.listening.test_listeners import listening
from tests.server_process import ServerProcess

TOKEN = "tableadmin_0123456789abcdef"
OURS, OTHER = Authority(), Authority()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that takes clients of OURS, whose names begin with ops-, and TOKEN."""
    folder: Path = tmp_path_factory.mktemp("mutual")
    listener = {
        "address": "127.0.0.1:0",
        "tls": OURS.write_server(folder, OURS),
        "authenticators": ["mesh", "ci"],
    }
    authenticators = {
        "mesh": {"kind": "certificate", "principals": "Service", "common_name": "ops-[0-9]+"},
        "ci": {
            "kind": "token",
            "principals": "Service",
            "tokens": [{"name": "deploy", "sha256": digest_of(TOKEN)}],
        },
    }
    with listening(folder, [listener], authenticators=authenticators) as process:
        yield process


def asked(
    server: ServerProcess, credentials: grpc.ChannelCredentials, token: str | None = None
) -> str | None:
    """The reason for which a call with these credentials is refused; raises other TableAdminErrors."""
    with Client(server.addresses[0], credentials=credentials, token=token, timeout=60) as client:
        try:
            client.list_tables()
        except Unauthenticated as error:
            return error.reason
    return None


@pytest.mark.parametrize(
    ("name", "token", "error"),
    [
        ("ops-7", None, None),
        ("ops-7", TOKEN, None),
        ("guest", TOKEN, None),
        ("guest", None, "CREDENTIALS_INVALID"),
        ("ops-7x", None, "CREDENTIALS_INVALID"),
        ("ops-7", "wrong-token", "CREDENTIALS_INVALID"),
    ],
)
def test_certificates_and_tokens(
    server: ServerProcess, name: str, token: str | None, error: str | None
) -> None:
    """The name of the certificate must match; a token that is given counts, and a wrong one is refused."""
    assert error == asked(server, OURS.credentials(OURS.client(name)), token)


def test_other_authorities(server: ServerProcess) -> None:
    """The right name from another authority, or no certificate, gets no connection."""
    for credentials in (OURS.credentials(OTHER.client("ops-7")), OURS.credentials()):
        with pytest.raises(TableAdminError) as raised:
            asked(server, credentials, TOKEN)
        assert isinstance(raised.value, Unavailable)
