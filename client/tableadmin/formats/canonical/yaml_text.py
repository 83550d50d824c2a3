"""Nodes -> YAML in block style, two spaces a level."""

from collections.abc import Sequence

from tableadmin.formats.canonical.members import MERGE, Schema, below, is_merge, order_members
from tableadmin.formats.canonical.nodes import Document, Entry, Node
from tableadmin.formats.canonical.spacing import STEP, add_comments, trim_blank_start, trimmed_end
from tableadmin.formats.spec import scalar
from tableadmin.formats.text.fitting import TRUTH
from tableadmin.formats.text.yaml_nodes import NULL


def text(documents: Sequence[tuple[Document, Schema]]) -> str:
    """DOCUMENTS, each with what it holds, as the text of a file."""
    return "---\n".join(_Writer().document(document, schema) for document, schema in documents)


class _Writer:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._anchored: set[Node] = set()

    def document(self, document: Document, schema: Schema) -> str:
        """DOCUMENT at PLACE, with a line break at the end."""
        add_comments(self._lines, document.root.head, 0)
        self._collection(document.root.value, schema, 0)
        add_comments(self._lines, document.tail, 0)
        return "\n".join([*trimmed_end(self._lines), ""])

    def _collection(self, node: Node, schema: Schema, indent: int, first: str = "") -> None:
        """Write the entries of NODE. FIRST is what stands before the first one in its line, if anything."""
        for number, entry in enumerate(order_members(schema, node.entries)):
            inner = below(schema, entry)
            if first and not number:
                self._entry(entry, inner, first, indent)
                continue
            head = _head(entry, inner)
            add_comments(self._lines, head if number else trim_blank_start(head), indent)
            self._entry(entry, inner, " " * indent, indent)
        add_comments(self._lines, trimmed_end(node.foot), indent)

    def _entry(self, entry: Entry, schema: Schema, begin: str, indent: int) -> None:
        value = entry.value
        lead = begin + (f"{_name(entry.key)}:" if entry.key else "-")
        comment = f"  {entry.beside[0]}" if _has_comment_beside(entry) else ""
        if value in self._anchored:
            self._lines.append(f"{lead} *{value.anchor}{comment}")
            return
        if value.anchor:
            self._anchored.add(value)
            lead += f" &{value.anchor}"
        if _joins_its_item(entry):
            self._collection(value, schema, indent + STEP, f"{lead} ")
        elif value.entries:
            self._lines.append(lead + comment)
            self._collection(value, schema, indent + STEP)
        else:
            first, *others = _scalar(value, schema)
            self._lines.append(f"{lead} {first}".rstrip() + comment)
            self._lines += [f"{' ' * (indent + STEP)}{line}".rstrip(" ") for line in others]


def _head(entry: Entry, schema: Schema) -> list[str]:
    """The comments above ENTRY, with those that can't stand where they stood.

    An object that begins in the line of a dash has the comments of its first member above the dash.
    """
    head = [*entry.head, *([] if _has_comment_beside(entry) else entry.beside)]
    if entry.collection and not entry.collection.entries:
        head += filter(None, entry.collection.foot)
    if _joins_its_item(entry):
        first = order_members(schema, entry.value.entries)[0]
        head += trim_blank_start(_head(first, below(schema, first)))
    return head


def _has_comment_beside(entry: Entry) -> bool:
    return len(entry.beside) == 1 and not _joins_its_item(entry)


def _joins_its_item(entry: Entry) -> bool:
    """Whether ENTRY is an item whose object begins in the line of the dash."""
    value = entry.value
    return not entry.key and value.kind == "mapping" and bool(value.entries) and not value.anchor


def _name(key: Node) -> str:
    return MERGE if is_merge(key) else scalar(key.text)


def _scalar(node: Node, schema: Schema) -> list[str]:
    """NODE, which has no entries, in lines."""
    if node.kind != "scalar":
        return ["{}" if node.kind == "mapping" else "[]"]
    if node.style in {"|", ">"} and _is_literal(node.text):
        return ["|" if node.text.endswith("\n") else "|-", *node.text.rstrip("\n").split("\n")]
    return [scalar(node.text) if node.style else _plain(node, schema)]


def _plain(node: Node, schema: Schema) -> str:
    if NULL.fullmatch(node.text):
        return ""
    if schema in {"truth", "free"} and node.text in TRUTH:
        return "true" if TRUTH[node.text] else "false"
    # What an anchor names may be text at one schema and a number at another.
    return node.text if node.anchor or schema == "number" else scalar(node.text)


def _is_literal(text: str) -> bool:
    """Whether TEXT can stand behind |, without a number for its indentation and without + for its end."""
    lines = text.removesuffix("\n").split("\n")
    return (
        bool(lines[0].strip())
        and not lines[0][0].isspace()
        and bool(lines[-1])
        and all(not line or line.strip() for line in lines)
        and all(line.replace("\t", "").isprintable() for line in lines)
    )
