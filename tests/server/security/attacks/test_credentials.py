"""Attacks with credentials: each is refused with its reason, and no call reaches an endpoint."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from tableadmin.v1 import DeleteTableRequest
from tests.authority import Authority
from tests.server.listening.test_tls import OWN_CONNECTION
from tests.server.security.attacks.target import (
    OTHER,
    OURS,
    PARTNER,
    Metadata,
    Target,
    bearer,
    ended,
    metadata_of,
)
from tests.server.security.authentication.issuer import FromNow, private_key, signed, token
from tests.server.security.authentication.test_json_web_tokens import unsigned

YEAR = 365 * 24 * 3600
SPIFFE, DAY = "spiffe://prod.example/api", timedelta(days=1)
ATTACKED, GOOD = "films-attacked", "films-good"
REQUEST = DeleteTableRequest(table_name=ATTACKED)
INVALID, MALFORMED = "CREDENTIALS_INVALID", "CREDENTIALS_MALFORMED"
Tokens = Callable[[], Metadata]


def operator(**changes: Any) -> str:  # noqa: ANN401  # whatever a claim may be
    """A token of an operator with CHANGES."""
    claims = {"sub": "olga", "groups": ["platform"], **changes}
    return token(**claims)


def showing(**changes: Any) -> Tokens:  # noqa: ANN401  # as above
    """The metadata with a token of an operator with CHANGES, which is made when it is shown."""
    return lambda: bearer(operator(**changes))


# What is shown, and the reason for which it is refused.
TOKENS: dict[str, tuple[Tokens, str]] = {
    "none": (tuple, "CREDENTIALS_MISSING"),
    "Basic": (lambda: (("authorization", "Basic b2xnYTpvbGdh"),), MALFORMED),
    "expired": (showing(exp=FromNow(-3600)), "CREDENTIALS_EXPIRED"),
    "wrong aud": (showing(aud="other"), "WRONG_AUDIENCE"),
    "wrong iss": (showing(iss="https://evil.example"), INVALID),
    "alg none": (lambda: bearer(unsigned({"alg": "none", "kid": "one"}, groups=["platform"])), INVALID),
    "no exp": (showing(exp=None), "CLAIM_INVALID"),
    "exp in years": (showing(exp=FromNow(3 * YEAR)), "LIFETIME_TOO_LONG"),
    "unknown kid": (lambda: bearer(token("unknown", groups=["platform"])), INVALID),
    "foreign key": (lambda: bearer(signed(private_key("foreign"), "ES256", {"kid": "one"})), INVALID),
    "quoted sub": (showing(sub='olga" || true || "'), "CLAIM_INVALID"),
    "groups as object": (showing(groups={"platform": True}), "CLAIM_INVALID"),
    "two headers": (lambda: bearer(operator()) * 2, MALFORMED),
}


@pytest.mark.parametrize(("shown", "reason"), TOKENS.values(), ids=TOKENS)
def test_tokens(target: Target, channel: grpc.Channel, shown: Tokens, reason: str) -> None:
    """A call that proves nobody is UNAUTHENTICATED."""
    end = ended(channel, REQUEST, shown())
    assert ("UNAUTHENTICATED", reason) == end[:2]
    assert [] == target.reached(ATTACKED)


@pytest.mark.parametrize("sub", ["olga", "corp/olga"])
@pytest.mark.parametrize("groups", [["platform"], ["corp/platform"]])
def test_a_group_named_like_another_issuers(
    target: Target, channel: grpc.Channel, sub: str, groups: Sequence[str]
) -> None:
    """What an issuer calls its groups and principals are never those of another one."""
    end = ended(channel, REQUEST, bearer(token("partner", iss=PARTNER, sub=sub, groups=groups)))
    assert ("PERMISSION_DENIED", "POLICY_DENIED") == end[:2]
    assert f"User::partner/{sub} may not" in end.text
    assert [] == target.reached(ATTACKED)


@pytest.mark.parametrize("iss", [PARTNER, "https://login.acme.example/tenant"])
def test_a_key_of_another_issuer(target: Target, channel: grpc.Channel, iss: str) -> None:
    """A token is verified with the keys of the issuer that it names, and with no others."""
    kid = "one" if iss == PARTNER else "partner"
    end = ended(channel, REQUEST, bearer(token(kid, iss=iss, groups=["platform"])))
    assert ("UNAUTHENTICATED", INVALID) == end[:2]
    assert [] == target.reached(ATTACKED)


def certified(
    authority: Authority = OURS, *, names: Sequence[str] = (), uris: Sequence[str] = ()
) -> grpc.ChannelCredentials:
    """A client certificate with common NAMES and URIS, which AUTHORITY has issued."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    issuer = x509.load_pem_x509_certificate(authority.pem)
    issuing = load_pem_private_key(authority.ca.private_key_pem.bytes(), None)
    assert isinstance(issuing, ec.EllipticCurvePrivateKey)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each) for each in names]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
    )
    if uris:
        alternative = x509.SubjectAlternativeName(map(x509.UniformResourceIdentifier, uris))
        builder = builder.add_extension(alternative, critical=not names)
    pem = builder.sign(issuing, SHA256()).public_bytes(Encoding.PEM)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return grpc.ssl_channel_credentials(OURS.pem, text, pem)


# Certificates that our authority has issued, whatever their holders have written into their requests.
CERTIFICATES = {
    "two SPIFFE ids": partial(certified, uris=[SPIFFE, "spiffe://prod.example/other"]),
    "other trust domain": partial(certified, uris=["spiffe://other.example/api"]),
    "NUL in the CN": partial(certified, names=["admin\0.evil"]),
    "two CNs": partial(certified, names=["admin", "guest"]),
    "two CNs, the other first": partial(certified, names=["guest", "admin"]),
    "a longer CN": partial(certified, names=["administrator"]),
    "a SPIFFE id as CN": partial(certified, names=[SPIFFE]),
}


def ended_with(
    target: Target, credentials: grpc.ChannelCredentials, metadata: Metadata = ()
) -> tuple[str, str]:
    """The code and the reason in which a call on a connection with CREDENTIALS ends."""
    with grpc.secure_channel(target.for_certificates, credentials, OWN_CONNECTION) as channel:
        return ended(channel, REQUEST, metadata)[:2]


@pytest.mark.parametrize("credentials", CERTIFICATES.values(), ids=CERTIFICATES)
def test_certificates(target: Target, credentials: Callable[[], grpc.ChannelCredentials]) -> None:
    """A certificate of our authority that names nobody for certain proves nobody."""
    assert ("UNAUTHENTICATED", INVALID) == ended_with(target, credentials())
    assert [] == target.reached(ATTACKED)


def test_a_bad_token_with_a_good_certificate(target: Target) -> None:
    """A token that is shown counts: a wrong one never falls back to the certificate."""
    good = certified(uris=[SPIFFE])
    for shown, reason in TOKENS.values():
        if metadata := shown():
            assert ("UNAUTHENTICATED", reason) == ended_with(target, good, metadata)
    assert [] == target.reached(ATTACKED)


def test_another_authority(target: Target) -> None:
    """The right name from another authority gets no connection, a good token or none."""
    for metadata in ((), metadata_of("olga")):
        assert "UNAVAILABLE" == ended_with(target, certified(OTHER, uris=[SPIFFE]), metadata)[0]
    assert [] == target.reached(ATTACKED)


@pytest.mark.parametrize("name", [None, "olga"], ids=["alone", "with a good token"])
def test_resumed_expired_certificate(target: Target, expired_channel: grpc.Channel, name: str | None) -> None:
    """A TLS session that is resumed with a certificate that has expired since proves nobody."""
    end = ended(expired_channel, REQUEST, metadata_of(name) if name else ())
    assert ("UNAUTHENTICATED", "CREDENTIALS_EXPIRED") == end[:2]
    assert [] == target.reached(ATTACKED)


def test_good_credentials(target: Target, channel: grpc.Channel) -> None:
    """The same calls with good credentials reach the endpoint: the attacks fail for what is wrong in them."""
    request = DeleteTableRequest(table_name=GOOD)
    ends = [ended(channel, request, metadata_of("olga"))]
    for credentials in (certified(uris=[SPIFFE]), certified(names=["admin"])):
        with grpc.secure_channel(target.for_certificates, credentials, OWN_CONNECTION) as secure:
            ends.append(ended(secure, request, ()))
    assert ["RESOURCE_NOT_FOUND_EXCEPTION"] * 3 == [each.reason for each in ends]
    assert ["DeleteTable"] * 3 == target.reached(GOOD)


def test_no_credentials_are_told(target: Target, channel: grpc.Channel) -> None:
    """What was shown is in no log."""
    text = operator(sub=f"olga-{time.time_ns()}", exp=FromNow(-3600))
    assert "UNAUTHENTICATED" == ended(channel, REQUEST, bearer(text)).code
    log = target.process.log
    for part in (text, *text.split(".")[1:]):
        assert part not in log
