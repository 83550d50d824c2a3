"""Text -> documents: YAML or JSON, read safely, without guessing what unquoted text means."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from tableadmin.formats import yaml_nodes
from tableadmin.formats.error import SpecError
from tableadmin.formats.tree import Record, Tree

# Above this many characters a line number is not worth reading the text again.
_LINES_UP_TO = 1_000_000


def documents(text: str) -> list[Tree]:
    """The documents in TEXT, empty ones left out: YAML may hold several, JSON one.

    Numbers, truth values and dates that are not quoted in YAML are Plain text. A key that is there twice,
    tags that make objects, and aliases that unfold without end are refused. Raises SpecError.
    """
    begin = text.removeprefix("\ufeff")
    try:
        found = _json(begin) if begin.lstrip().startswith(("{", "[")) else list(yaml_nodes.documents(begin))
    except RecursionError:
        raise SpecError("is nested too deeply") from None
    if not found:
        raise SpecError("is empty")
    return found


def line_of(text: str, document: int, path: str) -> int | None:
    """The line of TEXT, from 1, where PATH in the document of that number is, or what is nearest above it."""
    if len(text) > _LINES_UP_TO or not path:
        return None
    try:
        return yaml_nodes.line_of(text, document, list(_steps(path)))
    except (SpecError, RecursionError):
        return None


def _steps(path: str) -> Iterator[str | int]:
    for index, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path):
        yield int(index) if index else name


def _json(text: str) -> list[Tree]:
    """TEXT as JSON, or else as YAML, which may begin with a brace too."""
    try:
        return [json.loads(text, object_pairs_hook=_object, parse_constant=_refused)]
    except json.JSONDecodeError as error:
        try:
            return list(yaml_nodes.documents(text))
        except SpecError:
            raise SpecError(f"not JSON: {error.msg}", line=error.lineno) from None


def _object(pairs: list[tuple[str, Tree]]) -> Record:
    found: Record = {}
    for name, value in pairs:
        if name in found:
            raise SpecError(f"the member {name!r} is there twice")
        found[name] = value
    return found


def _refused(constant: str) -> NoReturn:
    raise SpecError(f"{constant} is not JSON")
