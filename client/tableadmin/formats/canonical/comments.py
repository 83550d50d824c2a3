"""Comments and empty lines -> the entries next to which they stand.

A comment behind a value in the same line belongs to the entry of the value. A comment in a line of its own
belongs to the entry below, or to the end of a collection that ends above and is indented as the comment is.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from tableadmin.formats.canonical.nodes import Document, Entry, Node
from tableadmin.formats.canonical.spacing import trim_blank_start

# What editors and checkers read at the top of a file, whatever member comes next.
_FOR_TOOLS = re.compile(r"(#|//)\s*(yaml-language-server:|yamllint |prettier-|vim?:|-\*-|!|SPDX-|Copyright )")
_YAML = re.compile(r"#[^\n]*|^[ \t]*\n", re.MULTILINE)
_JSON = re.compile(r"//[^\n]*|/\*.*?\*/|^[ \t]*\n", re.MULTILINE | re.DOTALL)


class Comment(NamedTuple):
    """A comment, or an empty line, whose text is empty.

    `alone` is whether there is no value before the comment in its line.
    """

    offset: int
    end: int
    column: int
    text: str
    alone: bool


def attach(text: str, documents: Sequence[Document], *, json: bool) -> None:
    """Give the comments and empty lines of TEXT to the entries and collections of DOCUMENTS."""
    found = list(_comments(text, documents, _JSON if json else _YAML))
    for document, end in zip(
        documents, [*(each.start for each in documents[1:]), len(text) + 1], strict=True
    ):
        own = [each for each in found if document.start <= each.offset < end]
        attachment = _Attachment(document)
        for run in _runs(own, text):
            attachment.add(run, text)
        _move_from_the_top(document)


def _comments(text: str, documents: Iterable[Document], pattern: re.Pattern[str]) -> Iterator[Comment]:
    """What PATTERN finds in TEXT outside of the scalars of DOCUMENTS."""
    spans = sorted(span for document in documents for span in _scalars(document))
    begins = [0, *(end for _, end in spans)]
    # A file ends with one line break, which is no empty line.
    ends = [*(begin for begin, _ in spans), len(text.rstrip())]
    for begin, end in zip(begins, ends, strict=True):
        for match in pattern.finditer(text, begin, end):
            before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            yield Comment(*match.span(), len(before), match[0].strip(), alone=not before.strip())


def _scalars(document: Document) -> Iterator[tuple[int, int]]:
    for entry, _ in document.entries():
        nodes = [entry.key, None if entry.alias else entry.value]
        yield from ((node.start, node.end) for node in nodes if node and node.kind == "scalar")


def _runs(found: Sequence[Comment], text: str) -> Iterator[Sequence[Comment]]:
    """FOUND in runs: one comment behind a value, or lines between which nothing else stands."""
    breaks = [
        number
        for number, (before, each) in enumerate(pairwise(found), 1)
        if not (before.alone and each.alone) or text[before.end : each.offset].strip()
    ]
    for begin, end in pairwise([0, *breaks, len(found)]):
        if begin < end:
            yield found[begin:end]


class _Attachment:
    """Where the comments of one document belong."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found = list(document.entries())
        self._starts = [entry.start for entry, _ in self._found]
        touches = [(offset, entry) for entry, _ in self._found for offset in entry.touched]
        self._touches = sorted(touches, key=itemgetter(0))

    def add(self, run: Sequence[Comment], text: str) -> None:
        """Attach the comments RUN of TEXT."""
        first = run[0]
        touched = self._touched(first, text)
        if touched:
            self._beside(touched, first)
        else:
            self._lines(run)

    def _touched(self, comment: Comment, text: str) -> Entry | None:
        """The entry of which a part ends before COMMENT in the same line."""
        at = bisect_right(self._touches, comment.offset, key=itemgetter(0)) - 1
        if comment.alone or at < 0:
            return None
        offset, entry = self._touches[at]
        return None if "\n" in text[offset : comment.offset] else entry

    def _beside(self, entry: Entry, comment: Comment) -> None:
        if entry is not self._document.root:
            entry.beside.append(comment.text)
        elif comment.offset < entry.value.end:
            entry.head.append(comment.text)
        else:
            self._document.tail.append(comment.text)

    def _lines(self, run: Sequence[Comment]) -> None:
        number = bisect_right(self._starts, run[0].offset)
        before, around = self._found[number - 1] if number else (None, ())
        after, above = self._found[number] if number < len(self._found) else (None, ())
        if before and _is_within(run[0].offset, before):
            before.beside += [each.text for each in run if each.text]
            return
        inside = [*around, before.collection] if before and before.collection else [*around]
        flow = [each for each in inside if each.flow and each.start < run[0].offset < each.end]
        if flow and (after is None or flow[-1] not in above):
            flow[-1].foot += [each.text for each in run]
            return
        ended = [each for each in inside if each not in above and not each.flow]
        self._feet(run, ended, above[-1].column if above else -1, after)

    def _feet(self, run: Sequence[Comment], ended: Sequence[Node], column: int, after: Entry | None) -> None:
        """Attach RUN to the ends of the collections that have ENDED, and the rest to the entry AFTER."""
        target = after.head if after else self._document.tail
        pending: list[str] = []
        for number, comment in enumerate(run):
            fitting = [each for each in ended if column < comment.column and each.column <= comment.column]
            if comment.text and not fitting:
                target += [*pending, *(each.text for each in run[number:])]
                return
            pending.append(comment.text)
            if comment.text:
                fitting[-1].foot += pending
                pending = []
        target += pending


def _is_within(offset: int, entry: Entry) -> bool:
    """Whether PLACE is between the key of ENTRY and its value, which is no collection in block style."""
    last = entry.touched[-1] if entry.touched else -1
    return offset < last and not (entry.collection and entry.collection.start < offset)


def _move_from_the_top(document: Document) -> None:
    """Give the first entry of DOCUMENT the comments right above it; those for the file stay with the root."""
    root = document.root
    entries = root.collection.entries if root.collection and not root.collection.flow else []
    if not entries:
        return
    lines = trim_blank_start(root.head)
    ends = [number for number, line in enumerate(lines, 1) if not line or _FOR_TOOLS.match(line)]
    split = ends[-1] if ends else 0
    root.head = lines[:split]
    entries[0].head = [*lines[split:], *entries[0].head]
