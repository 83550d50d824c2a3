"""Where policies stand in a file. Errors name the line, and Cedar's parser reports no positions."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# What Cedar's parser takes as one thing, as far as it matters to where a policy begins and ends.
_TOKEN = re.compile(r'(?P<space>\s+|//[^\n]*)|"(?:\\.|[^"\\])*"|;|[^\s";/]+|.', re.DOTALL)
_ID = re.compile(r'@id\s*\(\s*"([^"\\]*)"\s*\)')
# What Cedar says of a text that ends too early.
_TOO_SHORT = "unexpected end of input"
# What Cedar says of the first word that fits into no policy.
_UNEXPECTED = ("unexpected token", "invalid token")


@dataclass(frozen=True)
class Statement:
    """The TEXT of a policy, which begins in LINE of its file. ID is its `@id`, "" if it has none."""

    text: str
    line: int
    id: str

    def __str__(self) -> str:
        return f"{self.line}: " + (f"policy {self.id}" if self.id else "policy without @id")


def statements(text: str) -> Iterator[Statement]:
    """The policies in TEXT, in order; the rest after the last semicolon too, unless it is empty."""
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
    return Statement(text[start:end], 1 + text.count("\n", 0, start), found[1] if found else "")


def line_of_error(statement: Statement, problem: str, parse: Callable[[str], str]) -> int:
    """The line of the file in which PROBLEM is, which PARSE reports of STATEMENT; "" is no problem.

    Of a syntax error, this is the first line with which the policy is more than too short. Of any other
    problem, the line in which the policy begins.
    """
    if not problem.startswith(_UNEXPECTED):
        return statement.line
    lines = statement.text.splitlines(keepends=True)

    def is_wrong(count: int) -> bool:
        return not parse("".join(lines[:count])).startswith(_TOO_SHORT)

    lines_before = bisect_left(range(1, len(lines)), True, key=is_wrong)  # noqa: FBT003  # what is searched for
    return statement.line + lines_before
