"""The keys of the configuration file: their metadata, their values, and the error of an invalid value."""

import re
from typing import Any, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")


class ConfigError(Exception):
    """The configuration is invalid. The message has the key and the problem."""


def file_key(description: str, unit: str | None = None, **bounds: Any) -> Meta:  # noqa: ANN401  # as of Meta
    """Return the metadata of a key that only the configuration file has: it has no flag and no variable.

    UNIT is the unit of the value. BOUNDS are those of msgspec.Meta.
    """
    return Meta(description=description, extra={"flag": False, "unit": unit}, **bounds)


def converted(given: object, struct: type[T], where: str) -> T:
    """Return GIVEN, the value of the key WHERE, as a STRUCT. Raises ConfigError."""
    try:
        return msgspec.convert(given, struct)
    except msgspec.ValidationError as error:
        raise ConfigError(_readable(str(error), where)) from error


def _readable(message: str, where: str) -> str:
    """Msgspec's "problem - at `$.path`" as "path: problem"; the path of an unknown key ends in the key."""
    problem, _, path = message.partition(" - at `$")
    where = (where + path.rstrip("`")).strip(".")
    unknown = re.fullmatch(r"Object contains unknown field `(.+)`", problem)
    missing = re.fullmatch(r"Object missing required field `(.+)`", problem)
    key = unknown or missing
    if key is None:
        return f"{where}: {problem}" if where else problem
    return f"{where + '.' if where else ''}{key[1]}: {'unknown key' if unknown else 'is required'}"
