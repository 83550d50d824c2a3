"""What is between the braces of a resource -> the values of its attributes and blocks."""

from collections.abc import Sequence

from tableadmin.formats.terraform.configuration.evaluation import (
    Scope,
    address_of,
    evaluate,
    pairs,
    root_name,
)
from tableadmin.formats.terraform.configuration.syntax import Block, Body, Expression
from tableadmin.formats.terraform.configuration.values import Unevaluable, Unknown, Value

# What says how a resource is made, not what it is.
META = frozenset({"count", "for_each", "provider", "depends_on"})
_META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection", "timeouts", "dynamic"})


def body_values(body: Body, scope: Scope) -> dict[str, Value]:
    """The attributes of BODY, and its blocks as lists of objects, those of dynamic blocks included."""
    found: dict[str, Value] = {
        name: evaluate(value, scope) for name, value in body.attributes.items() if name not in META
    }
    for block in body.blocks:
        if block.type not in _META_BLOCKS:
            _added(found, block.type, [body_values(block.body, scope)])
        elif block.type == "dynamic":
            _added(found, block.labels[0], _dynamic(block, scope))
    return found


def _added(found: dict[str, Value], name: str, blocks: "list[Value] | Unknown") -> None:
    before = found.get(name, [])
    if isinstance(blocks, Unknown) or not isinstance(before, list):
        found[name] = blocks if isinstance(blocks, Unknown) else before
    else:
        found[name] = [*before, *blocks]


def _dynamic(block: Block, scope: Scope) -> "list[Value] | Unknown":
    attributes = block.body.attributes
    iterator = address_of(attributes["iterator"]) if "iterator" in attributes else block.labels[0]
    content = next((inner.body for inner in block.body.blocks if inner.type == "content"), Body({}, []))
    if "for_each" not in attributes:
        return Unknown(Unevaluable(f"dynamic {block.labels[0]} has no for_each"))
    try:
        over = pairs(evaluate(attributes["for_each"], scope))
    except Unevaluable as cause:
        return Unknown(cause)
    return [body_values(content, {**scope, iterator: {"key": key, "value": value}}) for key, value in over]


def ignored_attributes(block: Block) -> tuple[str, ...]:
    """The attributes that `lifecycle { ignore_changes }` names; `all` is one of them."""
    found = [
        inner.body.attributes["ignore_changes"]
        for inner in block.body.blocks
        if inner.type == "lifecycle" and "ignore_changes" in inner.body.attributes
    ]
    return tuple(name for each in found for name in _root_names(each))


def _root_names(of: Expression) -> Sequence[str]:
    """The names that OF, one reference or a list of them, begins with."""
    return [root_name(item) for item in of.elements()]
