"""The canonical form of spec files: members in the contract's order, one style, and the file's comments.

A source reads a file into `nodes`, which keep what a tree loses: comments, anchors and styles. `comments`
gives each comment to the entry next to it, `members` puts the members in order, and the text is written anew.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tableadmin.formats.canonical import json_source, json_text, yaml_source, yaml_text
from tableadmin.formats.canonical.comments import attach
from tableadmin.formats.canonical.members import SPEC, Schema
from tableadmin.formats.canonical.nodes import Document, Node
from tableadmin.formats.canonical.short_forms import shorten
from tableadmin.formats.error import SpecError
from tableadmin.formats.spec import by_name
from tableadmin.formats.text.documents import is_like_json
from tableadmin.formats.text.tree import Tree
from tableadmin.formats.text.yaml_nodes import NULL

_YAML_NAMES = (".yaml", ".yml")
_LOST = (
    "can't be written in the canonical form without the loss of a comment; move the comments in odd places"
)


def canonical(text: str, trees: Sequence[Tree], *, name: str) -> str:
    """TEXT, which is the file NAME and holds the specs TREES, in the canonical form. Raises SpecError.

    JSON in a file with a name of YAML becomes YAML.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _written(lines, [*map(_schema, trees)], _language(lines, name))


class _Language(NamedTuple):
    """How a file is read and written."""

    documents: Callable[[str], list[Document]]
    text: Callable[[Sequence[tuple[Document, Schema]]], str]
    is_json: bool


_YAML = _Language(yaml_source.documents, yaml_text.text, is_json=False)
_JSON = _Language(json_source.documents, json_text.text, is_json=True)


def _language(text: str, name: str) -> _Language:
    """The language in which TEXT, which is the file NAME, is read and written. Raises SpecError."""
    line = None
    if is_like_json(text) and not name.endswith(_YAML_NAMES):
        try:
            json_source.documents(text)
        except SpecError as error:
            line = error.line
        else:
            return _JSON
    if name.endswith(".json"):
        raise SpecError("is YAML in a file with a name of JSON; rename the file", line=line)
    return _YAML


def _written(text: str, schemas: Sequence[Schema], language: _Language) -> str:
    documents = _read(text, language)
    if not language.is_json:
        for document, schema in zip(documents, schemas, strict=True):
            _shorten(document.root.value, schema)
    found = language.text([*zip(documents, schemas, strict=True)])
    if _comments(documents) != _comments(_read(found, language)):
        raise SpecError(_LOST)
    return found


def _shorten(root: Node, schema: Schema) -> None:
    if schema is SPEC:
        shorten(root)
    else:
        for entry in root.entries:
            shorten(entry.value)


def _read(text: str, language: _Language) -> list[Document]:
    documents = language.documents(text)
    attach(text, documents, json=language.is_json)
    return _without_empty(documents)


def _without_empty(documents: Sequence[Document]) -> list[Document]:
    """DOCUMENTS without those that hold nothing; their comments are in the next one, or in the last one."""
    kept: list[Document] = []
    waiting: list[str] = []
    for document in documents:
        document.root.head = [*waiting, *document.root.head]
        waiting = []
        if _is_empty(document):
            waiting = [*document.root.head, *document.tail]
        else:
            kept.append(document)
    if kept:
        kept[-1].tail += waiting
    return kept


def _is_empty(document: Document) -> bool:
    value = document.root.value
    return value.kind == "scalar" and not value.style and NULL.fullmatch(value.text) is not None


def _comments(documents: Sequence[Document]) -> list[str]:
    return sorted(comment for document in documents for comment in document.comments())


def _schema(tree: Tree) -> Schema:
    if by_name(tree):
        return "specs by name"
    return "specs" if isinstance(tree, list) else SPEC
