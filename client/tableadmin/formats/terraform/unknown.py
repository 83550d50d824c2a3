"""What a Terraform plan does not know yet."""

import re
from collections.abc import Iterator, Mapping

from tableadmin.formats.error import SpecError
from tableadmin.formats.tree import Record, Tree, record, records

_MODULE = re.compile(r"module\.([^.\[]+)(?:\[[^\]]*\])?\.")
_INSTANCE = re.compile(r"\[[^\]]*\]$")

AFTER_APPLY = "is known only after the apply"


class Unknowns:
    """What is known only after the apply, for each resource, and whether the configuration asked for it.

    Terraform marks also as unknown what nobody configured and the provider will fill in: that is at AWS's
    default, and no reason to refuse.
    """

    def __init__(self, document: Record, notes: list[str]) -> None:
        self._notes = notes
        self._configuration = record(
            record(document.get("configuration"), "configuration").get("root_module"), "root_module"
        )
        self._unknown = {
            str(change.get("address")): record(change.get("change"), "change").get("after_unknown")
            for change in records(document.get("resource_changes"), "resource_changes")
        }

    def refuse(self, address: str, read: Mapping[str, frozenset[str]]) -> None:
        """Raise SpecError for the first attribute of the resource at ADDRESS that is configured and unknown.

        READ has the attributes that count and, where only some of a block's do, those.
        """
        unknown = record(self._unknown.get(address), address)
        for name, inner in read.items():
            for steps in _leaves(unknown.get(name)):
                names = [step for step in steps if isinstance(step, str)]
                if not inner or not names or names[0] in inner:
                    self._judge(address, [name, *steps])

    def _judge(self, address: str, steps: list[str | int]) -> None:
        expressions = self._expressions(address)
        names = [step for step in steps if isinstance(step, str)]
        path = f"{address}.{_written(steps)}"
        if expressions is None or _configured(expressions, names):
            raise SpecError(AFTER_APPLY, path=path)
        if len(names) > 1 and names[0] not in expressions:
            # A dynamic block: the configuration does not show what is in it.
            self._notes.append(f"{path} is known only after the apply and taken to be at AWS's default")

    def references(self, address: str, attribute: str) -> set[str]:
        """What ATTRIBUTE of the resource at ADDRESS is configured to refer to: addresses without instance."""
        expressions = self._expressions(address) or {}
        references = record(expressions.get(attribute), attribute).get("references")
        module = address.removesuffix(_in_module(address))
        return {f"{module}{reference}" for reference in references} if isinstance(references, list) else set()

    def _expressions(self, address: str) -> Record | None:
        """What the configuration says of the resource at ADDRESS; None where that is not known."""
        module = self._configuration
        for name in _MODULE.findall(address.removesuffix(_in_module(address))):
            calls = record(module.get("module_calls"), "module_calls")
            module = record(record(calls.get(name), name).get("module"), name)
        name = instance_of(_in_module(address))
        found = (r for r in records(module.get("resources"), "resources") if r.get("address") == name)
        return next((record(resource.get("expressions"), name) for resource in found), None)


def instance_of(address: str) -> str:
    """The address of the resource that ADDRESS is an instance of, by count or for_each."""
    return _INSTANCE.sub("", address)


def _in_module(address: str) -> str:
    """ADDRESS within its module."""
    while match := _MODULE.match(address):
        address = address[match.end() :]
    return address


def _leaves(tree: Tree) -> Iterator[list[str | int]]:
    """The ways to whatever is true in TREE."""
    if tree is True:
        yield []
    elif isinstance(tree, dict):
        for name, value in tree.items():
            yield from ([name, *steps] for steps in _leaves(value))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from ([index, *steps] for steps in _leaves(value))


def _configured(expressions: Tree, names: list[str]) -> bool:
    """Whether the configuration gives a value, constant or not, for the attribute that NAMES lead to."""
    if isinstance(expressions, list):
        return any(_configured(block, names) for block in expressions)
    if not isinstance(expressions, dict):
        return False
    if not names or "references" in expressions or "constant_value" in expressions:
        return True
    return names[0] in expressions and _configured(expressions[names[0]], names[1:])


def _written(steps: list[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
