"""YAML's nodes -> trees.

PyYAML scans and composes; its constructors, which turn NO into false and 010 into 8, are not used.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tableadmin.formats.error import SpecError
from tableadmin.formats.text.tree import Faulty, Plain, Record, Tree

# libyaml where PyYAML was built with it: ten times as fast.
_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# More than a template of CloudFormation's greatest size, 1 MB; what aliases repeat counts each time.
_MOST_NODES = 200_000
# libyaml's composer overflows the stack where Python would raise.
DEEPEST = 100

_STANDARD = "tag:yaml.org,2002:"
_MERGE = f"{_STANDARD}merge"
_SCALARS = {f"{_STANDARD}{name}" for name in ("str", "int", "float", "bool", "null")}
_TABBED = re.compile(r" *\t")
_TAB = "a tab can't indent a line of YAML; use spaces"
# Plain text that stands for nothing.
NULL = re.compile(r"~|null|Null|NULL|")
# CloudFormation's short forms; `!X` stands for {"Fn::X": ...} but for these two.
_UNPREFIXED = {"!Ref": "Ref", "!Condition": "Condition"}
_FUNCTIONS = {
    f"!{name}": f"Fn::{name}"
    for name in (
        *("And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join"),
        *("Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform"),
    )
} | _UNPREFIXED


class Loader(_Base):  # type: ignore[misc, valid-type]  # which of PyYAML's loaders is known at run time
    """Composes nodes, and finds meaning in no plain text but the merge key."""

    yaml_implicit_resolvers: ClassVar = {"<": [(_MERGE, re.compile("<<"))]}


def documents(text: str) -> Iterator[Tree]:
    """The documents in TEXT, empty ones left out. Raises SpecError."""
    for node in _nodes(text):
        tree = _Construction().tree(node)
        if tree is not None:
            yield tree


def line_of(text: str, document: int, steps: Sequence[str | int]) -> int | None:
    """The line, from 1, to which STEPS lead in the document of that number, as far as they do."""
    nodes = [node for node in _nodes(text) if not _is_null(node)]
    if document >= len(nodes):
        return None
    node = nodes[document]
    # The first line for what is missing there; none for a path that does not begin in the document.
    line = _line(node) if len(steps) == 1 else None
    for step in steps:
        below = _child(node, step)
        if below is None:
            break
        line, node = below
    return line


def _nodes(text: str) -> Iterator[Node]:
    with reported(text):
        _refuse_depth(text)
        yield from yaml.compose_all(text, Loader)


@contextmanager
def reported(text: str) -> Iterator[None]:
    """Raise SpecError, with the line in TEXT, for what PyYAML refuses."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        # What ends too early is behind the last line.
        lines = text.split("\n")[line - 1 : line] if line else []
        problem = _TAB if any(map(_TABBED.match, lines)) else error.problem
        raise SpecError(f"not YAML: {problem}", line=line) from None
    except yaml.YAMLError as error:
        raise SpecError(f"not YAML: {' '.join(str(error).split())}") from None


def _refuse_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise SpecError(f"is nested more than {DEEPEST} deep", line=_line(event))


def _child(node: Node, step: str | int) -> tuple[int, Node] | None:
    """The line at which STEP under NODE begins, and its node."""
    if isinstance(node, MappingNode):
        pairs: list[tuple[Node, Node]] = node.value
        return next(((_line(key), value) for key, value in pairs if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return _line(node.value[step]), node.value[step]
    return None


def _line(place: Node | yaml.Event) -> int:
    return place.start_mark.line + 1 if place.start_mark else 1


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.style and NULL.fullmatch(node.value) is not None


class _Construction:
    """Makes the tree of one document; what aliases share is made once."""

    def __init__(self) -> None:
        self._made: dict[Node, Tree] = {}
        self._weights: dict[Node, int] = {}

    def tree(self, node: Node) -> Tree:
        if self._weight(node) > _MOST_NODES:
            raise SpecError(f"unfolds to more than {_MOST_NODES:,} values")
        return self._value(node)

    def _weight(self, node: Node) -> int:
        """How many nodes NODE stands for when every alias is written out."""
        if node not in self._weights:
            self._weights[node] = _MOST_NODES + 1  # what holds itself is endless
            self._weights[node] = 1 + sum(map(self._weight, _children(node)))
        return self._weights[node]

    def _value(self, node: Node) -> Tree:
        if node not in self._made:
            self._made[node] = self._called(node) if node.tag in _FUNCTIONS else self._untagged(node)
        return self._made[node]

    def _called(self, node: Node) -> Tree:
        argument = self._content(node)
        if node.tag == "!GetAtt" and isinstance(argument, str):
            argument = [*argument.split(".", 1)]
        return {_FUNCTIONS[node.tag]: argument}

    def _untagged(self, node: Node) -> Tree:
        allowed = _SCALARS if isinstance(node, ScalarNode) else {f"{_STANDARD}map", f"{_STANDARD}seq"}
        if node.tag not in allowed:
            return Faulty({}, SpecError(f"the tag {_shown(node.tag)} is not known here", line=_line(node)))
        return self._content(node)

    def _content(self, node: Node) -> Tree:
        if isinstance(node, MappingNode):
            return self._record(node)
        if isinstance(node, SequenceNode):
            return [self._value(item) for item in node.value]
        if _is_null(node):
            return None
        assert isinstance(node, ScalarNode)
        return str(node.value) if node.style else Plain(node.value)

    def _record(self, node: MappingNode) -> Record:
        found: Record = {}
        merged: Record = {}
        fault: SpecError | None = None
        for key, value in node.value:
            if key.tag == _MERGE:
                merged |= self._merged(value)
                continue
            name = _key(key)
            if name in found:
                fault = fault or SpecError(f"the member {name!r} is specified twice", line=_line(key))
            found[name] = self._value(value)
        return Faulty(merged | found, fault) if fault else merged | found

    def _merged(self, node: Node) -> Record:
        """What `<<` brings in: of several objects the first that has a member gives it."""
        sources = node.value if isinstance(node, SequenceNode) else [node]
        merged: Record = {}
        for source in reversed(sources):
            value = self._value(source)
            if isinstance(value, Faulty):
                raise value.fault
            if not isinstance(value, dict):
                raise SpecError("<< must name an object or a list of objects", line=_line(node))
            merged |= value
        return merged


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, SequenceNode):
        yield from node.value


def _key(node: Node) -> str:
    if isinstance(node, ScalarNode) and node.tag in _SCALARS:
        return str(node.value)
    raise SpecError("the name of a member must be text", line=_line(node))


def _shown(tag: str) -> str:
    return tag.replace(_STANDARD, "!!")
