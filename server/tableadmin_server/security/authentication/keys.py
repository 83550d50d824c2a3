"""The keys of an issuer (JWKS), from a file or from a URL."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import jwt
import msgspec
import structlog

from tableadmin_server.security.authentication.changing_file import ChangingFile
from tableadmin_server.security.authentication.refusals import keys_unavailable

if TYPE_CHECKING:
    from jwt.algorithms import AllowedPublicKeys

Fetch: TypeAlias = Callable[[], Awaitable[bytes]]

_log = structlog.get_logger()

# Seconds between attempts to fetch keys while the issuer does not answer.
_RETRY = 5.0
# Seconds between fetches because of unknown key ids in tokens.
_UNKNOWN = 60.0
_MAX_KEYS = 200


# The algorithms of a key without `alg`, by its type or curve.
_ALGORITHMS: Mapping[object, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
}


@dataclass(frozen=True)
class Key:
    """A public key, and its allowed algorithms. Keys are compared by their JWK."""

    jwk: bytes
    algorithms: tuple[str, ...]
    public: "AllowedPublicKeys" = field(compare=False)


# Keys by key id, "" for a key without one.
Keys: TypeAlias = Mapping[str, Key]


class KeysError(Exception):
    """Keys can't be read. The message says why."""


class KeySource(Protocol):
    """A source of keys that verify tokens."""

    @property
    def keys(self) -> Keys:
        """The keys of the last read."""

    @property
    def is_old(self) -> bool:
        """Whether the keys may have changed, so that `key` must be called."""

    @property
    def loads(self) -> Mapping[str, int]:
        """The numbers of times that keys were loaded and refused."""

    async def key(self, kid: str) -> Key | None:
        """Return the key KID, None if it is unknown. Raises Failure (UNAVAILABLE) before the first read."""


def parse(text: bytes) -> Keys:
    """Return the keys of a JWKS document that can verify tokens. Raises KeysError.

    Symmetric keys, keys for encryption and keys of unknown types are left out.
    """
    try:
        found = msgspec.json.decode(text, type=dict[str, Any]).get("keys")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KeysError("the answer is not a JSON object") from error
    if not isinstance(found, list) or len(found) > _MAX_KEYS:
        raise KeysError(f"the answer has no list `keys` of at most {_MAX_KEYS}")
    keys: dict[str, Key] = {}
    for each in found:
        if _verifies(each) and (key := _key(each)):
            keys.setdefault(each.get("kid", ""), key)
    return keys


def _verifies(jwk: object) -> bool:
    return (
        isinstance(jwk, dict)
        and jwk.get("use", "sig") == "sig"
        and "verify" in jwk.get("key_ops", ["verify"])
        and isinstance(jwk.get("kid", ""), str)
    )


def _key(jwk: dict[str, Any]) -> Key | None:
    algorithms = _ALGORITHMS.get(jwk.get("kty")) or _ALGORITHMS.get(jwk.get("crv"), ())
    if alg := jwk.get("alg"):
        algorithms = tuple(each for each in algorithms if each == alg)
    if not algorithms:
        return None
    try:
        public = cast("Any", jwt.PyJWK(jwk, algorithms[0]).key)
    except Exception:  # noqa: BLE001  # the library raises anything for a malformed key
        return None
    # A JWKS file may have private keys.
    public = public.public_key() if hasattr(public, "public_key") else public
    return Key(msgspec.json.encode(jwk, order="sorted"), algorithms, public)


class FileKeys:
    """The keys in the file at PATH. Raises KeysError for a file that can't be read."""

    def __init__(self, path: Path) -> None:
        self._file = ChangingFile(path, _from_file, KeysError)

    @property
    def keys(self) -> Keys:
        """The keys in the file, at most one second old."""
        return self._file.content()

    @property
    def is_old(self) -> bool:
        """False, because `keys` checks the file."""
        return False

    @property
    def loads(self) -> Mapping[str, int]:
        """The numbers of times that the file was loaded and refused."""
        return self._file.loads

    async def key(self, kid: str) -> Key | None:
        """Return the key KID, None if it is unknown. For an unknown key the file is checked again."""
        return self.keys.get(kid) or self._file.content(now=True).get(kid)


def _from_file(path: Path) -> Keys:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise KeysError(f"{path}: {error.strerror}") from error


class FetchedKeys:
    """The keys that FETCH gets for the authenticator NAME, at most MAX_AGE seconds old if the issuer answers.

    There is one fetch at a time: after half of MAX_AGE in the background, after MAX_AGE while calls wait, and
    for unknown keys at most once a minute. After a failed fetch the old keys stay in use.
    """

    def __init__(
        self, name: str, fetch: Fetch, max_age: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._fetch, self._max_age, self._clock = name, fetch, max_age, clock
        self._keys: Keys | None = None
        self._read_at = self._tried_at = self._unknown_at = -float("inf")
        self._problem = ""
        # The numbers of successful and failed fetches.
        self.loads = Counter(loaded=0, refused=0)
        self._fetching: asyncio.Task[None] | None = None

    @property
    def keys(self) -> Keys:
        """The keys of the last fetch."""
        return self._keys or {}

    @property
    def is_old(self) -> bool:
        """Whether the keys must be fetched again, at least in the background."""
        return self._clock() - self._read_at >= self._max_age / 2

    async def key(self, kid: str) -> Key | None:
        """Return the key KID, None if it is unknown. Raises Failure (UNAVAILABLE) before the first fetch."""
        waited = await self._renew()
        if self._keys is None:
            raise keys_unavailable(f"{self._name}: {self._problem}")
        found = self._keys.get(kid)
        if found is None and not waited and await self._look_for_unknown():
            found = self._keys.get(kid)
        return found

    async def _renew(self) -> bool:
        """Fetch the keys if they are old. Returns whether the call has waited for a fetch."""
        now = self._clock()
        age = now - self._read_at
        if age < self._max_age / 2:
            return False
        if self._fetching is None and now - self._tried_at >= _RETRY:
            self._begin()
        if age < self._max_age or self._fetching is None:
            return False
        await asyncio.shield(self._fetching)
        return True

    async def _look_for_unknown(self) -> bool:
        """Fetch the keys for an unknown key id. Returns whether there was a fetch."""
        if self._fetching is None:
            if self._clock() - self._unknown_at < _UNKNOWN:
                return False
            self._unknown_at = self._clock()
            self._begin()
        await asyncio.shield(self._fetching)  # type: ignore[arg-type]  # begun
        return True

    def _begin(self) -> None:
        self._tried_at = self._clock()
        self._fetching = asyncio.create_task(self._run())

    async def _run(self) -> None:
        began = self._clock()
        try:
            keys = parse(await self._fetch())
        except KeysError as error:
            self._problem = str(error)
            self.loads["refused"] += 1
            _log.warning("keys could not be read", authenticator=self._name, problem=self._problem)
        else:
            self.loads["loaded"] += 1
            if self._problem:
                _log.info("keys were read again", authenticator=self._name)
            # The same object if the keys are the same, so that verified tokens stay verified.
            self._problem, self._keys, self._read_at = "", self._keys if self._keys == keys else keys, began
        finally:
            self._fetching = None
