"""Keys and tokens are replaced while calls go on."""

import asyncio
import base64
import json
from pathlib import Path

import pytest
from google.rpc.code_pb2 import Code
from hypothesis import given
from hypothesis import strategies as st

from tableadmin_server.config.authenticator import JwtConfig, TokenConfig
from tableadmin_server.failure import Failure
from tableadmin_server.security.authentication.authentication import Authentication
from tableadmin_server.security.authentication.credentials import Credentials
from tableadmin_server.security.authentication.failed_logins import FailedLogins
from tableadmin_server.security.authentication.json_web_tokens import JsonWebTokens
from tableadmin_server.security.authentication.keys import FetchedKeys
from tableadmin_server.security.authentication.static_tokens import StaticTokens, digest_of
from tests.server.security.authentication.issuer import AUDIENCE, ISSUER, Issuer, jwks, public_jwk, token

CALLERS = 64
REPLACEMENTS = 200


def replace(file: Path, content: bytes) -> None:
    """Put CONTENT in the place of FILE, at once."""
    draft = file.with_suffix(".new")
    draft.write_bytes(content)
    draft.replace(file)


def tokens_file(*texts: str) -> bytes:
    """A file of the tokens TEXTS."""
    entries = (f'[[tokens]]\nname = "robot"\nsha256 = "{digest_of(text)}"\n' for text in texts)
    return "".join(entries).encode()


class Credential:
    """What the callers show at a moment, as the one who replaces it changes it."""

    def __init__(self, text: str) -> None:
        self.text = text


async def calling(asked: Authentication, credential: Credential, ended: asyncio.Event) -> int:
    """Call with the newest credential until it has ENDED; how many calls there were."""
    calls = 0
    while not ended.is_set():
        await asked.caller(Credentials([f"Bearer {credential.text}"], peer="10.0.0.1:1"))
        calls += 1
        await asyncio.sleep(0)
    return calls


async def refused(asked: Authentication, text: str) -> str:
    """The reason for which the token TEXT is refused."""
    with pytest.raises(Failure) as raised:
        await asked.caller(Credentials([f"Bearer {text}"], peer="10.0.0.2:1"))
    return raised.value.reason


async def test_keys_and_tokens_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While 64 callers call, keys and tokens are replaced 200 times, and no call fails.

    New ones are known before they are used, and old ones go when nobody uses them any more. What has gone is
    refused by the next look at the file.
    """
    monkeypatch.setattr("tableadmin_server.security.authentication.changing_file._INTERVAL", 0.0)
    key_file, token_file = tmp_path / "jwks.json", tmp_path / "tokens.toml"
    replace(key_file, jwks(public_jwk("key-0")))
    replace(token_file, tokens_file("token-0"))
    config = JwtConfig(principals="User", issuer=ISSUER, audience=AUDIENCE, jwks_file=str(key_file))
    static = TokenConfig(principals="Service", tokens_file=str(token_file))
    asked = Authentication([JsonWebTokens("corp", config), StaticTokens("ci", static)], FailedLogins(1000))
    signed, secret = Credential(token("key-0")), Credential("token-0")
    ended = asyncio.Event()
    callers = [
        asyncio.create_task(calling(asked, each, ended))
        for each in (signed, secret)
        for _ in range(CALLERS // 2)
    ]
    for number in range(1, REPLACEMENTS + 1):
        old, new = f"-{number - 1}", f"-{number}"
        replace(key_file, jwks(public_jwk(f"key{old}"), public_jwk(f"key{new}")))
        replace(token_file, tokens_file(f"token{old}", f"token{new}"))
        signed.text, secret.text = token(f"key{new}"), f"token{new}"
        await asyncio.sleep(0)
        replace(key_file, jwks(public_jwk(f"key{new}")))
        replace(token_file, tokens_file(f"token{new}"))
        await asyncio.sleep(0)
    ended.set()
    assert sum(await asyncio.gather(*callers)) >= CALLERS * REPLACEMENTS
    assert "CREDENTIALS_INVALID" == await refused(asked, token(f"key-{REPLACEMENTS - 1}"))
    assert "CREDENTIALS_INVALID" == await refused(asked, f"token-{REPLACEMENTS - 1}")


def encoded(*parts: object) -> str:
    """A header with a token of these PARTS, each as JSON in base64."""
    texts = (base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in parts)
    return f"Bearer {'.'.join(texts)}"


ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just(ISSUER)),
    lambda each: st.one_of(
        st.lists(each, max_size=3), st.dictionaries(st.sampled_from(["iss", "exp", "aud", "x"]), each)
    ),
    max_leaves=8,
)
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64", "typ"]), ANY_JSON)
CLAIMS = st.dictionaries(st.sampled_from(["exp", "aud", "sub", "iat", "nbf"]), ANY_JSON)
ANY_HEADERS = st.lists(
    st.one_of(
        st.text(max_size=200),
        st.binary(max_size=200),
        st.text(max_size=200).map("Bearer {}".format),
        st.builds(lambda head, body: encoded(head, {**body, "iss": ISSUER}, "x"), HEADERS, CLAIMS),
        st.builds(
            lambda alg, body: encoded({"alg": alg, "kid": "one"}, {**body, "iss": ISSUER}, "x"),
            st.sampled_from(["none", "HS256", "ES256", "RS256"]),
            CLAIMS,
        ),
    ),
    min_size=1,
    max_size=2,
)
ASKED = Authentication(
    [
        StaticTokens("ci", TokenConfig(principals="Service")),
        JsonWebTokens(
            "corp",
            JwtConfig(principals="User", issuer=ISSUER, audience=AUDIENCE),
            FetchedKeys("corp", Issuer().fetch, 1e9),
        ),
    ],
    FailedLogins(10**6),
)


@given(ANY_HEADERS, st.binary(max_size=300))
def test_any_credentials(headers: list[str | bytes], certificate: bytes) -> None:
    """Whatever a call shows, it ends UNAUTHENTICATED with a reason, and nothing else is raised."""
    with pytest.raises(Failure) as raised:
        asyncio.run(ASKED.caller(Credentials(headers, certificate, "10.0.0.1:1")))
    assert Code.UNAUTHENTICATED == raised.value.code
    assert raised.value.reason.startswith("CREDENTIALS_")
