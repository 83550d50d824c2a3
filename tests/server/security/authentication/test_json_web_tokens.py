"""Which JSON Web Tokens prove whom, and what the callers of others are told."""

import base64
import hmac
import json
import time
import warnings
from pathlib import Path
from typing import Any

import jwt
import pytest
from google.rpc.code_pb2 import Code

from tableadmin_server.config.authenticator import JwtConfig
from tableadmin_server.failure import Failure
from tableadmin_server.security.authentication.authentication import Authentication
from tableadmin_server.security.authentication.credentials import Credentials
from tableadmin_server.security.authentication.failed_logins import FailedLogins
from tableadmin_server.security.authentication.json_web_tokens import JsonWebTokens
from tableadmin_server.security.authentication.keys import FetchedKeys, parse
from tableadmin_server.security.identity import Caller
from tests.server.security.authentication.issuer import (
    AUDIENCE,
    ISSUER,
    Clock,
    FromNow,
    Issuer,
    claims,
    jwks,
    private_key,
    public_jwk,
    rsa_jwk,
    rsa_key,
    signed,
    token,
)

INVALID = "CREDENTIALS_INVALID"
YEAR = 365 * 24 * 3600


def configured(**changes: Any) -> JwtConfig:  # noqa: ANN401  # whatever a key takes
    """The configuration of the issuer with CHANGES."""
    given = {
        "principals": "User",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "groups_claim": "groups",
        **changes,
    }
    return JwtConfig(**given)


def authentication(
    issuer: Issuer, config: JwtConfig | None = None, clock: Clock | None = None
) -> Authentication:
    """What asks for tokens of ISSUER, as authenticator `corp`."""
    config = config or configured()
    keys = FetchedKeys("corp", issuer.fetch, config.keys_max_age, clock or Clock())
    return Authentication([JsonWebTokens("corp", config, keys)], FailedLogins(1000))


async def shown(text: str, asked: Authentication | None = None, **config: Any) -> Caller:  # noqa: ANN401  # as above
    """Whom the token TEXT proves."""
    asked = asked or authentication(Issuer(), configured(**config))
    return await asked.caller(Credentials([f"Bearer {text}"], peer="10.0.0.1:5000"))


async def refused(text: str, asked: Authentication | None = None, **config: Any) -> str:  # noqa: ANN401  # as above
    """The reason for which the token TEXT is refused."""
    with pytest.raises(Failure) as raised:
        await shown(text, asked, **config)
    assert raised.value.code == Code.UNAUTHENTICATED
    assert text[-20:] not in f"{raised.value} {raised.value.metadata} {raised.value.__cause__}"
    return raised.value.reason


async def test_an_honest_token() -> None:
    """A token proves the principal of its subject, whose names begin with the authenticator's."""
    began = int(time.time())
    caller = await shown(token())
    assert ("User", "corp/ana") == (caller.principal.type, caller.principal.id)
    assert {"corp/music", "corp/platform"} == caller.principal.groups
    assert ("jwt", "10.0.0.1:5000") == (caller.proof, caller.peer)
    assert caller.expires is not None
    assert began + 3630 <= caller.expires <= time.time() + 3630


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": FromNow(-60)}, "CREDENTIALS_EXPIRED"),
        ({"nbf": FromNow(600)}, "CREDENTIALS_NOT_YET_VALID"),
        ({"iat": FromNow(600)}, "CREDENTIALS_NOT_YET_VALID"),
        ({"aud": "other"}, "WRONG_AUDIENCE"),
        ({"aud": ["other", "another"]}, "WRONG_AUDIENCE"),
        ({"aud": {"tableadmin": 1}}, "WRONG_AUDIENCE"),
        ({"aud": None}, "CLAIM_INVALID"),
        ({"exp": None}, "CLAIM_INVALID"),
        ({"sub": None}, "CLAIM_INVALID"),
        ({"exp": FromNow(3 * YEAR)}, "LIFETIME_TOO_LONG"),
        ({"exp": FromNow(600), "iat": FromNow(-YEAR)}, "LIFETIME_TOO_LONG"),
        ({"exp": FromNow(3 * YEAR), "iat": None}, "LIFETIME_TOO_LONG"),
        ({"exp": 1e300}, "LIFETIME_TOO_LONG"),
        ({"exp": 10**400}, "LIFETIME_TOO_LONG"),
        ({"exp": float("inf")}, INVALID),
        ({"exp": float("nan")}, INVALID),
        ({"exp": [1]}, INVALID),
        ({"iat": "soon"}, INVALID),
        ({"iss": "https://evil.example"}, INVALID),
        ({"iss": None}, INVALID),
        ({"iss": [ISSUER]}, INVALID),
        ({"sub": 7}, INVALID),
        ({"sub": ""}, "CLAIM_INVALID"),
        ({"sub": 'ana" || true || "'}, "CLAIM_INVALID"),
        ({"sub": "ana\nadmin"}, "CLAIM_INVALID"),
        ({"sub": "ana\0"}, "CLAIM_INVALID"),
        ({"sub": " ana"}, "CLAIM_INVALID"),
        ({"sub": "\u202eana"}, "CLAIM_INVALID"),
        ({"sub": "ana\u0308"}, "CLAIM_INVALID"),
        ({"sub": "x" * 5000}, "CLAIM_INVALID"),
        ({"groups": {"music": True}}, "CLAIM_INVALID"),
        ({"groups": ["music", {"platform": 1}]}, "CLAIM_INVALID"),
        ({"groups": ["music\nplatform"]}, "CLAIM_INVALID"),
        ({"groups": 7}, "CLAIM_INVALID"),
        ({"groups": None, "_claim_names": {"groups": "src1"}}, "CLAIM_INVALID"),
    ],
)
async def test_claims_that_are_refused(changes: dict[str, Any], reason: str) -> None:
    """A token that its issuer has signed is refused for its claims, and its caller is told which."""
    assert reason == await refused(token(**changes))


async def test_the_issuers_groups_stay_the_issuers() -> None:
    """A group that is named like one of another authenticator begins with the name of its own."""
    caller = await shown(token(groups=["mesh/admins", "corp/platform"]))
    assert {"corp/mesh/admins", "corp/corp/platform"} == caller.principal.groups


async def test_one_group() -> None:
    """A text is one group, and no claim at all is none."""
    assert {"corp/ops"} == (await shown(token(groups="ops"))).principal.groups
    assert not (await shown(token(groups=None))).principal.groups


async def test_paths_of_claims() -> None:
    """Name and groups stand where the configured paths lead."""
    pod: Any = {"namespace": "billing", "serviceaccount": {"name": "api"}}
    caller = await shown(
        token(headers=None, **{"kubernetes.io": pod}),
        groups_claim=("kubernetes.io", "namespace"),
        name_claim=("kubernetes.io", "serviceaccount", "name"),
    )
    assert ("corp/api", frozenset({"corp/billing"})) == (caller.principal.id, caller.principal.groups)
    assert "CLAIM_INVALID" == await refused(token(), name_claim=("kubernetes.io", "namespace"))


async def test_unverified_mail_address() -> None:
    """A mail address names its owner only where the issuer has verified the address."""
    verified = token(email="ana@acme.example", email_verified=True)
    assert "corp/ana@acme.example" == (await shown(verified, name_claim="email")).principal.id
    unverified = token(email="ana@acme.example", email_verified=False)
    assert "CLAIM_INVALID" == await refused(unverified, name_claim="email")


def unsigned(header: dict[str, Any], **changes: Any) -> str:  # noqa: ANN401  # as above
    """A token with HEADER and without a signature."""
    parts = (json.dumps(each).encode() for each in (header, claims(**changes)))
    return ".".join([*(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts), ""])


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None])
async def test_alg_none(alg: str | None) -> None:
    """A token without a signature proves nothing."""
    assert INVALID == await refused(unsigned({"alg": alg, "kid": "one", "typ": "JWT"}))


async def test_symmetric_algorithm() -> None:
    """A token that is signed with the public key as a secret proves nothing."""
    secret = jwks(public_jwk("one"))
    parts = unsigned({"alg": "HS256", "kid": "one"}).rstrip(".")
    mac = base64.urlsafe_b64encode(hmac.digest(secret, parts.encode(), "sha256")).rstrip(b"=").decode()
    assert INVALID == await refused(f"{parts}.{mac}")


async def test_foreign_key() -> None:
    """A token that another key has signed proves nothing, whatever key it names or brings along."""
    foreign = signed(private_key("foreign"), "ES256", {"kid": "one"})
    assert INVALID == await refused(foreign)
    for header in ({"jwk": public_jwk("foreign")}, {"jku": "https://evil.example/jwks"}, {"x5c": ["MII"]}):
        brought = signed(private_key("foreign"), "ES256", {"kid": "one", **header})
        assert INVALID == await refused(brought)
    assert INVALID == await refused(token("foreign"))


@pytest.mark.parametrize("kid", ["", "two", "../../one", "one\0", 7, ["one"], None])
async def test_unknown_key_id(kid: object) -> None:
    """A token of a key id that the issuer has no key for proves nothing."""
    part = json.dumps({"alg": "ES256", "kid": kid}).encode()
    head = base64.urlsafe_b64encode(part).rstrip(b"=").decode()
    assert INVALID == await refused(".".join([head, *token().split(".")[1:]]))


async def test_unknown_critical_header() -> None:
    """A token with an extension that must be understood, and is not, proves nothing."""
    assert INVALID == await refused(token(headers={"crit": ["x"], "x": 1}))


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c",
        "..",
        "x",
        "eyJhbGciOiJub25lIn0..",
        "[" * 9000 + ".e30.",
        "e30.e30.e30",
        "😀.a.b",
        "a" * 40_000,
    ],
)
async def test_no_token(text: str) -> None:
    """Text that is no token proves nothing."""
    assert await refused(text) in {INVALID, "CREDENTIALS_MALFORMED"}


async def test_deep_json() -> None:
    """Claims that are nested as deep as a header allows prove nothing."""
    head = base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"one"}').rstrip(b"=").decode()
    deep = base64.urlsafe_b64encode(b'{"a":' * 4000).rstrip(b"=").decode()
    assert INVALID == await refused(f"{head}.{deep}.AAAA")


async def test_kinds_of_keys() -> None:
    """Keys for encryption, symmetric keys and short ones verify nothing."""
    unfit: list[dict[str, object]] = [
        public_jwk("one", use="enc"),
        public_jwk("one", key_ops=["sign"]),
        public_jwk("one", alg="ECDH-ES"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "one"},
        {"kty": "EC", "crv": "P-256", "x": "no", "y": "no", "kid": "one"},
    ]
    for key in unfit:
        assert INVALID == await refused(token(), authentication(Issuer([key])))
        assert {} == parse(jwks(key))
    short = signed(rsa_key(1024), "RS256", {"kid": "short"})
    # Outside of tests the library only warns of a short key.
    with warnings.catch_warnings(action="ignore", category=jwt.InsecureKeyLengthWarning):
        assert INVALID == await refused(short, authentication(Issuer([rsa_jwk("short", 1024)])))
    long = signed(rsa_key(2048), "RS256", {"kid": "long"})
    await shown(long, authentication(Issuer([rsa_jwk("long")])))


async def test_algorithms_are_those_configured() -> None:
    """A good signature by an algorithm that is not configured, or not the key's, proves nothing."""
    other = signed(rsa_key(2048), "PS256", {"kid": "long"})
    assert INVALID == await refused(other, authentication(Issuer([rsa_jwk("long")])))
    both = configured(algorithms=("RS256", "PS256"))
    await shown(other, authentication(Issuer([rsa_jwk("long")]), both))
    assert INVALID == await refused(other, authentication(Issuer([rsa_jwk("long", alg="RS256")]), both))


async def test_remembered_until_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that was verified is not verified again, and is refused once it has expired."""
    clock = Clock(time.time())
    keys = FetchedKeys("corp", Issuer().fetch, 1e9)
    asked = Authentication([JsonWebTokens("corp", configured(), keys)], FailedLogins(10), clock)
    text = token()
    await shown(text, asked)
    monkeypatch.setattr(jwt, "decode", None)
    await shown(text, asked)
    clock.now += 3700
    assert "CREDENTIALS_EXPIRED" == await refused(text, asked)


async def test_keys_from_a_file(tmp_path: Path) -> None:
    """A key is accepted as soon as the file has it, and refused a second after the file has it no more."""
    file = tmp_path / "jwks.json"
    file.write_bytes(jwks(public_jwk("one")))
    config = configured(jwks_file=str(file))
    asked = Authentication([JsonWebTokens("corp", config)], FailedLogins(10))
    await shown(token("one"), asked)
    file.write_bytes(jwks(public_jwk("two")))
    await shown(token("two"), asked)
    assert INVALID == await refused(token("one"), asked)
    file.write_bytes(b"torn")
    await shown(token("two"), asked)
