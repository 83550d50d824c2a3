"""Maps the names in client certificates to principals.

The listener has verified the chain. A certificate with ambiguous names is refused. gRPC's `x509_common_name`
is not used, because it ends at a NUL and takes the first of two names.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from tableadmin_server.config.authenticator import CertificateConfig
from tableadmin_server.security.authentication import refusals
from tableadmin_server.security.authentication.credentials import is_name
from tableadmin_server.security.identity import Caller, Principal, PrincipalType

# https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md
_SPIFFE_ID = re.compile(r"spiffe://[a-z0-9._-]{1,255}((/(?!\.{1,2}(/|\Z))[a-zA-Z0-9._-]+)+)?")
_DNS_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)

# The keys of CertificateConfig with patterns, which are also the kinds of names.
_KINDS = ("spiffe", "dns", "common_name")
Names: TypeAlias = Mapping[str, Sequence[str]]

# The number of client certificates about which something is remembered.
KEPT = 10_000


class RefusedCertificate(Exception):
    """A certificate does not name exactly one principal. The message says why."""


class CertificateAuthenticator:
    """Maps client certificates to principals of the authenticator NAME."""

    def __init__(self, name: str, config: CertificateConfig) -> None:
        self._name = name
        self._principals = config.principals
        self._kind = next(kind for kind in _KINDS if getattr(config, kind) is not None)
        self._pattern = re.compile(getattr(config, self._kind))

    def caller(self, names: Names) -> Caller | None:
        """Return the caller with a certificate with NAMES, None if no name matches.

        Raises RefusedCertificate if two names match.
        """
        matching = {each for each in names[self._kind] if self._pattern.fullmatch(each)}
        if len(matching) > 1:
            raise RefusedCertificate(f"two names match the pattern of {self._name}")
        if not matching:
            return None
        return Caller(_principal(self._principals, f"{self._name}/{matching.pop()}"), "certificate")


@lru_cache(KEPT)
def _principal(kind: PrincipalType, principal_id: str) -> Principal:
    """The principal, the same object for all calls, because thousands of streams have the same caller."""
    return Principal(kind, principal_id)


def check_validity(pem: bytes, now: float) -> float:
    """Return the Unix time at which the client certificate PEM expires.

    Raises Failure (UNAUTHENTICATED) if the certificate is not valid NOW, and RefusedCertificate if it can't
    be read. gRPC checks certificates only at the handshake: a connection may outlive the certificate, and a
    TLS session may be resumed with an expired certificate.
    """
    begins, expires = _validity(pem)
    if now < begins:
        raise refusals.not_yet_valid("client certificate")
    if now >= expires:
        raise refusals.expired_credentials("client certificate")
    return expires


def names_of(pem: bytes) -> Names:
    """Return the names in the client certificate PEM by kind. Raises RefusedCertificate."""
    try:
        return _names(_loaded(pem))
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise RefusedCertificate(f"not a certificate that can be read: {type(error).__name__}") from error


@lru_cache(KEPT)
def _validity(pem: bytes) -> tuple[float, float]:
    certificate = _loaded(pem)
    return certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()


def _loaded(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise RefusedCertificate(f"not a certificate that can be read: {type(error).__name__}") from error


def _names(certificate: x509.Certificate) -> Names:
    extensions = {each.oid: each.value for each in certificate.extensions}
    _check_purpose(extensions)
    alternative = extensions.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    general = alternative if isinstance(alternative, x509.SubjectAlternativeName) else ()
    uris = [each.value for each in general if isinstance(each, x509.UniformResourceIdentifier)]
    names = {
        "common_name": [
            str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        ],
        "dns": [each.value.lower() for each in general if isinstance(each, x509.DNSName)],
        "spiffe": [each for each in uris if each.lower().startswith("spiffe:")],
    }
    _check(names, uris)
    return names


def _check_purpose(extensions: Mapping[x509.ObjectIdentifier, x509.ExtensionType]) -> None:
    usage = extensions.get(ExtensionOID.EXTENDED_KEY_USAGE)
    if isinstance(usage, x509.ExtendedKeyUsage) and not {
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    } & set(usage):
        raise RefusedCertificate("not a certificate for clients")
    constraints = extensions.get(ExtensionOID.BASIC_CONSTRAINTS)
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        raise RefusedCertificate("the certificate of an authority")


def _check(names: Names, uris: Sequence[str]) -> None:
    if not all(map(is_name, (*names["common_name"], *names["dns"], *uris))):
        raise RefusedCertificate("a name has characters that no name has")
    if len(names["common_name"]) > 1:
        raise RefusedCertificate("two common names")
    if names["spiffe"] and len(uris) > 1:
        raise RefusedCertificate("a SPIFFE id beside another URI")
    if not all(map(_SPIFFE_ID.fullmatch, names["spiffe"])):
        raise RefusedCertificate("not a SPIFFE id")
    if not all(map(_DNS_NAME.fullmatch, names["dns"])):
        raise RefusedCertificate("not the DNS name of one host")
