"""TLS of a connection to the service: whom the client trusts, and how the client proves who it is."""

import ssl
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import grpc

FilePath: TypeAlias = str | PathLike[str]

# Where systems keep the authorities that they trust, if Python does not know.
_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class UnusableCredentials(ValueError):
    """Files with which no connection can be made; the message names the file."""


@dataclass(frozen=True)
class Tls:
    """TLS for a client: the paths of files in PEM.

    `ca` has the certificates of the authorities that the client trusts to name the server. Without it, these
    are the authorities that this machine trusts. `cert` is the certificate that the client proves itself
    with, with its intermediates, and `key` its private key, not encrypted. A client reads changed files
    again: calls that begin a second later use them. Files that cannot be used change nothing.
    """

    ca: FilePath | None = None
    cert: FilePath | None = None
    key: FilePath | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        """The same for gRPC; raises UnusableCredentials, which names the file that can't be used."""
        if (self.cert is None) != (self.key is None):
            raise UnusableCredentials("a client certificate needs its private key: give both cert and key")
        _check(self._authorities, self.cert, self.key)
        return grpc.ssl_channel_credentials(*map(_content, (self._authorities, self.key, self.cert)))

    def state(self) -> object:
        """What changes when one of the files changes."""
        return tuple(map(_state, (self._authorities, self.cert, self.key)))

    @property
    def _authorities(self) -> FilePath | None:
        return _system_file() if self.ca is None else self.ca


# What a client opens a channel with that is encrypted.
Credentials: TypeAlias = grpc.ChannelCredentials | Tls


def _system_file() -> str | None:
    """The authorities that this machine trusts, None where they are nowhere: gRPC has its own then."""
    known = (ssl.get_default_verify_paths().cafile, *_SYSTEM_FILES)
    return next((each for each in known if each and Path(each).is_file()), None)


def _state(path: FilePath | None) -> object:
    try:
        found = None if path is None else Path(path).stat()
    except OSError:
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)


def _content(path: FilePath | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()


def _check(ca: FilePath | None, cert: FilePath | None, key: FilePath | None) -> None:
    """Raise UnusableCredentials for a file that can't be used; gRPC would fail each call, and not say why."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for path in (ca, cert, key):
        try:
            _content(path)
        except OSError as error:
            raise UnusableCredentials(f"{path}: {error.strerror}") from error
    try:
        if ca is not None:
            context.load_verify_locations(ca)
    except ssl.SSLError as error:
        raise UnusableCredentials(f"{ca}: not certificates in PEM") from error
    try:
        if cert is not None:
            context.load_cert_chain(cert, key, password="")  # a password would be asked for
    except ssl.SSLError as error:
        raise UnusableCredentials(f"{cert}, {key}: not a certificate in PEM and its private key") from error
