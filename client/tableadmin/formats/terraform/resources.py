"""Resources of Terraform, from whichever source: a plan, a state, or the configuration itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeAlias

from tableadmin.formats.text.tree import Plain, Record, Tree, record

AFTER_APPLY = "is known only after the apply"


class Cause(NamedTuple):
    """Why a value is not known, the address that it refers to, and options of tablectl that give it.

    `instead` are other things to give, such as another file.
    """

    reason: str
    reference: str = ""
    needs: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


# What of a value is not known: all of it, or members and elements of it.
Unknown: TypeAlias = "Cause | Mapping[str, Unknown] | Sequence[Unknown] | None"
Steps: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Resource:
    """A managed resource.

    `values` are the attributes and blocks that are known, `unknown` says what is not. `source` is where the
    values are from: a state shows also what AWS chose, a configuration only what people wrote. `expressions`
    are a plan's, None where the plan does not show them. `references` has the addresses that an attribute
    refers to. `ignored` are attributes that Terraform was told to leave alone. `created` says that a plan
    makes the resource.
    """

    address: str
    type: str
    values: Record
    source: Literal["state", "plan", "configuration"]
    unknown: Mapping[str, Unknown] = field(default_factory=dict)
    expressions: Record | None = None
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)
    region: str = ""
    ignored: Sequence[str] = ()
    created: bool = False
    file: str = ""
    line: int | None = None

    def configured(self, *names: str) -> bool:
        """Whether somebody wrote a value for the attribute that NAMES lead to, as far as that can be told."""
        if self.source == "state":
            return False
        return self.source == "configuration" or self.created or is_configured(self.expressions, names)

    def completed(self, given: Mapping[Steps, str]) -> "Resource":
        """The resource with the values GIVEN in the places of what is not known."""
        values, unknown = self.values, self.unknown
        for steps, value in given.items():
            values = record(_placed(values, steps, Plain(value)), "values")
            unknown = _forgotten(unknown, steps)
        return replace(self, values=values, unknown=unknown)


def _placed(tree: Tree, steps: Steps, value: Tree) -> Tree:
    """TREE with VALUE at STEPS."""
    if not steps:
        return value
    step, *rest = steps
    if isinstance(step, str):
        found = tree if isinstance(tree, dict) else {}
        return {**found, step: _placed(found.get(step), tuple(rest), value)}
    items = [*tree] if isinstance(tree, list) else []
    items += [{}] * (step + 1 - len(items))
    items[step] = _placed(items[step], tuple(rest), value)
    return items


def _forgotten(unknown: Mapping[str, Unknown], steps: Steps) -> Mapping[str, Unknown]:
    """UNKNOWN without what STEPS lead to."""
    step, *rest = steps
    below = unknown.get(str(step))
    return {**unknown, str(step): _without(below, tuple(rest))}


def _without(unknown: Unknown, steps: Steps) -> Unknown:
    if not steps or isinstance(unknown, Cause) or unknown is None:
        return None
    step, *rest = steps
    if isinstance(unknown, Mapping):
        return {**unknown, str(step): _without(unknown.get(str(step)), tuple(rest))}
    return [_without(each, tuple(rest)) if at == step else each for at, each in enumerate(unknown)]


def unknown_leaves(unknown: Unknown) -> Iterator[tuple[Steps, Cause]]:
    """The ways to whatever is not known in UNKNOWN, and why it is not."""
    if isinstance(unknown, Cause):
        yield (), unknown
    elif isinstance(unknown, Mapping):
        for name, value in unknown.items():
            yield from (((name, *steps), cause) for steps, cause in unknown_leaves(value))
    elif isinstance(unknown, Sequence):
        for index, value in enumerate(unknown):
            yield from (((index, *steps), cause) for steps, cause in unknown_leaves(value))


def is_configured(expressions: Tree, names: Sequence[str]) -> bool:
    """Whether EXPRESSIONS give a value, constant or not, for the attribute that NAMES lead to."""
    if isinstance(expressions, list):
        return any(is_configured(block, names) for block in expressions)
    if not isinstance(expressions, dict):
        return False
    if not names or "references" in expressions or "constant_value" in expressions:
        return True
    return names[0] in expressions and is_configured(expressions[names[0]], names[1:])
