"""TLS settings of a connection to the service: trusted authorities and the client certificate."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import grpc

FilePath: TypeAlias = str | PathLike[str]

# The systems' files of trusted authorities, for a Python that does not know the file.
_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class UnusableCredentials(ValueError):
    """A file that can't be used for TLS. The message names the file."""


@dataclass(frozen=True)
class Tls:
    """TLS settings of a client: paths of PEM files.

    `ca` has the certificates of trusted authorities, by default the authorities that this machine trusts.
    `cert` is the client certificate with its intermediates, and `key` its unencrypted private key. New calls
    use changed files within a second. A changed file that can't be used is ignored.
    """

    ca: FilePath | None = None
    cert: FilePath | None = None
    key: FilePath | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        """Return gRPC credentials. Raises UnusableCredentials, which names the file."""
        if (self.cert is None) != (self.key is None):
            raise UnusableCredentials("a client certificate needs its private key: give both cert and key")
        _check(self._authorities, self.cert, self.key)
        return grpc.ssl_channel_credentials(*map(_content, (self._authorities, self.key, self.cert)))

    def state(self) -> object:
        """Return a value that differs after one of the files has changed."""
        return tuple(map(_state, (self._authorities, self.cert, self.key)))

    @property
    def _authorities(self) -> FilePath | None:
        return _system_file() if self.ca is None else self.ca


# The credentials of an encrypted channel.
Credentials: TypeAlias = grpc.ChannelCredentials | Tls


def _system_file() -> str | None:
    """Return the trusted authorities of this machine. None if there is no file: gRPC then uses its own."""
    import ssl  # noqa: PLC0415 - a connection without TLS need not wait for ssl

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
    """Raise UnusableCredentials for an unusable file. gRPC would fail each call without a cause."""
    import ssl  # noqa: PLC0415 - a connection without TLS need not wait for ssl

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
            context.load_cert_chain(cert, key, password="")  # ssl would prompt for a password
    except ssl.SSLError as error:
        raise UnusableCredentials(f"{cert}, {key}: not a certificate in PEM and its private key") from error
