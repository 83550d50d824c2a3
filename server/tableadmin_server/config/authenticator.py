"""The configuration of authenticators: client certificates, JSON Web Tokens, static tokens."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from tableadmin_server.config.keys import ConfigError, file_key

# Only asymmetric algorithms. With a symmetric one, everybody who can verify tokens can also make tokens.
Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
# A claim of a token, or the path to a member of a claim.
Claim: TypeAlias = str | tuple[str, ...]
Principals: TypeAlias = Literal["User", "Service"]

# Without slashes, because ids of principals and groups have the form NAME/ID.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# A member of the tokens of sts:GetWebIdentityToken. Whoever asks AWS for the token chooses the values.
_CHOSEN_BY_CALLERS = "request_tags"


_principals = file_key("Type of the principals: User for people, Service for programs.")


class StaticToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token that the server knows by its hash. Several tokens may have the same name."""

    name: Annotated[str, file_key("Name of the principal, without the authenticator's.")]
    sha256: Annotated[
        str,
        file_key(
            "SHA-256 of the token in hexadecimal, as `tableadmin-server token hash` prints it.",
        ),
    ]
    groups: Annotated[
        tuple[str, ...],
        file_key("Groups of the principal, without the authenticator's name."),
    ] = ()
    expires: Annotated[
        date | None,
        file_key(
            "Date (UTC) from which on the token is refused, such as 2027-06-30.",
        ),
    ] = None


class TokenConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="token"
):
    """Tokens that the server knows by their hashes."""

    principals: Annotated[Principals, _principals]
    tokens: Annotated[tuple[StaticToken, ...], file_key("The tokens.")] = ()
    tokens_file: Annotated[
        str | None,
        file_key(
            "TOML file with further `[[tokens]]`. The server reads a changed file within a "
            "second. A file that can't be read is logged and leaves the tokens as they are."
        ),
    ] = None


class JwtConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="jwt"
):
    """Tokens that an identity provider signs: OpenID Connect, Kubernetes, AWS."""

    principals: Annotated[Principals, _principals]
    issuer: Annotated[
        str,
        file_key(
            "Claim `iss` of the tokens. Without jwks_url and jwks_file, the server finds the "
            "keys at ISSUER/.well-known/openid-configuration."
        ),
    ]
    audience: Annotated[str, file_key("Value that the claim `aud` of the tokens must have.", min_length=1)]
    jwks_url: Annotated[str | None, file_key("URL of the issuer's keys (JWKS).")] = None
    jwks_file: Annotated[
        str | None,
        file_key("File with the issuer's keys (JWKS). The server reads a changed file within a second."),
    ] = None
    ca_file: Annotated[
        str | None,
        file_key(
            "PEM file with the certificate authorities of the server that has the keys. Without "
            "this setting, the server uses the authorities of the system."
        ),
    ] = None
    algorithms: Annotated[tuple[Algorithm, ...], file_key("Accepted signature algorithms.", min_length=1)] = (
        "RS256",
        "ES256",
    )
    name_claim: Annotated[
        Claim,
        file_key(
            "Claim with the name of the principal, or the path to the name, such as "
            '`["kubernetes.io", "namespace"]`.'
        ),
    ] = "sub"
    groups_claim: Annotated[
        Claim | None, file_key("Claim with the groups of the principal, or the path to the groups.")
    ] = None
    leeway: Annotated[
        float,
        file_key("Tolerated difference of clocks.", unit="seconds", ge=0, le=300),
    ] = 30.0
    max_lifetime: Annotated[
        float,
        file_key(
            "Maximum lifetime of a token. Tokens with a longer lifetime are refused.",
            unit="seconds",
            gt=0,
            le=31_536_000,
        ),
    ] = 86_400.0
    keys_max_age: Annotated[
        float,
        file_key(
            "Maximum age of the keys before the server asks the issuer again. A key that the "
            "issuer removes is refused from then on. While the issuer does not answer, the keys stay.",
            unit="seconds",
            ge=1,
            le=86_400,
        ),
    ] = 300.0


class CertificateConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="certificate"
):
    """Client certificates. Exactly one of the patterns is set, for the name with the principal."""

    principals: Annotated[Principals, _principals]
    spiffe: Annotated[
        str | None,
        file_key(
            "Regular expression that the whole SPIFFE id (a URI of the certificate) must match. "
            "The id is the name of the principal."
        ),
    ] = None
    dns: Annotated[
        str | None,
        file_key(
            "Regular expression that one whole DNS name of the certificate must match. This "
            "name in lower case is the name of the principal."
        ),
    ] = None
    common_name: Annotated[
        str | None,
        file_key(
            "Regular expression that the whole common name of the certificate must match. The "
            "common name is the name of the principal."
        ),
    ] = None


AuthenticatorConfig: TypeAlias = CertificateConfig | JwtConfig | TokenConfig

KINDS: tuple[type[msgspec.Struct], ...] = (CertificateConfig, JwtConfig, TokenConfig)


def check_authenticators(configs: Mapping[str, AuthenticatorConfig]) -> None:
    """Raise ConfigError for the first invalid value of an authenticator."""
    issuers: dict[str, str] = {}
    for name, config in configs.items():
        where = f"authenticators.{name}"
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{where}: a name must have 1 to 63 characters of a-z 0-9 . _ - "
                "and start with a letter or digit"
            )
        if name == "none":
            raise ConfigError(
                f"{where}: the name none is reserved for anonymous callers; choose another name"
            )
        for key, problem in _problems(config):
            raise ConfigError(f"{where}.{key}: {problem}")
        if isinstance(config, JwtConfig) and issuers.setdefault(config.issuer, name) != name:
            raise ConfigError(f"{where}.issuer: is also the issuer of {issuers[config.issuer]}")
    tokens = chain.from_iterable(each.tokens for each in configs.values() if isinstance(each, TokenConfig))
    hashes = [each.sha256 for each in tokens]
    if len(hashes) > len(set(hashes)):
        raise ConfigError("authenticators: the same sha256 occurs twice; a token can have only one principal")


def _problems(config: AuthenticatorConfig) -> Iterator[tuple[str, str]]:
    if isinstance(config, TokenConfig):
        yield from _token_problems(config)
    elif isinstance(config, JwtConfig):
        yield from _jwt_problems(config)
    else:
        yield from _certificate_problems(config)


def _token_problems(config: TokenConfig) -> Iterator[tuple[str, str]]:
    if not (config.tokens or config.tokens_file):
        yield "tokens", "at least one token or a tokens_file is required"
    for number, token in enumerate(config.tokens):
        for key, problem in token_problems(token):
            yield f"tokens[{number}].{key}", problem


def token_problems(token: StaticToken) -> Iterator[tuple[str, str]]:
    """Yield the keys of TOKEN with invalid values, each with the problem."""
    if not _SHA256.fullmatch(token.sha256):
        yield "sha256", "must be 64 characters of 0-9 a-f: use `tableadmin-server token hash`"
    for key, names in (("name", [token.name]), ("groups", token.groups)):
        if not all(each and each.isprintable() for each in names):
            yield key, "must be printable characters"


def _jwt_problems(config: JwtConfig) -> Iterator[tuple[str, str]]:
    if config.jwks_url is not None and config.jwks_file is not None:
        yield "jwks_file", "cannot be used with jwks_url"
    if config.jwks_url is not None and not is_safe_url(config.jwks_url):
        yield "jwks_url", "must be an https:// URL"
    if config.jwks_url is None and config.jwks_file is None and not is_safe_url(config.issuer):
        yield (
            "issuer",
            "must be an https:// URL if neither jwks_url nor jwks_file is set",
        )
    for key, claim in (("name_claim", config.name_claim), ("groups_claim", config.groups_claim)):
        if claim is not None and not (claim and all(claim)):
            yield key, "must name a claim"
        elif claim is not None and _CHOSEN_BY_CALLERS in ((claim,) if isinstance(claim, str) else claim):
            yield key, f"{_CHOSEN_BY_CALLERS} cannot be used, because callers choose its values"


def _certificate_problems(config: CertificateConfig) -> Iterator[tuple[str, str]]:
    patterns = {key: getattr(config, key) for key in ("spiffe", "dns", "common_name")}
    given = {key: pattern for key, pattern in patterns.items() if pattern is not None}
    if len(given) != 1:
        yield "spiffe", "exactly one of spiffe, dns and common_name is required"
    for key, pattern in given.items():
        try:
            re.compile(pattern)
        except re.error as error:
            yield key, f"{pattern!r} is not a regular expression: {error}"


def is_safe_url(text: str) -> bool:
    """Whether the URL TEXT is safe against changes in transit: HTTPS, or HTTP on this machine."""
    try:
        url = urlsplit(text)
        return (
            bool(url.hostname)
            and url.port != 0
            and (url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK))
        )
    except ValueError:  # half a pair of brackets, or a port that is none
        return False


def read_tokens(path: Path) -> list[StaticToken]:
    """Return the tokens in a `tokens_file`. Raises ConfigError."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_TokensFile).tokens
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for number, token in enumerate(found):
        for key, problem in token_problems(token):
            raise ConfigError(f"{path}: tokens[{number}].{key}: {problem}")
    return found


class _TokensFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tokens: list[StaticToken] = []
