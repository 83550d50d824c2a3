"""Reads and checks the files of a certificate, its key and the client CAs.

gRPC reads a bundle up to the first block that it can't read, and reports errors only on standard error.
Therefore the files are checked before gRPC gets them.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tableadmin_server.config import TlsConfig

_BEGIN = b"-----BEGIN "


class UnusableFile(Exception):
    """A file can't be used. The message has its configuration key, its path and the problem."""


@dataclass(frozen=True)
class CertificateFiles:
    """The content of the files, and the expiry of the server certificate."""

    cert: bytes
    key: bytes
    client_ca: bytes | None
    expires: datetime


def read(config: TlsConfig) -> CertificateFiles:
    """Return the files of CONFIG. Raises UnusableFile."""
    cert = _content("cert", config.cert)
    key = _content("key", config.key)
    client_ca = None if config.client_ca is None else _content("client_ca", config.client_ca)
    leaf = _certificates("cert", config.cert, cert)[0]
    _check_key(config, key, leaf)
    if config.client_ca is not None and client_ca is not None:
        _certificates("client_ca", config.client_ca, client_ca)
    return CertificateFiles(cert, key, client_ca, leaf.not_valid_after_utc)


def _content(key: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnusableFile(f"{key}: {path}: {error.strerror}") from error


def _certificates(key: str, path: str, content: bytes) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableFile(f"{key}: {path}: not PEM certificates that can be read") from error
    # The parser skips a truncated block at the end without an error.
    if len(found) != content.count(_BEGIN):
        raise UnusableFile(f"{key}: {path}: a part is cut off, or is not a certificate")
    return found


def _check_key(config: TlsConfig, key: bytes, leaf: x509.Certificate) -> None:
    try:
        private = load_pem_private_key(key, password=None)
    except TypeError as error:
        raise UnusableFile(f"key: {config.key}: the key is encrypted") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableFile(f"key: {config.key}: not a private key in PEM that can be read") from error
    if private.public_key() != leaf.public_key():
        raise UnusableFile(f"key: {config.key}: not the key of the first certificate in {config.cert}")
