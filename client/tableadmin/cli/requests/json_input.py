"""Read JSON from an argument: the JSON text, `-` for standard input, or a path."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tableadmin.cli.app.exit_codes import InputError

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict


def read(source: str) -> AwsDict:
    """Return the JSON object at SOURCE: text that begins with `{`, `-`, or a path.

    A path may begin with `@` or `file://`. Raises InputError if there is no JSON object.
    """
    return _parsed(*_text(source))


def text(source: str) -> str:
    """Return the unchanged text of the JSON object at SOURCE. Raises what `read` raises."""
    name, found = _text(source)
    _parsed(name, found)
    return found


def _parsed(name: str, text: str) -> AwsDict:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{name} is not valid JSON ({where}): {error.msg}") from error
    except ValueError as error:  # an integer of thousands of digits
        raise InputError(f"{name} is not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise InputError(f"{name} must be a JSON object")
    return cast("AwsDict", document)


def _text(source: str) -> tuple[str, str]:
    if source.lstrip().startswith("{"):
        return "the argument", source
    if source == "-":
        return "standard input", sys.stdin.read()
    path = path_of(source)
    try:
        return path, Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise InputError(f"{path}: {reason} (inline JSON must start with '{{')") from error


def path_of(source: str) -> str:
    """Return the path in SOURCE, without `file://`, `fileb://` or `@`."""
    for prefix in ("file://", "fileb://", "@"):
        if source.startswith(prefix):
            return source.removeprefix(prefix)
    return source
