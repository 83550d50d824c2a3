"""CloudFormation's intrinsic functions, as far as they can be worked out from a template and parameters."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tableadmin.formats.error import SpecError
from tableadmin.formats.fitting import as_text, settled
from tableadmin.formats.inputs import Inputs, near
from tableadmin.formats.tree import Record, Tree, record

# What removes the member it is the value of; recognised by identity.
NO_VALUE: Record = {"Ref": "AWS::NoValue"}

_LISTS = ("CommaDelimitedList", "List<")
_DYNAMIC = "{{resolve:"
_IN_TEXT = re.compile(r"\$\{([^}]*)\}")


class Template:
    """A template's parameters, mappings and conditions, with the parameters that were given.

    What only CloudFormation knows (a GetAtt, an ImportValue, a Ref to a resource, a pseudo parameter) may
    be given too, under the name it has in the template, such as `Key.Arn` or `AWS::Region`.
    """

    def __init__(self, document: Record, inputs: Inputs) -> None:
        self._inputs = inputs
        self._parameters = record(document.get("Parameters"), "Parameters")
        inputs.declares(self._parameters)
        self._resources = record(document.get("Resources"), "Resources")
        self._mappings = record(document.get("Mappings"), "Mappings")
        self._conditions = record(document.get("Conditions"), "Conditions")
        self._asking: list[str] = []

    def value(self, tree: Tree, path: str) -> Tree:
        """TREE, which stands at PATH, with every function worked out. Raises SpecError for what can't be."""
        if isinstance(tree, list):
            values = (self.value(item, f"{path}[{index}]") for index, item in enumerate(tree))
            return [value for value in values if value is not NO_VALUE]
        if isinstance(tree, dict):
            return self._called(tree, path) if _is_call(tree) else self._members(tree, path)
        if isinstance(tree, str) and _DYNAMIC in tree:
            raise SpecError(f"the dynamic reference {tree!r} is resolved by CloudFormation only", path=path)
        return tree

    def text(self, tree: Tree, path: str) -> str:
        """The text that TREE comes to. Raises SpecError where it is none."""
        value = self.value(tree, path)
        if isinstance(value, str | int | float | bool):
            return as_text(value)
        raise SpecError("must come to text", path=path)

    def items(self, tree: Tree, path: str) -> list[Tree]:
        """The list that TREE comes to. Raises SpecError where it is none."""
        value = self.value(tree, path)
        if isinstance(value, list):
            return value
        raise SpecError("must come to a list", path=path)

    def holds(self, name: Tree, path: str) -> bool:
        """Whether the condition NAME holds. Raises SpecError for one that is not there or needs itself."""
        if not isinstance(name, str) or name not in self._conditions:
            raise SpecError(f"there is no condition {name!r}{near(name, self._conditions)}", path=path)
        if name in self._asking:
            raise SpecError(f"the condition {name!r} refers to itself", path=path)
        self._asking.append(name)
        held = self.test(self._conditions[name], f"Conditions.{name}")
        self._asking.pop()
        return held

    def test(self, tree: Tree, path: str) -> bool:
        """Whether the condition that TREE spells out holds."""
        if isinstance(tree, dict) and len(tree) == 1:
            name, argument = next(iter(tree.items()))
            if name in _TESTS:
                return _TESTS[name](self, argument, f"{path}.{name}")
        raise SpecError("is not a condition", path=path)

    def parameter(self, name: str, path: str) -> Tree:
        """What Ref NAME is: a parameter's value, given or its default, or what else was given for it."""
        declared = record(self._parameters.get(name), f"Parameters.{name}")
        kind = as_text(settled_scalar(declared.get("Type", "String")))
        given = self._inputs.parameter(name)
        if given is not None:
            return _typed(_allowed(given, name, declared, path), kind)
        if "Default" in declared and not kind.startswith("AWS::SSM::"):
            return _typed(as_text(settled_scalar(declared["Default"])), kind)
        raise _asking(self._unknown(name, declared), name, path)

    def given(self, name: str, function: str, path: str) -> str:
        """What was given for NAME, which FUNCTION asks CloudFormation for."""
        given = self._inputs.parameter(name)
        if given is None:
            raise _asking(f"{function} of {name} is known to CloudFormation only", name, path)
        return given

    def mapped(self, keys: list[str], path: str) -> Tree:
        """What the Mappings have under KEYS: a map, a top-level key and a second one."""
        found: Tree = self._mappings
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                nearest = near(key, found if isinstance(found, dict) else ())
                raise SpecError(f"the Mappings have no {'.'.join(keys)}{nearest}", path=path)
            found = found[key]
        return found

    def _members(self, tree: Record, path: str) -> Record:
        values = {name: self.value(value, f"{path}.{name}") for name, value in tree.items()}
        return {name: value for name, value in values.items() if value is not NO_VALUE}

    def _called(self, tree: Record, path: str) -> Tree:
        name, argument = next(iter(tree.items()))
        function = _FUNCTIONS.get(name)
        if function is None or len(tree) > 1:
            raise SpecError(f"{_first_function(tree)} can't be worked out here", path=path)
        return function(self, argument, path)

    def _unknown(self, name: str, declared: Record) -> str:
        if declared:
            return f"the parameter {name} has no default that is known here"
        if name.startswith("AWS::"):
            return f"{name} is known where the template is deployed"
        if name in self._resources:
            return f"Ref of {name} is known once CloudFormation has made that resource"
        nearest = near(name, [*self._parameters, *self._resources])
        return f"Ref names {name}, which is neither a parameter nor a resource{nearest}"


def _asking(why: str, name: str, path: str) -> SpecError:
    """The error that asks for the value of NAME."""
    return SpecError(f"{why}; give {name}=VALUE", path=path, needs=[f"--param {name}=VALUE"])


def settled_scalar(tree: Tree) -> str | int | float | bool:
    """TREE, a scalar; a list is joined as a default of CloudFormation's lists is."""
    if isinstance(tree, list):
        return ",".join(as_text(settled_scalar(item)) for item in tree)
    return tree if isinstance(tree, str | int | float | bool) else ""


def _is_call(tree: Record) -> bool:
    return (len(tree) == 1 and "Ref" in tree) or any(name.startswith("Fn::") for name in tree)


def _first_function(tree: Record) -> str:
    return next(name for name in tree if name.startswith("Fn::"))


def _allowed(text: str, name: str, declared: Record, path: str) -> str:
    allowed = declared.get("AllowedValues")
    choices = [as_text(settled_scalar(choice)) for choice in allowed] if isinstance(allowed, list) else [text]
    if text not in choices:
        raise SpecError(f"{name} may be {', '.join(choices)}, not {text}", path=path)
    return text


def _typed(text: str, kind: str) -> Tree:
    return [item.strip() for item in text.split(",")] if kind.startswith(_LISTS) or "<List<" in kind else text


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
    return json.dumps(settled(template.value(argument, path)), separators=(",", ":"))


def _equals(template: Template, argument: Tree, path: str) -> bool:
    one, other = (template.value(item, path) for item in _arguments(argument, (2,), path))
    if isinstance(one, list) or isinstance(other, list):
        return one == other
    return template.text(one, path) == template.text(other, path)


def _tests(template: Template, argument: Tree, path: str) -> list[bool]:
    items = _arguments(argument, tuple(range(1, 11)), path)
    return [template.test(item, path) for item in items]


_Function: TypeAlias = Callable[[Template, Tree, str], Tree]
_FUNCTIONS: Mapping[str, _Function] = {
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
_TESTS: Mapping[str, Callable[[Template, Tree, str], bool]] = {
    "Condition": Template.holds,
    "Fn::And": lambda template, argument, path: all(_tests(template, argument, path)),
    "Fn::Equals": _equals,
    "Fn::Not": lambda template, argument, path: not all(_tests(template, argument, path)),
    "Fn::Or": lambda template, argument, path: any(_tests(template, argument, path)),
}
