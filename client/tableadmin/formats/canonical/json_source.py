"""JSON -> nodes, with the comments and the commas behind a last member that JSON itself does not have."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from tableadmin.formats.canonical.nodes import Document, Entry, Node
from tableadmin.formats.error import SpecError

_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|[{}\[\]:,]|[-+.\w]+')
_SKIPPED = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)


def documents(text: str) -> list[Document]:
    """The values in TEXT. Raises SpecError for what is not JSON."""
    return list(_Parser(text).documents())


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._offset = 0
        self._skip()

    def documents(self) -> Iterator[Document]:
        start = 0
        while self._offset < len(self._text):
            document = Document(self._entry(), start)
            # The rest of the line belongs to the value before.
            line_end = self._text.find("\n", document.root.value.end)
            start = min(self._offset, line_end) if line_end >= 0 else self._offset
            yield document

    def _entry(self, key: Node | None = None) -> Entry:
        value = self._value()
        touched = [key.end] if key else []
        return Entry(
            value, key.start if key else value.start, key, touched=[*touched, value.start, value.end]
        )

    def _value(self) -> Node:
        opening = self._text[self._offset : self._offset + 1]
        if opening not in {"{", "["}:
            return self._scalar()
        node = Node("mapping" if opening == "{" else "sequence", self._offset, flow=True)
        self._take(opening)
        closing = "}" if opening == "{" else "]"
        while not self._follows(closing):
            node.entries.append(self._member() if opening == "{" else self._entry())
            if not self._follows(closing):
                self._take(",")
        node.end = self._take(closing)
        return node

    def _member(self) -> Entry:
        key = self._scalar()
        if not key.text.startswith('"'):
            self._fail()
        key.text = json.loads(key.text)
        self._take(":")
        return self._entry(key)

    def _scalar(self) -> Node:
        start, token = self._offset, _TOKEN.match(self._text, self._offset)
        if token is None or token[0] in "{}[]:,":
            self._fail()
        try:
            json.loads(token[0])
        except ValueError:
            self._fail()
        self._offset = token.end()
        self._skip()
        return Node("scalar", start, token.end(), token[0])

    def _follows(self, mark: str) -> bool:
        return self._text.startswith(mark, self._offset)

    def _take(self, mark: str) -> int:
        """Read MARK; the offset behind it."""
        if not self._follows(mark):
            self._fail()
        end = self._offset = self._offset + len(mark)
        self._skip()
        return end

    def _skip(self) -> None:
        found = _SKIPPED.match(self._text, self._offset)
        self._offset = found.end() if found else self._offset

    def _fail(self) -> NoReturn:
        raise SpecError("not JSON", line=self._text.count("\n", 0, self._offset) + 1)
