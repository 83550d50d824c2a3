"""Spec files as their authors wrote them: values with comments, anchors, styles and offsets in the text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["scalar", "mapping", "sequence"]


@dataclass(eq=False)
class Node:
    """A value. What several aliases name is one Node.

    `text` is that of a scalar; in JSON the source. `style` is what YAML has before the text: nothing, a
    quote, | or >. `start` and `end` are offsets in the text of the file; the `end` of a collection in block
    style is of no use. `column` is that of the members. `foot` are the comments below the last member.
    """

    kind: Kind
    start: int
    end: int = 0
    text: str = ""
    style: str = ""
    flow: bool = False
    column: int = 0
    anchor: str = ""
    entries: list["Entry"] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Entry:
    """A member of a mapping, an item of a sequence, or the value of a document. Only members have a key.

    `touched` are the offsets of the ends of the entry's parts: a comment in the line of one belongs to the
    entry. `head` are the comments above, "" for an empty line; `beside` those in the same line.
    """

    value: Node
    start: int
    key: Node | None = None
    alias: bool = False
    touched: list[int] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the member, empty for an item."""
        return self.key.text if self.key else ""

    @property
    def collection(self) -> Node | None:
        """The mapping or sequence that the entry holds and that no alias stands for, if any."""
        return None if self.alias or self.value.kind == "scalar" else self.value


@dataclass(eq=False)
class Document:
    """One document of a file, which begins at `start`. `tail` are the comments below its value."""

    root: Entry
    start: int
    tail: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[tuple[Entry, tuple[Node, ...]]]:
        """The entries in the order of the text, each with the collections that it is in, from outside."""
        waiting: list[tuple[Entry, tuple[Node, ...]]] = [(self.root, ())]
        while waiting:
            entry, around = waiting.pop()
            yield entry, around
            if entry.collection:
                inside = (*around, entry.collection)
                waiting += [(below, inside) for below in reversed(entry.collection.entries)]

    def comments(self) -> Iterator[str]:
        """All comments of the document."""
        for entry, _ in self.entries():
            found = [*entry.head, *entry.beside, *(entry.collection.foot if entry.collection else ())]
            yield from filter(None, found)
        yield from filter(None, self.tail)
