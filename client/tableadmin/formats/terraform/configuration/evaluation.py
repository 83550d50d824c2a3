"""What expressions stand for, in a scope: by Terraform's rules, without a provider or a disk."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ParamSpec, TypeAlias

from lark import Token
from lark import Tree as Node

from tableadmin.formats.terraform.configuration import files, templates
from tableadmin.formats.terraform.configuration.functions import call_function, same
from tableadmin.formats.terraform.configuration.syntax import (
    Expression,
    Parsed,
    inner,
    label,
    parts,
)
from tableadmin.formats.terraform.configuration.templates import Part
from tableadmin.formats.terraform.configuration.values import (
    SetOfValues,
    Unevaluable,
    Unknown,
    Value,
    number,
    require_known,
    require_object,
    sequence,
    text,
    together,
    truth,
    whole,
)
from tableadmin.formats.text.tree import Tree

Scope: TypeAlias = Mapping[str, Value]
Arguments = ParamSpec("Arguments")
# The scope's names for what the caller gave for addresses, such as `aws_kms_key.k.arn`, and for the files.
GIVEN = "(given)"
FILES = "(files)"

_HEREDOC = re.compile(r"<<(?P<trim>-?)[^\n]*\n(?P<body>(?:.*\n)??)[ \t]*[^\s]+\s*", re.DOTALL)


def evaluate(expression: Expression, scope: Scope) -> Value:
    """What EXPRESSION is in SCOPE; Unknown where SCOPE does not decide it, wholly or in a part."""
    try:
        return _known_or_raised(expression, scope)
    except Unevaluable as cause:
        return Unknown(cause)


def _known_or_raised(expression: Expression, scope: Scope) -> Value:
    source = expression.source
    return native(source, scope) if isinstance(source, Node) else from_json(source, scope)


def from_json(tree: Tree, scope: Scope) -> Value:
    """What TREE stands for, whose texts are templates. Raises Unevaluable."""
    if isinstance(tree, str):
        return template(tree, scope)
    if isinstance(tree, dict):
        return {
            text(template(name, scope)): _attempted(from_json, value, scope) for name, value in tree.items()
        }
    if isinstance(tree, list):
        return [_attempted(from_json, item, scope) for item in tree]
    return tree


def template(source: str, scope: Scope) -> Value:
    """What SOURCE is with its interpolations evaluated, their value where it is one. Raises Unevaluable."""
    return _joined(templates.of_text(source), scope)


def native(node: Parsed, scope: Scope) -> Value:
    """What NODE stands for in SCOPE. Raises Unevaluable."""
    return require_known(_RULES[str(node.data)](node, scope))


def address_of(of: Expression) -> str:
    """The address that OF is, written as a reference or as text; nothing where it is none."""
    source = of.source
    if isinstance(source, str):
        return source.removeprefix("${").removesuffix("}")
    if not isinstance(source, Node):
        return ""
    return label(inner(source)) if inner(source).data == "string" else _address(source)


def root_name(of: Expression) -> str:
    """The name that OF, a reference, begins with: `tags` of `tags["Owner"]`."""
    source = of.source
    while isinstance(source, Node) and inner(source).data not in ("identifier", "string"):
        below = parts(inner(source))
        if not below:
            return ""
        source = below[0]
    written = label(inner(source)) if isinstance(source, Node) else address_of(of)
    return re.split(r"[.\[]", written)[0]


def _attempted(
    evaluate: Callable[Arguments, Value], *arguments: Arguments.args, **named: Arguments.kwargs
) -> Value:
    try:
        return evaluate(*arguments, **named)
    except Unevaluable as cause:
        return Unknown(cause)


def _rendered(parts_of: Sequence[Part], scope: Scope) -> list[Value]:
    """What the parts of a template give. Raises Unevaluable, for all that is not known at once."""
    found: list[Value] = []
    causes: list[Unevaluable] = []
    at = 0
    while at < len(parts_of):
        end = at
        try:
            if parts_of[at].kind in (templates.IF, templates.FOR):
                *chosen, end = templates.branches(parts_of, at)
            found += _part(parts_of[at], chosen if end > at else [], scope)
        except Unevaluable as cause:
            causes.append(cause)
        at = end + 1
    if causes:
        raise together(causes)
    return found


def _part(part: Part, branches: list[list[Part]], scope: Scope) -> list[Value]:
    """What PART gives; BRANCHES are what an `if` chooses from, or what a `for` repeats."""
    if part.kind == templates.TEXT:
        return [part.text]
    if part.expression is None:
        raise Unevaluable(f"a template has {part.kind} without its beginning")
    value = native(part.expression, scope)
    if part.kind == templates.VALUE:
        return [value]
    if part.kind == templates.IF:
        return _inner_text(branches[0 if truth(value) else 1], scope)
    scopes = (_with_names(part.names, pair, scope) for pair in pairs(value))
    return [each for within in scopes for each in _inner_text(branches[0], within)]


def _inner_text(inner_parts: Sequence[Part], scope: Scope) -> list[Value]:
    return ["".join(map(text, _rendered(inner_parts, scope)))]


def _with_names(names: Sequence[str], pair: tuple[Value, Value], scope: Scope) -> Scope:
    """SCOPE with the key and the value of PAIR under NAMES, or with the value under the only name."""
    return {**scope, **dict(zip(names, pair[-len(names) :], strict=True))}


def _only(node: Parsed, scope: Scope) -> Value:
    return native(parts(node)[0], scope)


def _literal(node: Parsed, _: Scope) -> Value:
    return {"true": True, "false": False, "null": None}[str(node.children[0])]


def _digits(node: Parsed, _: Scope) -> Value:
    return number(str(node.children[0]))


def _string(node: Parsed, scope: Scope) -> Value:
    return _joined(templates.of_string(node), scope)


def _joined(template_parts: Sequence[Part], scope: Scope) -> Value:
    """The value of the only part, or the text of all of them."""
    found = _rendered(template_parts, scope)
    return found[0] if len(found) == 1 else "".join(map(text, found))


def _heredoc(node: Parsed, scope: Scope) -> Value:
    found = _HEREDOC.fullmatch(str(node.children[0]))
    assert found is not None
    body = found["body"].replace("\r\n", "\n")
    return text(template(_dedented(body) if found["trim"] else body, scope))


def _dedented(body: str) -> str:
    lines = body.split("\n")
    indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return "\n".join(line[indent:] if line.strip() else line.lstrip(" ") for line in lines)


def _tuple(node: Parsed, scope: Scope) -> Value:
    return [_attempted(native, item, scope) for item in parts(node)]


def _object(node: Parsed, scope: Scope) -> Value:
    found: dict[str, Value] = {}
    for element in parts(node):
        key, value = parts(element)
        found[_key(key, scope)] = _attempted(native, value, scope)
    return found


def _key(node: Parsed, scope: Scope) -> str:
    """The name that a member is written with: an identifier is that name, not a reference."""
    child = parts(node)[0]
    inner = parts(child)[0] if child.data == "expr_term" and len(child.children) == 1 else child
    return (
        label(inner)
        if inner.data in ("identifier", "keyword", "literal_value")
        else text(native(child, scope))
    )


def _identifier(node: Parsed, scope: Scope) -> Value:
    name = str(node.children[0])
    if name not in scope:
        raise Unevaluable(f"{name} can't be evaluated here", name)
    return scope[name]


def _attribute(node: Parsed, scope: Scope) -> Value:
    address = _address(node)
    given = require_object(scope.get(GIVEN, {}))
    if address in given:
        return given[address]
    of, attribute = parts(node)
    try:
        return _member(native(of, scope), label(attribute)[1:])
    except Unevaluable as cause:
        # The longest address says most.
        if address and any(address.startswith(f"{reference}.") for reference in cause.references):
            raise type(cause)(str(cause).replace(cause.references[0], address, 1), address) from None
        if address:
            cause.through = tuple(dict.fromkeys((*cause.through, address)))
        raise


def _address(node: Parsed) -> str:
    """The address that NODE is, such as `aws_kms_key.k.arn`; nothing where it is none."""
    node = inner(node)
    if node.data == "identifier":
        return label(node)
    if node.data == "get_attr_expr_term":
        of, attribute = parts(node)
        return f"{address}{label(attribute)}" if (address := _address(of)) else ""
    return ""


def _member(of: Value, name: str) -> Value:
    of = require_known(of)
    if isinstance(of, Mapping):
        try:
            return require_known(of[name])
        except KeyError:
            raise Unevaluable(f"there is no {name!r} in the object") from None
    raise Unevaluable(f".{name} is not there: the value is no object")


def _index(node: Parsed, scope: Scope) -> Value:
    of, index = parts(node)
    return _item(native(of, scope), _index_of(index, scope))


def _index_of(node: Parsed, scope: Scope) -> Value:
    return whole(label(node)[1:]) if node.data == "short_index" else _only(node, scope)


def _item(of: Value, index: Value) -> Value:
    if isinstance(of, Mapping):
        return _member(of, text(index))
    items = sequence(of)
    at = whole(index)
    if not 0 <= at < len(items):
        raise Unevaluable(f"there is no element {at} in a list of {len(items)}")
    return require_known(items[at])


def _splat(node: Parsed, scope: Scope) -> Value:
    of, splat = parts(node)
    found = native(of, scope)
    items = found if isinstance(found, list) else [] if found is None else [found]
    return [_attempted(_followed, item, parts(splat), scope) for item in items]


def _followed(value: Value, steps: list[Parsed], scope: Scope) -> Value:
    value = require_known(value)
    for step in steps:
        value = (
            _member(value, label(step)[1:])
            if step.data == "get_attr"
            else _item(value, _index_of(step, scope))
        )
    return value


def _conditional(node: Parsed, scope: Scope) -> Value:
    condition, if_true, if_false = parts(node)
    return native(if_true if truth(native(condition, scope)) else if_false, scope)


def _unary(node: Parsed, scope: Scope) -> Value:
    value = _only(node, scope)
    return not truth(value) if str(node.children[0]).strip() == "!" else -number(value)


def _binary(node: Parsed, scope: Scope) -> Value:
    left, term = parts(node)
    sign, right = parts(term)
    symbol = str(sign.children[0]).strip()
    if symbol in ("&&", "||"):
        decided = truth(native(left, scope))
        return decided if decided is (symbol == "||") else truth(native(right, scope))
    return _OPERATORS[symbol](native(left, scope), native(right, scope))


def _quotient(left: Value, right: Value) -> Value:
    if not number(right):
        raise Unevaluable("a division by zero")
    return number(number(left) / number(right))


def _call(node: Parsed, scope: Scope) -> Value:
    *names, last = parts(node)
    arguments = parts(last) if last.data == "arguments" else []
    name = "::".join(map(label, names if last.data == "arguments" else [*names, last]))
    name = name.removeprefix("core::")
    if name == "try":
        return _first_that_works(arguments, scope)
    if name == "can":
        return not isinstance(_attempted(native, arguments[0], scope), Unknown)
    values = [native(argument, scope) for argument in arguments]
    if any(isinstance(child, Token) and child.type == "ELLIPSIS" for child in last.children):
        values[-1:] = sequence(values[-1])
    if name in _OF_FILES:
        return _OF_FILES[name](require_object(scope.get(FILES, {})), *values)
    return call_function(name, values)


def _template_file(of: Mapping[str, Value], path: Value, variables: Value) -> Value:
    """The text of the file at PATH, a template that knows VARIABLES alone."""
    return text(template(text(files.content(of, path)), {**require_object(variables), FILES: {**of}}))


def called_with(node: Parsed) -> tuple[str, list[Parsed]]:
    """The name of the function that NODE calls and its arguments; of an identifier, its name."""
    node = inner(node)
    if node.data != "function_call":
        return label(node), []
    name, *rest = parts(node)
    return label(name), parts(rest[0]) if rest else []


def _first_that_works(arguments: list[Parsed], scope: Scope) -> Value:
    cause = Unevaluable("try() has no argument that can be evaluated")
    for argument in arguments:
        try:
            return native(argument, scope)
        except Unevaluable as error:
            cause = error
    raise cause


def pairs(value: Value) -> list[tuple[Value, Value]]:
    """Keys and values of VALUE in Terraform's order. Raises Unevaluable for what has none."""
    value = require_known(value)
    if isinstance(value, Mapping):
        return [(name, value[name]) for name in sorted(value)]
    if isinstance(value, SetOfValues):
        return [(item, item) for item in value]
    return [*enumerate(sequence(value))]


def _for_scopes(intro: Parsed, condition: list[Parsed], scope: Scope) -> Iterator[Scope]:
    *names, source = parts(intro)
    key, value = ([None, *map(label, names)])[-2:]
    for found_key, found_value in pairs(native(source, scope)):
        within = {**scope, **({key: found_key} if key else {}), str(value): found_value}
        if not condition or truth(_only(condition[0], within)):
            yield within


def _for_tuple(node: Parsed, scope: Scope) -> Value:
    intro, value, *condition = parts(node)
    return [_attempted(native, value, within) for within in _for_scopes(intro, condition, scope)]


def _for_object(node: Parsed, scope: Scope) -> Value:
    intro, key, value, *condition = parts(node)
    grouped = any(isinstance(child, Token) and child.type == "ELLIPSIS" for child in node.children)
    found: dict[str, list[Value]] = {}
    for within in _for_scopes(intro, condition, scope):
        name = text(native(key, within))
        found.setdefault(name, []).append(_attempted(native, value, within))
    if not grouped and any(len(values) > 1 for values in found.values()):
        raise Unevaluable("a for expression makes the same key twice")
    return {name: [*values] if grouped else values[0] for name, values in found.items()}


_OPERATORS: Mapping[str, Callable[[Value, Value], Value]] = {
    "==": same,
    "!=": lambda left, right: not same(left, right),
    "<": lambda left, right: number(left) < number(right),
    ">": lambda left, right: number(left) > number(right),
    "<=": lambda left, right: number(left) <= number(right),
    ">=": lambda left, right: number(left) >= number(right),
    "+": lambda left, right: number(left) + number(right),
    "-": lambda left, right: number(left) - number(right),
    "*": lambda left, right: number(left) * number(right),
    "/": _quotient,
    "%": lambda left, right: number(operator.mod(number(left), number(right))),
}
_OF_FILES: Mapping[str, Callable[..., Value]] = {
    "file": files.content,
    "fileexists": files.exists,
    "fileset": files.matching_files,
    "templatefile": _template_file,
}
_RULES: Mapping[str, Callable[[Parsed, Scope], Value]] = {
    "attr_splat_expr_term": _splat,
    "binary_op": _binary,
    "conditional": _conditional,
    "expr_term": _only,
    "float_lit": _digits,
    "for_object_expr": _for_object,
    "for_tuple_expr": _for_tuple,
    "full_splat_expr_term": _splat,
    "function_call": _call,
    "get_attr_expr_term": _attribute,
    "heredoc_template": _heredoc,
    "heredoc_template_trim": _heredoc,
    "identifier": _identifier,
    "index_expr_term": _index,
    "int_lit": _digits,
    "interpolation": _only,
    "literal_value": _literal,
    "object": _object,
    "string": _string,
    "tuple": _tuple,
    "unary_op": _unary,
}
