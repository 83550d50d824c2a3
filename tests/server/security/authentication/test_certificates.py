"""Which client certificates prove whom."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from google.rpc.code_pb2 import Code

from tableadmin_server.config.authenticator import CertificateConfig, StaticToken, TokenConfig
from tableadmin_server.failure import Failure
from tableadmin_server.security.authentication.authentication import Authentication
from tableadmin_server.security.authentication.certificates import CertificateAuthenticator
from tableadmin_server.security.authentication.credentials import Credentials
from tableadmin_server.security.authentication.failed_logins import FailedLogins
from tableadmin_server.security.authentication.static_tokens import StaticTokens, digest_of
from tableadmin_server.security.identity import Caller

KEY = ec.generate_private_key(ec.SECP256R1())
INVALID = "CREDENTIALS_INVALID"
API = "spiffe://prod.example/ns/inventory/sa/api"
TOKEN = "a-token-of-the-robot"
DAY = timedelta(days=1)


def pem(
    *,
    common_names: Sequence[str] = (),
    uris: Sequence[str] = (),
    dns: Sequence[str] = (),
    usages: Sequence[x509.ObjectIdentifier] = (),
    begins: datetime | None = None,
    expires: datetime | None = None,
    is_authority: bool = False,
) -> bytes:
    """A client certificate with these names, as the TLS library hands it on."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each) for each in common_names])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")]))
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins or now - DAY)
        .not_valid_after(expires or now + DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    names = [*map(x509.UniformResourceIdentifier, uris), *map(x509.DNSName, dns)]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder.sign(KEY, SHA256()).public_bytes(Encoding.PEM)


def mesh(**pattern: str) -> Authentication:
    """What asks for certificates with a name that matches, and takes one token."""
    certificates = CertificateAuthenticator("mesh", CertificateConfig(principals="Service", **pattern))
    robot = StaticToken(name="robot", sha256=digest_of(TOKEN))
    tokens = StaticTokens("ci", TokenConfig(principals="Service", tokens=(robot,)))
    return Authentication([certificates, tokens], FailedLogins(1000))


SPIFFE = mesh(spiffe=r"spiffe://prod\.example/.+")
ANY_DNS = mesh(dns=r".+\.clients\.example")
DNS = mesh(dns=r"[a-z0-9-]+\.clients\.example")
COMMON_NAME = mesh(common_name=r"admin|ops-[0-9]+")


async def shown(asked: Authentication, certificate: bytes | None, *authorization: str) -> Caller:
    """Whom the credentials prove."""
    return await asked.caller(Credentials(authorization, certificate, "10.0.0.1:5000"))


async def refused(asked: Authentication, certificate: bytes | None, *authorization: str) -> str:
    """The reason for which the credentials are refused."""
    with pytest.raises(Failure) as raised:
        await shown(asked, certificate, *authorization)
    assert raised.value.code == Code.UNAUTHENTICATED
    return raised.value.reason


async def test_names() -> None:
    """The principal has the name that matches the whole pattern."""
    expires = datetime(2100, 1, 1, tzinfo=UTC)
    caller = await shown(SPIFFE, pem(uris=[API], common_names=["x"], expires=expires))
    assert (f"mesh/{API}", "certificate") == (caller.principal.id, caller.proof)
    assert caller.expires == expires.timestamp()
    caller = await shown(DNS, pem(dns=["other.example", "API.clients.example"]))
    assert "mesh/api.clients.example" == caller.principal.id
    assert "mesh/ops-7" == (await shown(COMMON_NAME, pem(common_names=["ops-7"]))).principal.id


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (SPIFFE, {"uris": [API, "spiffe://prod.example/ns/x"]}),
        (SPIFFE, {"uris": [API, "https://prod.example/"]}),
        (SPIFFE, {"uris": ["spiffe://other.example/ns/inventory"]}),
        (SPIFFE, {"uris": ["spiffe://prod.example.evil.example/ns/x"]}),
        (SPIFFE, {"uris": ["spiffe://evil@prod.example/x"]}),
        (SPIFFE, {"uris": ["spiffe://prod.example:443/x"]}),
        (SPIFFE, {"uris": ["spiffe://prod.example/a/../b"]}),
        (SPIFFE, {"uris": ["spiffe://prod.example/a//b"]}),
        (SPIFFE, {"uris": ["spiffe://prod.example/a/"]}),
        (SPIFFE, {"uris": ["spiffe://prod.example/a?b=c"]}),
        (SPIFFE, {"uris": ["spiffe://prod.example/a%2fb"]}),
        (SPIFFE, {"uris": ["spiffe://prod.example/a\n"]}),
        (SPIFFE, {"uris": ["SPIFFE://prod.example/a"]}),
        (SPIFFE, {"uris": ["https://prod.example/a"]}),
        (SPIFFE, {"common_names": [API]}),
        (SPIFFE, {}),
        (DNS, {"dns": ["a.clients.example", "b.clients.example"]}),
        (DNS, {"dns": ["*.clients.example"]}),
        (ANY_DNS, {"dns": ["*.clients.example"]}),
        (ANY_DNS, {"dns": ["a..clients.example"]}),
        (DNS, {"dns": ["a.clients.example.evil.example"]}),
        (DNS, {"dns": ["a.clients.example\0.evil.example"]}),
        (DNS, {"dns": ["a.clients.example", "b\0"]}),
        (COMMON_NAME, {"common_names": ["admin\0.evil"]}),
        (COMMON_NAME, {"common_names": ["admin", "guest"]}),
        (COMMON_NAME, {"common_names": ["guest", "admin"]}),
        (COMMON_NAME, {"common_names": ["admin\n"]}),
        (COMMON_NAME, {"common_names": ["admins"]}),
        (COMMON_NAME, {"common_names": ["Admin"]}),
        (COMMON_NAME, {"common_names": ["аdmin"]}),  # noqa: RUF001  # a Cyrillic letter
        (COMMON_NAME, {"common_names": ["admin"], "uris": [API, "spiffe://prod.example/x"]}),
    ],
)
async def test_names_that_are_refused(asked: Authentication, names: dict[str, list[str]]) -> None:
    """A certificate that names nobody, or nobody for certain, proves nothing."""
    assert INVALID == await refused(asked, pem(**names))  # type: ignore[arg-type]  # names alone


async def test_validity() -> None:
    """A certificate that has expired, or is not valid yet, is refused: a resumed session may show one."""
    now = datetime.now(UTC)
    old = pem(uris=[API], begins=now - 2 * DAY, expires=now - DAY)
    assert "CREDENTIALS_EXPIRED" == await refused(SPIFFE, old)
    assert "CREDENTIALS_EXPIRED" == await refused(SPIFFE, old)
    assert "CREDENTIALS_NOT_YET_VALID" == await refused(
        SPIFFE, pem(uris=[API], begins=now + DAY, expires=now + 2 * DAY)
    )


async def test_a_token_needs_a_valid_certificate_beside_it() -> None:
    """An expired certificate ends calls with a good token too. Streams end at the earlier of both times."""
    now = datetime.now(UTC)
    old = pem(uris=[API], begins=now - 2 * DAY, expires=now - DAY)
    assert "CREDENTIALS_EXPIRED" == await refused(SPIFFE, old, f"Bearer {TOKEN}")
    expires = datetime(2100, 1, 1, tzinfo=UTC)
    caller = await shown(SPIFFE, pem(dns=["of.nobody"], expires=expires), f"Bearer {TOKEN}")
    assert ("token", expires.timestamp()) == (caller.proof, caller.expires)


async def test_purpose() -> None:
    """A certificate of a server or of an authority proves no client."""
    assert INVALID == await refused(SPIFFE, pem(uris=[API], usages=[ExtendedKeyUsageOID.SERVER_AUTH]))
    assert INVALID == await refused(SPIFFE, pem(uris=[API], is_authority=True))
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    await shown(SPIFFE, pem(uris=[API], usages=both))


@pytest.mark.parametrize(
    "text", [b"", b"no", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
async def test_no_certificate(text: bytes) -> None:
    """What is no certificate proves nothing."""
    assert INVALID == await refused(SPIFFE, text)


async def test_a_token_counts_before_the_certificate() -> None:
    """The principal is that of the token where both are shown."""
    caller = await shown(SPIFFE, pem(uris=[API]), f"Bearer {TOKEN}")
    assert ("ci/robot", "token") == (caller.principal.id, caller.proof)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (["Bearer wrong"], INVALID),
        (["Basic YWRtaW46YWRtaW4="], "CREDENTIALS_MALFORMED"),
        ([f"Bearer {TOKEN}", f"Bearer {TOKEN}"], "CREDENTIALS_MALFORMED"),
        ([f"Bearer {TOKEN}", "Bearer wrong"], "CREDENTIALS_MALFORMED"),
        (["Bearer"], "CREDENTIALS_MALFORMED"),
        (["Bearer "], "CREDENTIALS_MALFORMED"),
        ([""], "CREDENTIALS_MALFORMED"),
        ([TOKEN], "CREDENTIALS_MALFORMED"),
        ([f"Bearer  {TOKEN}"], "CREDENTIALS_MALFORMED"),
        ([f"Bearer {TOKEN},Bearer x"], "CREDENTIALS_MALFORMED"),
        ([f"Bearer {TOKEN} x"], "CREDENTIALS_MALFORMED"),
    ],
)
async def test_a_bad_token_never_falls_back(headers: list[str], reason: str) -> None:
    """A wrong token is refused, however good the certificate is."""
    assert reason == await refused(SPIFFE, pem(uris=[API]), *headers)


async def test_nothing_shown() -> None:
    """A call without credentials is told what to pass."""
    assert "CREDENTIALS_MISSING" == await refused(SPIFFE, None)
    tokens = Authentication([StaticTokens("ci", TokenConfig(principals="Service"))], FailedLogins(10))
    assert "CREDENTIALS_MISSING" == await refused(tokens, pem(uris=[API]))
