"""CloudFormation's intrinsic functions, as far as they can be worked out from a template and parameters."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from tableadmin.formats.cloudformation.parameters import settled_scalar
from tableadmin.formats.error import SpecError
from tableadmin.formats.text.fitting import as_text, settle
from tableadmin.formats.text.tree import Record, Tree, record

if TYPE_CHECKING:
    from tableadmin.formats.cloudformation.template import Template

# What removes the member it is the value of; recognised by identity.
NO_VALUE: Record = {"Ref": "AWS::NoValue"}

_IN_TEXT = re.compile(r"\$\{([^}]*)\}")


def _arguments(tree: Tree, counts: tuple[int, ...], path: str) -> list[Tree]:
    if isinstance(tree, list) and len(tree) in counts:
        return tree
    raise SpecError(f"takes a list of {' or '.join(map(str, counts))}", path=path)


def _ref(template: Template, argument: Tree, path: str) -> Tree:
    if argument == NO_VALUE["Ref"]:
        return NO_VALUE
    if not isinstance(argument, str):
        raise SpecError("Ref takes a name", path=path)
    return template.parameter(argument, path)


def _get_att(template: Template, argument: Tree, path: str) -> Tree:
    parts = argument if isinstance(argument, list) else [argument]
    return template.given(".".join(template.text(part, path) for part in parts), "GetAtt", path)


def _import_value(template: Template, argument: Tree, path: str) -> Tree:
    return template.given(template.text(argument, path), "ImportValue", path)


def _if(template: Template, argument: Tree, path: str) -> Tree:
    name, then, otherwise = _arguments(argument, (3,), f"{path}.Fn::If")
    return template.value(then if template.holds(name, path) else otherwise, path)


def _join(template: Template, argument: Tree, path: str) -> Tree:
    separator, parts = _arguments(argument, (2,), f"{path}.Fn::Join")
    items = template.items(parts, path)
    return template.text(separator, path).join(template.text(item, path) for item in items)


def _select(template: Template, argument: Tree, path: str) -> Tree:
    index, choices = _arguments(argument, (2,), f"{path}.Fn::Select")
    items, number = template.items(choices, path), template.text(index, path)
    if not number.isdecimal() or int(number) >= len(items):
        raise SpecError(f"Fn::Select takes item {number} of {len(items)}", path=path)
    return items[int(number)]


def _split(template: Template, argument: Tree, path: str) -> Tree:
    separator, source = (template.text(a, path) for a in _arguments(argument, (2,), f"{path}.Fn::Split"))
    if not separator:
        raise SpecError("Fn::Split needs something to split at", path=path)
    return [*template.text(source, path).split(separator)]


def _find_in_map(template: Template, argument: Tree, path: str) -> Tree:
    *keys, last = _arguments(argument, (3, 4), f"{path}.Fn::FindInMap")
    default = last if isinstance(last, dict) and "DefaultValue" in last else {}
    names = [template.text(key, path) for key in (keys if default else [*keys, last])]
    try:
        return template.value(template.mapped(names, path), path)
    except SpecError:
        if not default:
            raise
        return template.value(default["DefaultValue"], path)


def _sub(template: Template, argument: Tree, path: str) -> Tree:
    pattern, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})  # noqa: PLR2004  # text and variables
    if not isinstance(pattern, str):
        raise SpecError("Fn::Sub takes text", path=path)
    own = record(variables, path)
    pattern = template.replaced(pattern, path)

    def replaced(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if name in own:
            return template.text(own[name], path)
        function = _get_att if "." in name else _ref
        return as_text(settled_scalar(function(template, name, path)))

    return template.text(_IN_TEXT.sub(replaced, pattern), path)


def _base64(template: Template, argument: Tree, path: str) -> Tree:
    return base64.b64encode(template.text(argument, path).encode()).decode()


def _length(template: Template, argument: Tree, path: str) -> Tree:
    return len(template.items(argument, path))


def _to_json(template: Template, argument: Tree, path: str) -> Tree:
    return json.dumps(settle(template.value(argument, path)), separators=(",", ":"))


def _equals(template: Template, argument: Tree, path: str) -> bool:
    one, other = (template.value(item, path) for item in _arguments(argument, (2,), path))
    if isinstance(one, list) or isinstance(other, list):
        return one == other
    return template.text(one, path) == template.text(other, path)


def _tests(template: Template, argument: Tree, path: str) -> list[bool]:
    items = _arguments(argument, tuple(range(1, 11)), path)
    return [template.test(item, path) for item in items]


_Function: TypeAlias = "Callable[[Template, Tree, str], Tree]"
FUNCTIONS: Mapping[str, _Function] = {
    "Ref": _ref,
    "Fn::Base64": _base64,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json,
}
TESTS: Mapping[str, Callable[[Template, Tree, str], bool]] = {
    "Condition": lambda template, argument, path: template.holds(argument, path),
    "Fn::And": lambda template, argument, path: all(_tests(template, argument, path)),
    "Fn::Equals": _equals,
    "Fn::Not": lambda template, argument, path: not all(_tests(template, argument, path)),
    "Fn::Or": lambda template, argument, path: any(_tests(template, argument, path)),
}
