"""Nodes -> JSON, two spaces a level, with the comments that the file has."""

import json
from collections.abc import Sequence

from tableadmin.formats.canonical.members import Schema, below, order_members
from tableadmin.formats.canonical.nodes import Document, Entry, Node
from tableadmin.formats.canonical.spacing import STEP, add_comments, trim_blank_start, trimmed_end


def text(documents: Sequence[tuple[Document, Schema]]) -> str:
    """DOCUMENTS, each with what it holds, as the text of a file."""
    return "".join(_Writer().document(document, schema) for document, schema in documents)


class _Writer:
    def __init__(self) -> None:
        self._lines: list[str] = []

    def document(self, document: Document, schema: Schema) -> str:
        """DOCUMENT at PLACE, with a line break at the end."""
        add_comments(self._lines, trim_blank_start(document.root.head), 0)
        self._value("", document.root, schema, 0, "")
        add_comments(self._lines, trimmed_end(document.tail), 0)
        return "\n".join([*trimmed_end(self._lines), ""])

    def _collection(self, node: Node, schema: Schema, indent: int) -> None:
        entries = order_members(schema, node.entries)
        for number, entry in enumerate(entries, 1):
            head = [*entry.head, *([] if _has_comment_beside(entry) else entry.beside)]
            add_comments(self._lines, head if number > 1 else trim_blank_start(head), indent)
            name = f"{json.dumps(entry.name, ensure_ascii=False)}: " if entry.key else ""
            lead = " " * indent + name
            self._value(lead, entry, below(schema, entry), indent, "," if number < len(entries) else "")
        add_comments(self._lines, trimmed_end(node.foot if entries else trim_blank_start(node.foot)), indent)

    def _value(self, lead: str, entry: Entry, schema: Schema, indent: int, comma: str) -> None:
        """Write the value of ENTRY behind LEAD, and COMMA behind the value."""
        node = entry.value
        comment = f" {entry.beside[0]}" if _has_comment_beside(entry) else ""
        if node.kind == "scalar":
            self._lines.append(f"{lead}{_scalar(node.text)}{comma}{comment}")
            return
        opening, closing = "{}" if node.kind == "mapping" else "[]"
        if not node.entries and not any(node.foot):
            self._lines.append(f"{lead}{opening}{closing}{comma}{comment}")
            return
        self._lines.append(f"{lead}{opening}{comment}")
        self._collection(node, schema, indent + STEP)
        self._lines.append(f"{' ' * indent}{closing}{comma}")


def _has_comment_beside(entry: Entry) -> bool:
    return len(entry.beside) == 1 and "\n" not in entry.beside[0]


def _scalar(source: str) -> str:
    """The scalar SOURCE: text in the shortest form, numbers as they are."""
    return json.dumps(json.loads(source), ensure_ascii=False) if source.startswith('"') else source
