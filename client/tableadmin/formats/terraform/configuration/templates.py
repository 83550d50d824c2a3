"""Templates: text with `${...}` and `%{...}` in it, in quotes, in heredocs and in files -> their parts.

https://developer.hashicorp.com/terraform/language/expressions/strings
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from lark import Token

from tableadmin.formats.error import SpecError
from tableadmin.formats.terraform.configuration.syntax import (
    Parsed,
    as_before,
    expression,
    label,
    parts,
    unescape,
)
from tableadmin.formats.terraform.configuration.values import Unevaluable

TEXT, VALUE, IF, ELSE, END_IF, FOR, END_FOR = ("text", "value", "if", "else", "endif", "for", "endfor")

_BEGIN = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
_LOOP = re.compile(r"for\s+(?P<names>[\w-]+(?:\s*,\s*[\w-]+)?)\s+in\b(?P<over>.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:(?P<simple>[nrt\"\\])|u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8}))")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_STRIP = "~"
# The nodes of the parser for what is between `%{` and `}`.
_DIRECTIVES = {
    "interpolation": VALUE,
    "template_if_start": IF,
    "template_else": ELSE,
    "template_endif": END_IF,
    "template_for_start": FOR,
    "template_endfor": END_FOR,
}


class Part(NamedTuple):
    """A part of a template: text, an expression whose value is inserted, or a directive.

    `expression` is what the part inserts, decides by, or loops over with `names`. `strips` says whether white
    space before the part and behind the part is left out.
    """

    kind: str
    text: str = ""
    expression: Parsed | None = None
    names: tuple[str, ...] = ()
    strips: tuple[bool, bool] = (False, False)


def of_string(node: Parsed) -> list[Part]:
    """The parts of NODE, text in quotes. Raises Unevaluable for a directive that is not known."""
    return _stripped([_of_node(part.children[0]) for part in parts(node)])


def of_text(source: str) -> list[Part]:
    """The parts of SOURCE, a template without quotes around it. Raises Unevaluable."""
    return _stripped([*_of_text(source)])


def branches(template: Sequence[Part], at: int) -> tuple[list[Part], list[Part], int]:
    """What is between the `if` or `for` at AT of TEMPLATE, what is behind its `else`, and where it ends.

    Raises Unevaluable if it does not end.
    """
    end = {IF: END_IF, FOR: END_FOR}[template[at].kind]
    found: tuple[list[Part], list[Part]] = ([], [])
    depth, branch = 0, 0
    for position in range(at + 1, len(template)):
        part = template[position]
        if not depth and part.kind == end:
            return *found, position
        if not depth and part.kind == ELSE and end == END_IF:
            branch = 1
            continue
        depth += {IF: 1, FOR: 1, END_IF: -1, END_FOR: -1}.get(part.kind, 0)
        found[branch].append(part)
    raise Unevaluable(f"a template has {template[at].kind} without {end}")


def _of_node(content: Parsed | Token) -> Part:
    if isinstance(content, Token):
        return Part(TEXT, unescape(_ESCAPE.sub(_unescaped, str(content))))
    kind = _DIRECTIVES[str(content.data)]
    *names, last = [*parts(content), None] if kind in (ELSE, END_IF, END_FOR) else parts(content)
    tokens = [str(each) for each in content.children if isinstance(each, Token)]
    strips = (tokens[1:2] == [_STRIP], tokens[-2:-1] == [_STRIP])
    return Part(kind, "", last, tuple(label(name) for name in names if name), strips)


def _unescaped(found: re.Match[str]) -> str:
    return _SIMPLE[found["simple"]] if found["simple"] else chr(int(found["four"] or found["eight"], 16))


def _of_text(source: str) -> Iterator[Part]:
    at = 0
    for found in _BEGIN.finditer(source):
        if found.start() < at:
            continue
        yield from _lines(unescape(source[at : found.start()]))
        at = found.end()
        if found[0] in ("${", "%{"):
            end = _closing(source, at)
            yield _between(as_before(source[at:end]), _READERS[found[0]])
            at = end + 1
        else:
            yield Part(TEXT, found[0][1:])
    yield from _lines(unescape(source[at:]))


def _lines(text: str) -> Iterator[Part]:
    """TEXT by lines: `~` leaves out white space of one line only."""
    return (Part(TEXT, line) for line in text.splitlines(keepends=True))


def _between(source: str, read: Callable[[str], Part]) -> Part:
    """The part that SOURCE, what is between the braces, is."""
    strips = (source.startswith(_STRIP), source.endswith(_STRIP))
    return read(source.strip(_STRIP).strip())._replace(strips=strips)


def _directive(source: str) -> Part:
    loop = _LOOP.fullmatch(source)
    if loop:
        names = tuple(name.strip() for name in loop["names"].split(","))
        return Part(FOR, expression=_parsed(loop["over"]), names=names)
    if re.match(r"if\b", source):
        return Part(IF, expression=_parsed(source.removeprefix("if")))
    if source in (ELSE, END_IF, END_FOR):
        return Part(source)
    raise Unevaluable(f"%{{ {source} }} is no directive of a template")


_READERS: dict[str, Callable[[str], Part]] = {
    "${": lambda source: Part(VALUE, expression=_parsed(source)),
    "%{": _directive,
}


def _parsed(source: str) -> Parsed:
    try:
        found = expression(source).source
    except SpecError as error:
        raise Unevaluable(error.reason) from None
    assert not isinstance(found, str | int | float | list | dict | None)
    return found


def _closing(source: str, at: int) -> int:
    """Where the brace closes that was opened before AT; text in quotes is passed over."""
    depth, quoted = 0, False
    while at < len(source):
        char = source[at]
        if quoted and char == "\\":
            at += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted:
            if char == "}" and not depth:
                return at
            depth += {"{": 1, "}": -1}.get(char, 0)
        at += 1
    raise Unevaluable("${ is not closed")


def _stripped(template: list[Part]) -> list[Part]:
    """TEMPLATE without the white space that `~` leaves out."""
    found = [*template]
    for at, part in enumerate(template):
        before, behind = part.strips
        if before and at and found[at - 1].kind == TEXT:
            found[at - 1] = Part(TEXT, found[at - 1].text.rstrip())
        if behind and at + 1 < len(found) and found[at + 1].kind == TEXT:
            found[at + 1] = Part(TEXT, found[at + 1].text.lstrip())
    return found
