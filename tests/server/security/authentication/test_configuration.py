"""Keys of authenticators that cannot be used as they are configured."""

import pytest

from tableadmin_server.config.authenticator import (
    AuthenticatorConfig,
    CertificateConfig,
    JwtConfig,
    StaticToken,
    TokenConfig,
    check_authenticators,
)
from tableadmin_server.config.keys import ConfigError

HASH = "0" * 64
AWS = "https://sts.amazonaws.com/"


def issuer(**keys: object) -> JwtConfig:
    """An issuer with KEYS."""
    return JwtConfig(**{"principals": "User", "issuer": "https://login.example", "audience": "a", **keys})  # type: ignore[arg-type]  # of whichever key


def certificates(**keys: str) -> CertificateConfig:
    """Client certificates with KEYS."""
    return CertificateConfig(principals="Service", **keys)


def tokens(**keys: object) -> TokenConfig:
    """A static token with KEYS."""
    token = StaticToken(**{"name": "ci", "sha256": HASH, **keys})  # type: ignore[arg-type]  # of whichever key
    return TokenConfig(principals="Service", tokens=(token,))


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (issuer(jwks_url="https://a", jwks_file="b"), "jwks_file: cannot be used with jwks_url"),
        (issuer(name_claim=""), "name_claim: must name a claim"),
        (issuer(groups_claim=()), "groups_claim: must name a claim"),
        (issuer(groups_claim=("a", "")), "groups_claim: must name a claim"),
        # Whoever calls sts:GetWebIdentityToken chooses these tags.
        (issuer(groups_claim=(AWS, "request_tags", "team")), "groups_claim: request_tags cannot be used"),
        (issuer(name_claim=(AWS, "request_tags", "name")), "name_claim: request_tags cannot be used"),
        (issuer(groups_claim="request_tags"), "groups_claim: request_tags cannot be used"),
        (certificates(), "spiffe: exactly one of spiffe, dns and common_name is required"),
        (certificates(dns="a", common_name="b"), "spiffe: exactly one of spiffe, dns and common_name"),
        (certificates(dns="("), r"dns: '(' is not a regular expression"),
        (TokenConfig(principals="Service"), "tokens: at least one token or a tokens_file is required"),
        (tokens(sha256="0" * 63), "tokens[0].sha256: must be 64 characters of 0-9 a-f"),
        (tokens(sha256="F" * 64), "tokens[0].sha256: must be 64 characters of 0-9 a-f"),
        (tokens(name=""), "tokens[0].name: must be printable characters"),
        (tokens(groups=("a\n",)), "tokens[0].groups: must be printable characters"),
    ],
)
def test_wrong_keys(config: AuthenticatorConfig, problem: str) -> None:
    """The error names the key and says what is wrong."""
    with pytest.raises(ConfigError) as raised:
        check_authenticators({"corp": config})
    assert str(raised.value).startswith(f"authenticators.corp.{problem}")


def test_what_only_one_authenticator_can_have() -> None:
    """Two authenticators have neither the same issuer nor the same token."""
    with pytest.raises(ConfigError, match=r"^authenticators\.b\.issuer: is also the issuer of a$"):
        check_authenticators({"a": issuer(), "b": issuer()})
    with pytest.raises(ConfigError, match="the same sha256 occurs twice"):
        check_authenticators({"a": tokens(), "b": tokens(name="other")})


def test_sound_keys() -> None:
    """Each kind is taken with the keys that the others change."""
    claims = issuer(groups_claim=("kubernetes.io", "namespace"))
    check_authenticators({"a": claims, "b": certificates(dns=".+"), "c": tokens(groups=("x",))})
