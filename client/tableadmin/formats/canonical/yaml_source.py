"""YAML -> nodes. PyYAML parses; its composer is not used, because it forgets anchors."""

import re
from bisect import bisect_left
from collections.abc import Iterator

import yaml

from tableadmin.formats.canonical.nodes import Document, Entry, Kind, Node
from tableadmin.formats.error import SpecError
from tableadmin.formats.text.yaml_nodes import Loader, reported

# What follows | or > in the line.
_BLOCK_COMMENT = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\n]*)")


def documents(text: str) -> list[Document]:
    """The documents in TEXT, which `yaml_nodes` can read, empty ones too. Raises SpecError."""
    with reported(text):
        return list(_Parser(text).documents())


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._events = iter(yaml.parse(text, Loader))
        self._dashes = [
            _begin(token) for token in yaml.scan(text, Loader) if isinstance(token, yaml.BlockEntryToken)
        ]
        self._anchors: dict[str, Node] = {}

    def documents(self) -> Iterator[Document]:
        first = True
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if event.tags:
                    raise SpecError("has a line %TAG, which fmt does not keep; remove the line")
                self._anchors = {}
                yield Document(self._entry(next(self._events)), 0 if first else _begin(event))
                first = False

    def _entry(self, event: yaml.Event, key: Node | None = None, start: int | None = None) -> Entry:
        value = (
            self._anchors[event.anchor or ""] if isinstance(event, yaml.AliasEvent) else self._value(event)
        )
        is_alias = isinstance(event, yaml.AliasEvent)
        entry = Entry(value, _begin(event) if start is None else start, key, is_alias)
        entry.touched = [key.end] if key else []
        if is_alias:
            entry.touched.append(_end(event))
        elif value.kind == "scalar" or value.flow:
            entry.touched += [value.start, value.end]
        if value.style in {"|", ">"} and not is_alias:
            # The parser takes the comment in the first line for a part of the text.
            entry.beside = _BLOCK_COMMENT.findall(self._text[value.start : value.end].split("\n", 1)[0])
        return entry

    def _value(self, event: yaml.Event) -> Node:
        start = _begin(event)
        if isinstance(event, yaml.ScalarEvent):
            # Text behind | takes the empty lines below with it.
            end = start + len(self._text[start : _end(event)].rstrip())
            node = Node("scalar", start, end, event.value, event.style or "")
        else:
            assert isinstance(event, yaml.CollectionStartEvent)
            kind: Kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
            node = Node(kind, start, flow=bool(event.flow_style))
        if event.anchor:
            node.anchor = event.anchor
            self._anchors[event.anchor] = node
        if node.kind == "mapping":
            self._members(node)
        elif node.kind == "sequence":
            self._items(node)
        return node

    def _members(self, node: Node) -> None:
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                line = self._text.count("\n", 0, _begin(event)) + 1
                raise SpecError("the name of a member must be text", line=line)
            key = self._value(event)
            if not node.entries:
                node.column = self._column(key.start)
            node.entries.append(self._entry(next(self._events), key, key.start))
        node.end = _end(event)

    def _items(self, node: Node) -> None:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            if node.flow:
                node.entries.append(self._entry(event))
                continue
            dash = self._dashes[bisect_left(self._dashes, _begin(event)) - 1]
            if not node.entries:
                node.column = self._column(dash)
            entry = self._entry(event, start=dash)
            entry.touched.insert(0, dash + 1)
            node.entries.append(entry)
        node.end = _end(event)

    def _column(self, offset: int) -> int:
        return offset - (self._text.rfind("\n", 0, offset) + 1)


def _begin(event: yaml.Event | yaml.Token) -> int:
    assert event.start_mark
    return event.start_mark.index


def _end(event: yaml.Event) -> int:
    assert event.end_mark
    return event.end_mark.index
