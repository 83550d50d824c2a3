"""The keys of an issuer (JWKS), and when they are read again."""

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

# Seconds between two tries to read keys while the issuer does not answer.
_RETRY = 5.0
# Seconds between two reads of the keys because a token names a key that is not among them.
_UNKNOWN = 60.0
_MAX_KEYS = 200


# Of a key that does not say its algorithm.
_ALGORITHMS: Mapping[object, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
}


@dataclass(frozen=True)
class Key:
    """A public key, and the algorithms that it may be used with. Two keys are equal by their JWK."""

    jwk: bytes
    algorithms: tuple[str, ...]
    public: "AllowedPublicKeys" = field(compare=False)


# Key id, "" for a key without one, to the key.
Keys: TypeAlias = Mapping[str, Key]


class KeysError(Exception):
    """Keys that can't be read; the message says why."""


class KeySource(Protocol):
    """Where the key of a token is found."""

    @property
    def keys(self) -> Keys:
        """The keys as last read."""

    @property
    def is_old(self) -> bool:
        """Whether `key` should be asked, because the keys may be others by now."""

    @property
    def loads(self) -> Mapping[str, int]:
        """How often keys were loaded, and how often what was read was refused."""

    async def key(self, kid: str) -> Key | None:
        """The key KID, None where the issuer has none; raises Failure (UNAVAILABLE) before keys were read."""


def parse(text: bytes) -> Keys:
    """The keys of a JWKS document that can verify tokens; raises KeysError.

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
    except Exception:  # noqa: BLE001  # whatever is wrong with the key of a foreign server
        return None
    # A key that the issuer's own file has with its private part.
    public = public.public_key() if hasattr(public, "public_key") else public
    return Key(msgspec.json.encode(jwk, order="sorted"), algorithms, public)


class FileKeys:
    """The keys in the file at PATH; raises KeysError for a file that can't be read."""

    def __init__(self, path: Path) -> None:
        self._file = ChangingFile(path, _from_file, KeysError)

    @property
    def keys(self) -> Keys:
        """The keys as of a second ago at most."""
        return self._file.content()

    @property
    def is_old(self) -> bool:
        """Never: `keys` looks at the file."""
        return False

    @property
    def loads(self) -> Mapping[str, int]:
        """How often the file was loaded and refused."""
        return self._file.loads

    async def key(self, kid: str) -> Key | None:
        """The key KID as the file has it; the file is looked at once more for one that was not there."""
        return self.keys.get(kid) or self._file.content(now=True).get(kid)


def _from_file(path: Path) -> Keys:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise KeysError(f"{path}: {error.strerror}") from error


class FetchedKeys:
    """The keys that FETCH gets for the authenticator NAME, MAX_AGE seconds old at most if the issuer answers.

    However many calls need keys, there is one fetch at a time: after half of MAX_AGE in the background, after
    MAX_AGE before the next call goes on, and for a key that is not known at most once a minute. A fetch that
    fails leaves the keys as they are.
    """

    def __init__(
        self, name: str, fetch: Fetch, max_age: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._fetch, self._max_age, self._clock = name, fetch, max_age, clock
        self._keys: Keys | None = None
        self._read_at = self._tried_at = self._unknown_at = -float("inf")
        self._problem = ""
        # How often keys were fetched, and how often a fetch failed.
        self.loads = Counter(loaded=0, refused=0)
        self._fetching: asyncio.Task[None] | None = None

    @property
    def keys(self) -> Keys:
        """The keys as last fetched."""
        return self._keys or {}

    @property
    def is_old(self) -> bool:
        """Whether it is time to fetch the keys again, in the background at least."""
        return self._clock() - self._read_at >= self._max_age / 2

    async def key(self, kid: str) -> Key | None:
        """The key KID, None where the issuer has none; raises Failure (UNAVAILABLE) before keys were read."""
        waited = await self._renew()
        if self._keys is None:
            raise keys_unavailable(f"{self._name}: {self._problem}")
        found = self._keys.get(kid)
        if found is None and not waited and await self._look_for_unknown():
            found = self._keys.get(kid)
        return found

    async def _renew(self) -> bool:
        """Fetch what is too old; whether the call has waited for a fetch."""
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
        """Fetch once more for a key that is not known; whether there was a fetch."""
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
            # The same object while the keys are the same: what was verified with them stays verified.
            self._problem, self._keys, self._read_at = "", self._keys if self._keys == keys else keys, began
        finally:
            self._fetching = None
