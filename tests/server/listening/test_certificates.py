"""The files of certificates: which can be used, and when they are."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from structlog.testing import capture_logs

from tableadmin_server.config import ConfigError, TlsConfig
from tableadmin_server.listening.certificates import Certificates
from tests.authority import Authority, replace, write

AUTHORITY, OTHER = Authority(), Authority()


@pytest.fixture
def tls(tmp_path: Path) -> TlsConfig:
    """Sound files of a certificate, its key and two authorities of clients."""
    return TlsConfig(**AUTHORITY.write_server(tmp_path, AUTHORITY, OTHER))


def encrypted(key: bytes) -> bytes:
    """The private KEY with a password."""
    return load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
    )


CUT_OFF = "a part is cut off, or is not a certificate"
UNREADABLE = "not PEM certificates that can be read"


@pytest.mark.parametrize(
    ("key", "change", "problem"),
    [
        ("cert", lambda _: b"", UNREADABLE),
        ("cert", lambda pem: pem[:300], UNREADABLE),
        ("cert", lambda _: AUTHORITY.pem, "not the key of the first certificate in {cert}"),
        ("key", lambda _: b"x", "not a private key in PEM that can be read"),
        ("key", encrypted, "the key is encrypted"),
        (
            "key",
            lambda _: AUTHORITY.ca.private_key_pem.bytes(),
            "not the key of the first certificate in {cert}",
        ),
        ("client_ca", lambda _: b"", UNREADABLE),
        ("client_ca", lambda pem: pem[:-20], CUT_OFF),
        ("client_ca", lambda pem: pem[: len(pem) // 3] + pem, UNREADABLE),
        ("client_ca", lambda pem: pem + AUTHORITY.ca.private_key_pem.bytes(), CUT_OFF),
        ("client_ca", lambda pem: pem + pem.replace(b"MII", b"AAA"), UNREADABLE),
    ],
)
def test_files_that_can_not_be_used(
    tls: TlsConfig, key: str, change: Callable[[bytes], bytes], problem: str
) -> None:
    """At the start a file that is torn, of another kind or encrypted is refused, by its key and path.

    While the server runs, such a file leaves in use what was there, and is logged once.
    """
    certificates = Certificates("listeners[0]", tls)
    path = Path(getattr(tls, key))
    sound = path.read_bytes()
    replace(path, change(sound))
    blamed = "key" if "not the key of" in problem else key
    message = f"{blamed}: {getattr(tls, blamed)}: {problem.format(cert=tls.cert)}"
    with pytest.raises(ConfigError) as raised:
        Certificates("listeners[0]", tls)
    assert f"listeners[0].tls.{message}" == str(raised.value)
    with capture_logs() as logs:
        for _ in range(4):
            certificates.refresh()
    assert [("certificates could not be replaced", message)] == [(e["event"], e["problem"]) for e in logs]
    assert certificates._take_changed() is None


def test_absent_files(tls: TlsConfig) -> None:
    """A file that is not there is named."""
    Path(tls.key).unlink()
    problem = f"listen.tls.key: {tls.key}: No such file or directory"
    with pytest.raises(ConfigError, match=problem):
        Certificates("listen", tls)


def test_a_change_is_given_once(tls: TlsConfig, tmp_path: Path) -> None:
    """GRPC gets changed files once, and nothing while nothing changes: else no session would be resumed."""
    certificates = Certificates("listen", tls)
    certificates.refresh()
    assert certificates._take_changed() is None
    AUTHORITY.write_server(tmp_path, AUTHORITY)
    with capture_logs() as logs:
        certificates.refresh()
        certificates.refresh()
    assert ["certificates were replaced"] == [each["event"] for each in logs]
    assert certificates._take_changed() is not None
    assert certificates._take_changed() is None


def test_files_that_are_replaced_one_after_the_other(tls: TlsConfig, tmp_path: Path) -> None:
    """A certificate whose key comes a moment later is no problem to log, and both count then."""
    certificates = Certificates("listen", tls)
    old_key = Path(tls.key).read_bytes()
    AUTHORITY.write_server(tmp_path, AUTHORITY)
    new_key = Path(tls.key).read_bytes()
    replace(Path(tls.key), old_key)
    with capture_logs() as logs:
        certificates.refresh()
        assert certificates._take_changed() is None
        replace(Path(tls.key), new_key)
        certificates.refresh()
        assert certificates._take_changed() is not None
    assert ["certificates were replaced"] == [each["event"] for each in logs]


@pytest.mark.parametrize(
    ("left", "events"),
    [
        (timedelta(days=30), []),
        (timedelta(days=6), ["certificate expires soon"]),
        (timedelta(seconds=-1), ["certificate has expired"]),
    ],
)
def test_expiry(left: timedelta, events: list[str], tmp_path: Path) -> None:
    """The log warns once of a certificate that expires within a week, or has expired."""
    leaf = AUTHORITY.ca.issue_cert("localhost", not_after=datetime.now(UTC) + left)
    with capture_logs() as logs:
        certificates = Certificates("listen", TlsConfig(**write(tmp_path, leaf, ())))
        certificates.refresh()
        certificates.refresh()
    assert events == [each["event"] for each in logs]


def test_a_chain(tmp_path: Path) -> None:
    """A certificate may have its intermediates in the same file."""
    leaf = AUTHORITY.ca.create_child_ca().issue_cert("localhost")
    assert isinstance(leaf, trustme.LeafCert)
    Certificates("listen", TlsConfig(**write(tmp_path, leaf, ())))
