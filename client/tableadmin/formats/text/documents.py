"""Text -> documents: YAML or JSON, read safely, without guessing what unquoted text means."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from tableadmin.formats.error import SpecError
from tableadmin.formats.text import yaml_nodes
from tableadmin.formats.text.tree import Faulty, Record, Tree, children
from tableadmin.formats.text.variables import mask, unmask

# Above this many characters a line number is not worth reading the text again.
_LINES_UP_TO = 1_000_000


def documents(text: str) -> list[Tree]:
    """The documents in TEXT, empty ones left out: YAML and JSON may hold several, one after the other.

    Numbers, truth values and dates that are not quoted in YAML are Plain text. An object with a key that is
    there twice, or with a tag that makes objects, is Faulty. Aliases that unfold without end are refused.
    Raises SpecError.
    """
    begin = text.removeprefix("\ufeff")
    try:
        found = _json(begin) if is_like_json(begin) else _yaml(begin)
    except RecursionError:
        raise SpecError("is nested too deeply") from None
    if not found:
        raise SpecError("is empty")
    return found


def is_empty(text: str) -> bool:
    """Whether all lines of TEXT are empty, comments of YAML, or ends of documents."""
    lines = (each.partition("#")[0].strip() for each in text.removeprefix("\ufeff").splitlines())
    return all(each in ("", "---", "...") for each in lines)


def line_of(text: str, document: int, path: str) -> int | None:
    """The line of TEXT, from 1, where PATH in the document of that number is, or what is nearest above it."""
    if len(text) > _LINES_UP_TO or not path:
        return None
    try:
        whole = _without_comments(text) if is_like_json(text) else text
        return yaml_nodes.line_of(whole, document, list(_steps(path)))
    except (SpecError, RecursionError):
        return None


def _steps(path: str) -> Iterator[str | int]:
    for index, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path):
        yield int(index) if index else name


def _yaml(text: str) -> list[Tree]:
    """TEXT as YAML, or else as YAML in which variables `${...}` are text, braces and all."""
    try:
        return list(yaml_nodes.documents(text))
    except SpecError:
        with_masks, variables = mask(text)
        if not variables:
            raise
        try:
            return [unmask(tree, variables) for tree in yaml_nodes.documents(with_masks)]
        except SpecError:
            pass
        raise


def _json(text: str) -> list[Tree]:
    """TEXT as JSON, which may have comments, or else as YAML, which may begin with a brace too."""
    try:
        found = list(_json_values(text))
    except json.JSONDecodeError as error:
        if _COMMENT.match(text, error.pos) and (bare := _without_comments(text)) != text:
            return _json(bare)
        _refuse_likeness(text, error)
        try:
            return _yaml(text)
        except SpecError:
            raise SpecError(f"not JSON: {error.msg}", line=error.lineno) from None
    _check_depth(found)
    return found


def _refuse_likeness(text: str, error: json.JSONDecodeError) -> None:
    """Raise SpecError for TEXT that YAML would take for something else than its author meant."""
    if text[error.pos : error.pos + 1] in _TYPOGRAPHIC:
        raise SpecError('has typographic quotes; write " instead', line=error.lineno)
    if _PYTHON.search(text):
        raise SpecError("is what Python prints of an object; give what json.dumps(..., default=str) returns")


# Behind the space where reading failed.
_COMMENT = re.compile(r"\s*/[/*]")
# Text in quotes, or a comment.
_QUOTED_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_NO_SPACE = re.compile(r"\S")
_TYPOGRAPHIC = ("\u2018", "\u2019", "\u201c", "\u201d")
_PYTHON = re.compile(r"'\w+': (?:datetime\.datetime|Decimal)\(")


def is_like_json(text: str) -> bool:
    """Whether TEXT begins as JSON does, comments included."""
    return text.lstrip().startswith(("{", "[", "//", "/*"))


def _without_comments(text: str) -> str:
    """TEXT with space in the place of the comments, so that lines stay where they are."""
    return _QUOTED_OR_COMMENT.sub(lambda found: found[1] or _NO_SPACE.sub(" ", found[0]), text)


def _check_depth(found: list[Tree]) -> None:
    """Raise SpecError for values that are nested deeper than YAML may be: readers recurse into them."""
    level: list[Tree] = [*found]
    for _ in range(yaml_nodes.DEEPEST):
        level = [inner for tree in level for inner in children(tree)]
    if level:
        raise SpecError(f"is nested more than {yaml_nodes.DEEPEST} deep")


def _json_values(text: str) -> Iterator[Tree]:
    """The JSON values in TEXT: one, or several objects and lists one after another, such as JSON lines."""
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refused)
    begin = _after_space(text, 0)
    while begin < len(text):
        value, end = decoder.raw_decode(text, begin)
        begin = _after_space(text, end)
        if begin < len(text) and text[begin] not in "{[":
            raise json.JSONDecodeError("Extra data", text, end)
        yield value


_SPACE = re.compile(r"[ \t\r\n]*")


def _after_space(text: str, begin: int) -> int:
    space = _SPACE.match(text, begin)
    return space.end() if space else begin


def _object(pairs: list[tuple[str, Tree]]) -> Record:
    found: Record = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    return Faulty(found, SpecError(f"the member {twice!r} is specified twice"))


def _refused(constant: str) -> NoReturn:
    raise SpecError(f"{constant} is not JSON")
