"""Verifies JSON Web Tokens (RFC 7519) of one issuer, and maps them to principals."""

import math
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import jwt

from tableadmin_server.config import ConfigError
from tableadmin_server.config.authenticator import Claim, JwtConfig
from tableadmin_server.failure import Failure
from tableadmin_server.security.authentication import refusals
from tableadmin_server.security.authentication.credentials import is_name
from tableadmin_server.security.authentication.fetching import key_fetcher
from tableadmin_server.security.authentication.keys import (
    FetchedKeys,
    FileKeys,
    Key,
    Keys,
    KeysError,
    KeySource,
)
from tableadmin_server.security.identity import Caller, Principal

Claims: TypeAlias = Mapping[str, Any]

# So many verified tokens are cached.
_REMEMBERED = 10_000
_MAX_GROUPS = 1_000
_REQUIRED = ("exp", "iss", "aud", "sub")


class JsonWebTokens:
    """The tokens of the authenticator NAME. Raises ConfigError for a file of keys that can't be read."""

    def __init__(self, name: str, config: JwtConfig, keys: KeySource | None = None) -> None:
        self._name = name
        self._config = config
        self._source = keys or _source(name, config)
        self._verified: OrderedDict[str, Caller] = OrderedDict()
        # The keys with which all tokens in `_verified` were verified.
        self._keys: Keys = {}

    @property
    def issuer(self) -> str:
        """The claim `iss` of the tokens."""
        return self._config.issuer

    @property
    def loads(self) -> Mapping[str, int]:
        """The numbers of times that the keys of the issuer were loaded and refused."""
        return self._source.loads

    def remembered(self, digest: str) -> Caller | None:
        """Return the cached caller of the token with SHA-256 DIGEST, None if the keys are old or changed."""
        return None if self._source.is_old else self._known(digest)

    def _known(self, digest: str) -> Caller | None:
        return self._verified.get(digest) if self._source.keys is self._keys else None

    async def caller(self, token: str, key_id: str, digest: str) -> Caller:
        """Verify TOKEN, which claims to be signed by the key KEY_ID. Raises Failure."""
        key = await self._source.key(key_id)
        if known := self._known(digest):  # the keys were checked again, and are the same
            return known
        if key is None:
            raise refusals.invalid_credentials(f"{self._name}: unknown key id")
        caller = self._caller(self._claims(token, key))
        self._remember(digest, caller)
        return caller

    def _remember(self, digest: str, caller: Caller) -> None:
        if self._source.keys is not self._keys:
            self._verified.clear()
            self._keys = self._source.keys
        self._verified[digest] = caller
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)

    def _claims(self, token: str, key: Key) -> Claims:
        """Verify the signature and the standard claims of TOKEN, and return its claims."""
        try:
            return jwt.decode(
                token,
                key.public,
                algorithms=[each for each in self._config.algorithms if each in key.algorithms],
                audience=self._config.audience,
                issuer=self._config.issuer,
                leeway=self._config.leeway,
                options={"require": list(_REQUIRED), "enforce_minimum_key_length": True},
            )
        except Exception as error:  # noqa: BLE001  # after any exception the token is not verified
            failure = self._failure(error)
        raise failure

    def _failure(self, error: Exception) -> Failure:
        if isinstance(error, jwt.ExpiredSignatureError):
            return refusals.expired_credentials()
        if isinstance(error, jwt.ImmatureSignatureError):
            return refusals.not_yet_valid()
        if isinstance(error, jwt.InvalidAudienceError):
            return refusals.unfit("WRONG_AUDIENCE", "the claim aud names another audience")
        if isinstance(error, jwt.MissingRequiredClaimError):
            return refusals.unfit("CLAIM_INVALID", f"the claim {error.claim} is missing")
        return refusals.invalid_credentials(f"{self._name}: {type(error).__name__}")

    def _caller(self, claims: Claims) -> Caller:
        name = _at(claims, self._config.name_claim)
        if not is_name(name):
            raise refusals.unfit("CLAIM_INVALID", "the claim with the name of the principal is not a name")
        if self._config.name_claim == "email" and claims.get("email_verified", True) is not True:
            raise refusals.unfit("CLAIM_INVALID", "the claim email_verified is not true")
        principal = Principal(
            self._config.principals,
            f"{self._name}/{name}",
            frozenset(f"{self._name}/{group}" for group in self._groups(claims)),
        )
        return Caller(principal, "jwt", expires=self._expires(claims))

    def _groups(self, claims: Claims) -> list[str]:
        path = self._config.groups_claim
        if path is None:
            return []
        # Microsoft leaves out long lists of groups and says so here. Policies that forbid by group need them.
        if isinstance(path, str) and _at(claims, ("_claim_names", path)) is not None:
            raise refusals.unfit("CLAIM_INVALID", "the claim with the groups is too long to be in the token")
        found = _at(claims, path)
        groups = [] if found is None else [found] if isinstance(found, str) else found
        if not (isinstance(groups, list) and len(groups) <= _MAX_GROUPS and all(map(is_name, groups))):
            raise refusals.unfit("CLAIM_INVALID", "the claim with the groups is not a list of names")
        return groups

    def _expires(self, claims: Claims) -> float:
        now = time.time()
        expires = _seconds(claims["exp"])
        issued = min(_seconds(claims.get("iat", now)), now)
        if expires - issued > self._config.max_lifetime + self._config.leeway:
            raise refusals.unfit("LIFETIME_TOO_LONG", "its lifetime is longer than this server accepts")
        return expires + self._config.leeway


def _source(name: str, config: JwtConfig) -> KeySource:
    if config.jwks_file is None:
        return FetchedKeys(name, key_fetcher(config), config.keys_max_age)
    try:
        return FileKeys(Path(config.jwks_file))
    except KeysError as error:
        raise ConfigError(f"authenticators.{name}.jwks_file: {error}") from error


class Unverified(NamedTuple):
    """The unverified claim `iss` of a token, and its key id, "" for none."""

    issuer: str
    key_id: str


def unverified_issuer(token: str) -> Unverified | None:
    """Return the unverified issuer and key id of TOKEN, None if it is not a token."""
    try:
        parts = jwt.decode_complete(token, options={"verify_signature": False})
        issuer, key_id = parts["payload"].get("iss"), parts["header"].get("kid", "")
    except Exception:  # noqa: BLE001  # the library raises anything for a malformed token
        return None
    return Unverified(issuer, key_id) if isinstance(issuer, str) and isinstance(key_id, str) else None


def _at(claims: Claims, path: Claim) -> object:
    """The value of CLAIMS at PATH, None if there is none."""
    found: object = claims
    for key in (path,) if isinstance(path, str) else path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _seconds(claim: object) -> float:
    """A time claim, which the library has checked to be a number; infinite if it is too large."""
    try:
        return float(claim)  # type: ignore[arg-type]  # a number, or the text of one
    except (OverflowError, ValueError):
        return math.inf
