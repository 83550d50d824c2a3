"""Inputs of create-table: JSON with members of CreateTable alone, as `export --format cli` writes them.

CreateTable has no member for time to live and what else AWS keeps apart. Such an input does not say that they
are off, so its specs do not manage them.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from tableadmin.awsshape import member_name
from tableadmin.awsshape.rules import members_of
from tableadmin.formats import spec
from tableadmin.formats.aws_cli.cli_json import APART
from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable, with_spec
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.spec import by_name
from tableadmin.formats.text.documents import documents, line_of
from tableadmin.formats.text.tree import Plain, Record, Tree, below, record
from tableadmin.v1 import CreateTableRequest, TableSpec

_MEMBERS = frozenset(member_name(field) for field in members_of(CreateTableRequest.DESCRIPTOR))
# Members that inputs often leave out because something else sets them.
_IF_ABSENT = ("Tags", "ResourcePolicy")
_SKELETON = "is empty, as in a skeleton of the AWS CLI; fill the member in, or remove it"
# The comment that the AWS CLI writes behind a member that is required.
_YAML_SKELETON = re.compile(r"^TableName:.*#\s*\[REQUIRED\]", re.MULTILINE)
_TAG_VALUE = re.compile(r"\bTags\[\d+\]\.Value$")
_REASON = "not in the create-table input"


def recognises(document: Tree) -> bool:
    """Whether DOCUMENT is an input, a list of inputs, or inputs by table name.

    A spec in YAML is none, whatever members it has.
    """
    named: list[Tree] = [*by_name(document).values()]
    tables = document if isinstance(document, list) else named or [document]
    return bool(tables) and not _is_yaml(document) and all(map(_is_input, tables))


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables of the inputs in DOCUMENT."""
    del inputs
    if isinstance(document, list):
        return Found([_found(item, f"[{number}]") for number, item in enumerate(document)])
    named = by_name(document)
    if named:
        return Found([_found(item, name) for name, item in named.items()])
    return Found([_found(document, "")])


def recognised_text(name: str, text: str) -> bool:
    """Whether TEXT, the content of the file NAME, is YAML of `--generate-cli-skeleton yaml-input`."""
    del name
    return _YAML_SKELETON.search(text) is not None


def read_text(text: str, inputs: Inputs) -> Found:
    """The tables of the inputs in TEXT. Raises SpecError."""
    del inputs
    return Found([_with_line(_found(each, ""), text, n) for n, each in enumerate(documents(text))])


def _with_line(table: FoundTable, text: str, number: int) -> FoundTable:
    refusal = table.refusal
    return replace(table, refusal=refusal and refusal.within(line=line_of(text, number, refusal.path)))


def table(data: Record, path: str) -> TableSpec:
    """The spec of the input DATA at PATH. Raises SpecError."""
    _refuse_skeleton(data, path)
    made = spec.table(data, path)
    spec.leave_unmanaged(made, [*APART, *(each for each in _IF_ABSENT if each not in data)], _REASON)
    return made


def _refuse_skeleton(data: Record, path: str) -> None:
    """Raise SpecError for text that `--generate-cli-skeleton` left empty; values of tags may be empty."""
    places = [place for place in _empty(data, path) if not _TAG_VALUE.search(place)]
    if places:
        others = f"; so are {', '.join(places[1:])}" if places[1:] else ""
        raise SpecError(f"{_SKELETON}{others}", path=places[0])


def _empty(tree: Tree, path: str) -> Iterator[str]:
    """The paths of empty text in TREE, which is at PATH."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from _empty(value, below(path, name))
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _empty(item, f"{path}[{index}]")
    elif tree == "":
        yield path


def _is_input(document: Tree) -> bool:
    return (
        isinstance(document, dict)
        and "TableName" in document
        and document.keys() <= _MEMBERS
        # A spec may have these in other forms, which the AWS CLI does not take.
        and isinstance(document.get("Tags", []), list)
        and isinstance(document.get("ResourcePolicy", ""), str)
    )


def _is_yaml(tree: Tree) -> bool:
    """Whether TREE has text without quotes, which JSON does not have."""
    if isinstance(tree, dict):
        return any(map(_is_yaml, tree.values()))
    return any(map(_is_yaml, tree)) if isinstance(tree, list) else isinstance(tree, Plain)


def _found(document: Tree, path: str) -> FoundTable:
    name = document.get("TableName") if isinstance(document, dict) else None
    found = FoundTable(address=path, name=name if isinstance(name, str) else "")
    return with_spec(lambda _: table(record(document, path), path), found)
