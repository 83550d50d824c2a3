"""`terraform show -json`, of a state or a plan -> resources."""

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from tableadmin.formats.terraform.resources import AFTER_APPLY, Cause, Resource, Unknown
from tableadmin.formats.text.tree import Record, Tree, record, records

_MODULE = re.compile(r"module\.([^.\[]+)(?:\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\])?\.")
_INSTANCE = re.compile(r"\[[^\]]*\]$")

_NOT_RESOURCES = ("var.", "local.", "each.", "count.", "module.", "path.", "self.")


def resources(document: Record) -> list[Resource]:
    """The managed resources in DOCUMENT; of a plan, as they will be. Raises SpecError."""
    planned = "planned_values" in document
    values = record(document.get("planned_values" if planned else "values"), "values")
    changes = _changes(document)
    configuration = _Configuration(document)
    return [
        _resource(shown, changes.get(str(shown.get("address")), {}), configuration, planned=planned)
        for shown in _shown(record(values.get("root_module"), "root_module"))
    ]


def deleted_addresses(document: Record, kind: str) -> list[str]:
    """The addresses of resources of type KIND that the plan DOCUMENT deletes for good. Raises SpecError."""
    return [
        str(change.get("address"))
        for change in records(document.get("resource_changes"), "resource_changes")
        if change.get("type") == kind and record(change.get("change"), "change").get("actions") == ["delete"]
    ]


def instance_of(address: str) -> str:
    """The address of the resource that ADDRESS is an instance of, by count or for_each."""
    return _INSTANCE.sub("", address)


def module_of(address: str) -> str:
    """The module that ADDRESS is in, with a dot behind; empty for the root module."""
    rest = address
    while match := _MODULE.match(rest):
        rest = rest[match.end() :]
    return address.removesuffix(rest)


def _resource(shown: Record, change: Record, configuration: "_Configuration", *, planned: bool) -> Resource:
    address = str(shown.get("address"))
    block = configuration.block(address)
    expressions = None if block is None else record(block.get("expressions"), address)
    values = record(shown.get("values"), "values")
    unknown = _unknown(change.get("after_unknown"), expressions, module_of(address))
    return Resource(
        address,
        str(shown.get("type")),
        values,
        "plan" if planned else "state",
        unknown=unknown if isinstance(unknown, Mapping) else {},
        expressions=expressions,
        references={name: _references(value, address) for name, value in (expressions or {}).items()},
        region=_region(values) or configuration.region(block),
        created=planned and "before" in change and change["before"] is None,
    )


def _shown(module: Record) -> Iterator[Record]:
    """The managed resources of MODULE and the modules in it."""
    for resource in records(module.get("resources"), "resources"):
        if resource.get("mode", "managed") == "managed":
            yield resource
    for child in records(module.get("child_modules"), "child_modules"):
        yield from _shown(child)


def _changes(document: Record) -> dict[str, Record]:
    return {
        str(change.get("address")): record(change.get("change"), "change")
        for change in records(document.get("resource_changes"), "resource_changes")
    }


def _unknown(after: Tree, expression: Tree, module: str) -> Unknown:
    """What AFTER marks as unknown, with the address that the EXPRESSION of its place refers to."""
    if isinstance(after, dict):
        below = expression if isinstance(expression, dict) else {}
        return {name: _unknown(value, below.get(name), module) for name, value in after.items()}
    if isinstance(after, list):
        blocks = expression if isinstance(expression, list) else []
        blocks = blocks * len(after) if len(blocks) == 1 else blocks
        return [_unknown(value, one, module) for value, one in zip_longest(after, blocks[: len(after)])]
    return Cause(AFTER_APPLY, reference=_reference(expression, module)) if after is True else None


def _reference(expression: Tree, module: str) -> str:
    """The address of the resource whose attribute EXPRESSION is; empty for a variable, or several."""
    found = expression.get("references") if isinstance(expression, dict) else None
    first = str(found[0]) if isinstance(found, list) and found else ""
    return f"{module}{first}" if first.count(".") > 1 and not first.startswith(_NOT_RESOURCES) else ""


def _region(values: Record) -> str:
    """The region that VALUES name; an ARN is arn:partition:service:region:account:resource."""
    region = values.get("region")
    if isinstance(region, str) and region:
        return region
    return ":".join(str(values.get("arn") or "").split(":")[3:4])


def _references(expression: Tree, address: str) -> frozenset[str]:
    """The addresses that EXPRESSION refers to, those of its module in full."""
    found = expression.get("references") if isinstance(expression, dict) else None
    module = module_of(address)
    return frozenset(f"{module}{name}" for name in found) if isinstance(found, list) else frozenset()


class _Configuration:
    """What a plan shows of the configuration; nothing of a state."""

    def __init__(self, document: Record) -> None:
        configuration = record(document.get("configuration"), "configuration")
        self._root = record(configuration.get("root_module"), "root_module")
        self._providers = record(configuration.get("provider_config"), "provider_config")
        self._variables = record(document.get("variables"), "variables")

    def block(self, address: str) -> Record | None:
        """The block of the resource at ADDRESS; None where the configuration does not show it."""
        module = self._root
        prefix = module_of(address)
        for name in _MODULE.findall(prefix):
            calls = record(module.get("module_calls"), "module_calls")
            module = record(record(calls.get(name), name).get("module"), name)
        name = instance_of(address.removeprefix(prefix))
        return next(
            (
                block
                for block in records(module.get("resources"), "resources")
                if block.get("address") == name
            ),
            None,
        )

    def region(self, block: Record | None) -> str:
        """The region of the provider that BLOCK is made with; empty where it is not known."""
        key = str((block or {}).get("provider_config_key"))
        provider = record(self._providers.get(key), "provider_config")
        expression = record(record(provider.get("expressions"), "expressions").get("region"), "region")
        constant = expression.get("constant_value")
        return constant if isinstance(constant, str) else self._variable(expression.get("references"))

    def _variable(self, references: Tree) -> str:
        name = str(references[0]) if isinstance(references, list) and len(references) == 1 else ""
        value = record(self._variables.get(name.removeprefix("var.")), name).get("value")
        return value if isinstance(value, str) else ""
