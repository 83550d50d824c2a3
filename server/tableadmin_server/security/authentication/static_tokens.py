"""Static tokens, of which the server knows the hashes."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from pathlib import Path

from tableadmin_server.config import ConfigError
from tableadmin_server.config.authenticator import StaticToken, TokenConfig, read_tokens
from tableadmin_server.security.authentication.changing_file import ChangingFile
from tableadmin_server.security.identity import Caller, Principal


class StaticTokens:
    """The tokens of the authenticator NAME. Raises ConfigError for a file that can't be read."""

    def __init__(self, name: str, config: TokenConfig) -> None:
        self._name = name
        self._config = config
        self._fixed = self._by_hash(config.tokens)
        self._file = (
            ChangingFile(Path(config.tokens_file), self._read, ConfigError) if config.tokens_file else None
        )

    @property
    def loads(self) -> Mapping[str, int]:
        """The numbers of times that the file of tokens was loaded and refused; empty without a file."""
        return {} if self._file is None else self._file.loads

    def caller(self, digest: str) -> Caller | None:
        """Return the caller of the token with the SHA-256 DIGEST, also if expired; None if it is unknown."""
        # The duration of a lookup by hash does not help an attacker to guess tokens.
        found = self._fixed.get(digest)
        return found or (self._file.content().get(digest) if self._file else None)

    def _read(self, path: Path) -> Mapping[str, Caller]:
        return self._by_hash(read_tokens(path))

    def _by_hash(self, tokens: Iterable[StaticToken]) -> Mapping[str, Caller]:
        return {each.sha256: self._caller(each) for each in tokens}

    def _caller(self, token: StaticToken) -> Caller:
        principal = Principal(
            self._config.principals,
            f"{self._name}/{token.name}",
            frozenset(f"{self._name}/{group}" for group in token.groups),
        )
        expires = datetime.combine(token.expires, time(), UTC).timestamp() if token.expires else None
        return Caller(principal, "token", expires=expires)


def digest_of(token: str) -> str:
    """Return the SHA-256 of TOKEN in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
