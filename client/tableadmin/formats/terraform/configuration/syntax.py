"""Text -> bodies: Terraform's own syntax, and its JSON."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import hcl2
from lark import Token, UnexpectedInput
from lark import Tree as Node

from tableadmin.formats.error import SpecError
from tableadmin.formats.text.documents import documents
from tableadmin.formats.text.tree import Record, Tree, record

Parsed: TypeAlias = Node[Token]


class Expression(NamedTuple):
    """What stands for a value: nodes of the native syntax, or a tree of JSON whose texts are templates."""

    source: Parsed | Tree
    line: int | None = None

    def members(self) -> list[tuple[str, "Expression"]]:
        """The members of the object that this is, by the names that they are written with."""
        if isinstance(self.source, dict):
            return [(name, Expression(value)) for name, value in self.source.items()]
        if not isinstance(self.source, Node):
            return []
        elements = (parts(element) for element in parts(inner(self.source)))
        return [(key_text(key), Expression(value)) for key, value in elements]

    def elements(self) -> list["Expression"]:
        """The elements of the list that this is; by itself it is a list of one."""
        if isinstance(self.source, list):
            return [Expression(item) for item in self.source]
        if isinstance(self.source, Node) and inner(self.source).data == "tuple":
            return [Expression(item) for item in parts(inner(self.source))]
        return [self]


class Body(NamedTuple):
    """What is between braces: attributes by name, and blocks in their order."""

    attributes: dict[str, Expression]
    blocks: list["Block"]


class Block(NamedTuple):
    """A block: its type, its labels and its body."""

    type: str
    labels: tuple[str, ...]
    body: Body
    line: int | None = None
    file: str = ""


# How many labels the blocks at the top of a file have.
_LABELS = {
    "resource": 2,
    "data": 2,
    "variable": 1,
    "output": 1,
    "module": 1,
    "provider": 1,
    "check": 1,
    "dynamic": 1,
}
_COMMENT = "//"
# What is never an attribute, whatever the schema of a resource.
_ALWAYS_BLOCKS = frozenset({"connection", "dynamic", "lifecycle", "provisioner", _COMMENT})
# The parser wants a brace that closes behind `$${` and `%%{`, which Terraform does not. A noncharacter and a
# letter stand for them, and for the noncharacter itself.
_MARK = "\ufdd0"
_STAND_INS = {_MARK: f"{_MARK}a", "$${": f"{_MARK}b", "%%{": f"{_MARK}c"}
_STANDING = re.compile(f"{_MARK}[abc]")


def native(text: str) -> Body:
    """The body that TEXT is, in the native syntax. Raises SpecError."""
    for escape, stand_in in _STAND_INS.items():
        text = text.replace(escape, stand_in)
    try:
        return _body(parts(hcl2.parses_to_tree(text))[0])
    except UnexpectedInput as error:
        line = error.line if error.line > 0 else None
        raise SpecError(f"not Terraform's language: {_unexpected(error)}", line=line) from None
    except RecursionError:
        raise SpecError("is nested too deeply") from None


def unescape(text: str) -> str:
    """TEXT, which was parsed, with `${` and `%{` where they were escaped."""
    return _STANDING.sub(lambda found: _ESCAPED[found[0]].replace("$$", "$").replace("%%", "%"), text)


def as_before(text: str) -> str:
    """TEXT, which was parsed, as it was written."""
    return _STANDING.sub(lambda found: _ESCAPED[found[0]], text)


_ESCAPED = {stand_in: escape for escape, stand_in in _STAND_INS.items()}


def expression(text: str) -> Expression:
    """The expression that TEXT is, in the native syntax. Raises SpecError."""
    return native(f"value = (\n{text}\n)").attributes["value"]


def from_json(document: Record) -> Body:
    """The body that DOCUMENT is, in the JSON syntax. Raises SpecError."""
    body = Body({}, [])
    for kind, value in document.items():
        if kind != _COMMENT:
            body.blocks.extend(_blocks(kind, value, _LABELS.get(kind, 0), ()))
    return body


def json_body(text: str) -> Body:
    """The body that TEXT is, in the JSON syntax. Raises SpecError."""
    return from_json(record(documents(text)[0], ""))


def check_labels(body: Body) -> None:
    """Raise SpecError for a block in BODY, or a block in it, that has other labels than its type needs."""
    for block in body.blocks:
        needed = _LABELS.get(block.type, len(block.labels))
        if len(block.labels) != needed:
            raise SpecError(f"a block {block.type} needs {needed} labels", line=block.line)
        check_labels(block.body)


def _blocks(kind: str, value: Tree, labels: int, found: tuple[str, ...]) -> Iterator[Block]:
    for item in value if isinstance(value, list) else [value]:
        members = record(item, ".".join((kind, *found)))
        if labels > len(found):
            for label, below in members.items():
                if label != _COMMENT:
                    yield from _blocks(kind, below, labels, (*found, label))
        else:
            yield Block(kind, found, json_content(members))


def json_content(members: Record) -> Body:
    """MEMBERS, of JSON, as attributes: only a schema knows which are blocks, but `dynamic` always is one."""
    attributes = {name: Expression(value) for name, value in members.items() if name not in _ALWAYS_BLOCKS}
    dynamic = (
        Block("dynamic", block.labels, _dynamic(block.body))
        for block in _blocks("dynamic", members.get("dynamic", {}), 1, ())
    )
    lifecycle = _blocks("lifecycle", members.get("lifecycle", []), 0, ())
    return Body(attributes, [*dynamic, *lifecycle])


def _dynamic(body: Body) -> Body:
    content = body.attributes.pop("content", Expression({}))
    members = content.source if isinstance(content.source, dict) else {}
    return Body(body.attributes, [*body.blocks, Block("content", (), json_content(members))])


def _body(node: Parsed) -> Body:
    body = Body({}, [])
    for item in parts(node):
        if item.data == "attribute":
            name, value = _named(item)
            if name in body.attributes:
                raise SpecError(f"the attribute {name!r} is specified twice", line=_line(item))
            body.attributes[name] = Expression(value, _line(item))
        else:
            *names, content = parts(item)
            kind, *labels = (label(name) for name in names)
            body.blocks.append(Block(kind, tuple(labels), _body(content), _line(item)))
    return body


def _named(node: Parsed) -> tuple[str, Parsed]:
    name, value = parts(node)
    return label(name), value


def inner(node: Parsed) -> Parsed:
    """NODE without the nodes around it that add nothing, such as parentheses."""
    while node.data == "expr_term" and len(parts(node)) == 1:
        node = parts(node)[0]
    return node


def key_text(key: Parsed) -> str:
    """The text of KEY, the name of an object's member, as it is written."""
    return label(key).strip()


def label(node: Parsed) -> str:
    """The name that NODE is: an identifier or text in quotes."""
    return unescape("".join(str(leaf) for leaf in node.scan_values(lambda _: True) if leaf != '"'))


def parts(node: Parsed) -> list[Parsed]:
    """The nodes below NODE that mean something."""
    return [
        child for child in node.children if isinstance(child, Node) and child.data != "new_line_or_comment"
    ]


def _line(node: Parsed) -> int | None:
    return getattr(node.meta, "line", None)


def _unexpected(error: UnexpectedInput) -> str:
    found = getattr(error, "token", None)
    what = " ".join(str(getattr(error, "char", "") if found is None else found).split())
    return f"{json.dumps(what)} is not expected here" if what else "the text ends too early"
