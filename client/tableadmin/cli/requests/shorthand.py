"""The short forms of keys, indexes, tags, times and S3 locations on the command line.

Every function raises ValueError for text of another form.

- a key is `NAME:TYPE` with the type S, N or B; several parts of one key are joined by `+`: `Genre:S+Label:S`
- a projection is `ALL`, `KEYS_ONLY` or `INCLUDE:attribute+attribute`
- an index is `name=...,hash=KEY,range=KEY,projection=PROJECTION,read=UNITS,write=UNITS`, in any order
- a tag is `KEY=VALUE`
- a time is ISO 8601, by default in UTC: `2026-01-31`, `2026-01-31T12:00:00+01:00`
- a location in Amazon S3 is `s3://bucket/prefix`, with or without a prefix
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import NamedTuple

_TYPES = ("S", "N", "B")


class KeyPart(NamedTuple):
    """An attribute of a key: its name and type."""

    name: str
    type: str


def key(text: str) -> list[KeyPart]:
    """Return the attributes of a key: `Genre:S` or `Genre:S+Label:S`."""
    return [_key_part(part) for part in text.split("+")]


def _key_part(text: str) -> KeyPart:
    name, _, kind = text.rpartition(":")
    if not name or kind not in _TYPES:
        stem = (name or kind).strip() or "Name"
        raise ValueError(f"{text!r} is not NAME:TYPE with the type S, N or B, such as {stem}:S")
    return KeyPart(name, kind)


def fields(text: str, allowed: Sequence[str], required: Sequence[str]) -> dict[str, str]:
    """Parse `key=value,key=value`. Each key is one of ALLOWED and occurs once. All REQUIRED keys occur."""
    found: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or not value or name not in allowed:
            raise ValueError(
                f"{part!r} is not KEY=VALUE with one of {', '.join(allowed)}{_near(name, allowed)}"
            )
        if name in found:
            raise ValueError(f"{name} occurs twice")
        found[name] = value
    for name in required:
        if name not in found:
            raise ValueError(f"{name}= is missing")
    return found


def units(text: str) -> int:
    """Parse a number of capacity units. The service checks its range."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def pair(text: str) -> tuple[str, str]:
    """Split `KEY=VALUE`. The value may be empty and may contain `=`."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError(f"{text!r} is not KEY=VALUE")
    return name, value


def moment(text: str) -> datetime:
    """Parse a time. The default time zone is UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time such as 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def s3(text: str) -> tuple[str, str]:
    """Return the bucket and the prefix of a location in Amazon S3. The prefix may be empty."""
    bucket, _, prefix = text.removeprefix("s3://").partition("/")
    if not bucket or not text.startswith("s3://"):
        raise ValueError(f"{text!r} is not s3://BUCKET or s3://BUCKET/PREFIX")
    return bucket, prefix


def _near(name: str, known: Sequence[str]) -> str:
    found = get_close_matches(name, known, n=1)
    return f"; did you mean {found[0]}=?" if found else ""
