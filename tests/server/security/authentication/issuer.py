"""An issuer of JSON Web Tokens: its keys, as a test changes them, and the tokens that it signs."""

import json
import time
import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://login.acme.example/tenant"
AUDIENCE = "tableadmin"


@cache
def private_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The key of that NAME, the same at each call."""
    assert name
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """An RSA key of so many BITS, the same at each call."""
    return rsa.generate_private_key(65537, bits)


def public_jwk(kid: str, **more: object) -> dict[str, object]:
    """The public part of `private_key(kid)`."""
    return {**ECAlgorithm.to_jwk(private_key(kid).public_key(), as_dict=True), "kid": kid, **more}


def rsa_jwk(kid: str, bits: int = 2048, **more: object) -> dict[str, object]:
    """The public part of `rsa_key(bits)`."""
    return {**RSAAlgorithm.to_jwk(rsa_key(bits).public_key(), as_dict=True), "kid": kid, **more}


def jwks(*keys: dict[str, object]) -> bytes:
    """A JWKS document with KEYS."""
    return json.dumps({"keys": keys}).encode()


@dataclass(frozen=True)
class FromNow:
    """A moment so many SECONDS after the token is made: a test may run long after it was collected."""

    seconds: int


def claims(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  # whatever a claim may be
    """The claims of an honest token with CHANGES; None leaves a claim out."""
    now = int(time.time())
    honest = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ana",
        "iat": now,
        "exp": now + 3600,
        "groups": ["music", "platform"],
    }
    given = {name: value for name, value in {**honest, **changes}.items() if value is not None}
    return {name: now + each.seconds if isinstance(each, FromNow) else each for name, each in given.items()}


def token(kid: str = "one", *, headers: dict[str, Any] | None = None, **changes: Any) -> str:  # noqa: ANN401  # as above
    """A token of `claims(**CHANGES)`, signed with `private_key(kid)`."""
    return signed(private_key(kid), "ES256", {"kid": kid, **(headers or {})}, **changes)


def signed(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    algorithm: str,
    headers: dict[str, Any],
    **changes: Any,  # noqa: ANN401  # as above
) -> str:
    """A token of `claims(**CHANGES)`, signed with KEY, whatever the claims are."""
    with warnings.catch_warnings(action="ignore", category=jwt.InsecureKeyLengthWarning):
        return jwt.PyJWS().encode(json.dumps(claims(**changes)).encode(), key, algorithm, headers)


@dataclass
class Issuer:
    """Gives its keys out, and counts how often it was asked. It may be down, with a problem."""

    keys: list[dict[str, object]] = field(default_factory=lambda: [public_jwk("one")])
    fetches: int = 0
    problem: Exception | None = None

    async def fetch(self) -> bytes:
        """The JWKS document."""
        self.fetches += 1
        if self.problem:
            raise self.problem
        return jwks(*self.keys)


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 1_000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now
