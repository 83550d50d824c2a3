"""Finds the policies in a file and their lines, for errors: Cedar's parser reports no positions."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

# A token of Cedar, as far as needed to find the begin and the end of policies.
_TOKEN = re.compile(r'(?P<space>\s+|//[^\n]*)|"(?:\\.|[^"\\])*"|;|[^\s";/]+|.', re.DOTALL)
_ID = re.compile(r'@id\s*\(\s*"([^"\\]*)"\s*\)')
# Cedar's error for a text that ends too early.
_TOO_SHORT = "unexpected end of input"
# Cedar's errors for the first token that is wrong.
_UNEXPECTED = ("unexpected token", "invalid token")


@dataclass(frozen=True)
class Statement:
    """The TEXT of a policy, its offset START and its first LINE in the file, and its `@id`, "" if none."""

    text: str
    start: int
    line: int
    id: str

    def __str__(self) -> str:
        return f"{self.line}: " + (f"policy {self.id}" if self.id else "policy without @id")


def statements(text: str) -> Iterator[Statement]:
    """Yield the policies in TEXT, in order, and the rest after the last semicolon if it is not empty."""
    start: int | None = None
    for token in _TOKEN.finditer(text):
        if start is None and token["space"] is None:
            start = token.start()
        if token[0] == ";" and start is not None:
            yield _statement(text, start, token.end())
            start = None
    if start is not None:
        yield _statement(text, start, len(text))


def _statement(text: str, start: int, end: int) -> Statement:
    found = _ID.search(text, start, end)
    return Statement(text[start:end], start, line_of(text, start), found[1] if found else "")


def line_of(text: str, offset: int) -> int:
    """Return the line of OFFSET in TEXT. The first line is 1."""
    return 1 + text.count("\n", 0, offset)


def place_of(text: str, offset: int) -> str:
    """Return the line of OFFSET in TEXT, and the policy if OFFSET is in one, as text."""
    line = line_of(text, offset)
    for each in statements(text):
        if each.start <= offset < each.start + len(each.text):
            return str(replace(each, line=line))
    return str(line)


def line_of_error(statement: Statement, problem: str, parse: Callable[[str], str]) -> int:
    """Return the line of the file with PROBLEM, which PARSE returns for STATEMENT ("" is no problem).

    For a syntax error it is the first line up to which the error is not only that the text ends too early.
    For any other problem it is the line in which the policy begins.
    """
    if not problem.startswith(_UNEXPECTED):
        return statement.line
    lines = statement.text.splitlines(keepends=True)

    def is_wrong(count: int) -> bool:
        return not parse("".join(lines[:count])).startswith(_TOO_SHORT)

    lines_before = bisect_left(range(1, len(lines)), True, key=is_wrong)  # noqa: FBT003  # what is searched for
    return statement.line + lines_before
