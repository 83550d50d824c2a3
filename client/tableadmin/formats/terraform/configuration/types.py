"""Type constraints of variables: values are converted to them, and optional attributes get their defaults."""

from collections.abc import Callable, Mapping

from lark import Tree as Node

from tableadmin.formats.terraform.configuration.evaluation import called_with, native
from tableadmin.formats.terraform.configuration.syntax import Expression, Parsed, expression
from tableadmin.formats.terraform.configuration.values import (
    Unevaluable,
    Unknown,
    Value,
    as_set,
    number,
    require_object,
    sequence,
    text,
    truth,
)

_SCALARS: Mapping[str, Callable[[Value], Value]] = {"string": text, "number": number, "bool": truth}


def convert(value: Value, constraint: Expression | None) -> Value:
    """VALUE as the type CONSTRAINT, such as `map(object({ hash_key = string }))`. Raises Unevaluable."""
    return _converted(value, _parsed(constraint)) if constraint else value


def wants_text(constraint: Expression | None) -> bool:
    """Whether the type that CONSTRAINT is is text; without one, what is given is taken as text."""
    return constraint is None or called_with(_parsed(constraint))[0] in ("string", "any")


def _parsed(constraint: Expression) -> Parsed:
    source = constraint.source
    found = source if isinstance(source, Node) else expression(str(source)).source
    assert isinstance(found, Node)
    return found


def _converted(value: Value, constraint: Parsed) -> Value:
    if isinstance(value, Unknown) or value is None:
        return value
    name, arguments = called_with(constraint)
    if name in _SCALARS:
        return _SCALARS[name](value)
    if name == "object" and arguments:
        return _object(require_object(value), arguments[0])
    if name == "map" and arguments:
        found = require_object(value)
        return {key: _converted(found[key], arguments[0]) for key in found}
    if name in ("list", "set") and arguments:
        items = [_converted(item, arguments[0]) for item in sequence(value)]
        return as_set(items) if name == "set" else items
    return value


def _object(value: Mapping[str, Value], members: Parsed) -> Value:
    return {name: _member(value, name, constraint) for name, constraint in _members(members)}


def _members(written: Parsed) -> list[tuple[str, Parsed]]:
    return [(name, _parsed(each)) for name, each in Expression(written).members()]


def _member(value: Mapping[str, Value], name: str, constraint: Parsed) -> Value:
    kind, arguments = called_with(constraint)
    optional = kind == "optional"
    found = value.get(name)
    if found is None and optional:
        found = native(arguments[1], {}) if len(arguments) > 1 else None
    elif name not in value:
        raise Unevaluable(f"the attribute {name!r} is required")
    return _converted(found, arguments[0] if optional else constraint)
