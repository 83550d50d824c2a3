"""Tables of Crossplane: of Upbound's provider, which has Terraform's attributes, and of the older one."""

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from tableadmin.formats import spec
from tableadmin.formats.found import Found, FoundTable, with_spec
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.kubernetes.manifest import Manifest
from tableadmin.formats.kubernetes.members import Unknown, aws_members, lost_members
from tableadmin.formats.terraform import camel_case
from tableadmin.formats.terraform.reading import tables as terraform_tables
from tableadmin.formats.terraform.related_resources import RELATED_TYPES, TABLE
from tableadmin.formats.terraform.resources import Cause, Resource
from tableadmin.formats.terraform.typed import convert_types
from tableadmin.formats.text.fitting import settle
from tableadmin.formats.text.tree import Record, Tree, record
from tableadmin.v1 import TableSpec

OLDER = "dynamodb.aws.crossplane.io"
_EXTERNAL_NAME = "crossplane.io/external-name"
_NEVER = ("KinesisStreamSpecification", "ContributorInsightsSpecification", "ResourcePolicy")
_APART = ("TimeToLiveSpecification", "PointInTimeRecoverySpecification", "Replicas", "Tags")
_REASON = "not in the Crossplane manifest"
Values: TypeAlias = dict[str, Tree]


def tables(manifests: list[Manifest], inputs: Inputs) -> Found:
    """The tables among MANIFESTS, with the resources that belong to them. Raises SpecError."""
    observed = [each for each in manifests if _is_only_observed(each)]
    managed = [each for each in manifests if each not in observed]
    older = [each for each in managed if each.group == OLDER]
    newer = [_resource(each) for each in managed if each.group != OLDER]
    notes = [f"{each}: is not part of a spec and left out" for each in older if each.kind != "Table"]
    notes += [f"{each}: is only observed by Crossplane, not managed, and left out" for each in observed]
    found = [_older(each) for each in older if each.kind == "Table"]
    read = terraform_tables(newer, inputs) if any(each.type == TABLE for each in newer) else Found()
    return Found([*found, *read.tables], [*notes, *read.notes])


def _is_only_observed(manifest: Manifest) -> bool:
    body = manifest.body.get("spec")
    return isinstance(body, dict) and body.get("managementPolicies") == ["Observe"]


def _name(manifest: Manifest) -> str:
    """The name of the table: the one outside of the cluster, where it is said."""
    annotations = record(manifest.metadata.get("annotations"), "metadata.annotations")
    return str(annotations.get(_EXTERNAL_NAME) or manifest.name)


def _resource(manifest: Manifest) -> Resource:
    """MANIFEST as the resource of Terraform that Upbound's provider makes of it."""
    body = record(manifest.body.get("spec"), "spec")
    wanted = camel_case.attributes(record(body.get("forProvider"), "spec.forProvider"))
    first = camel_case.attributes(record(body.get("initProvider"), "spec.initProvider"))
    values = {name: convert_types(name, settle(value)) for name, value in {**first, **wanted}.items()}
    kind = f"aws_dynamodb_{camel_case.snake(manifest.kind)}"
    if kind == TABLE:
        values["name"] = _name(manifest)
    references = {name: frozenset(_referred(name, values)) for name in _referring(kind)}
    unknown = {
        name: Cause("is a reference to another object") for name in _unresolved(values) if name not in values
    }
    known = {name: _without_references(value) for name, value in values.items() if not _is_reference(name)}
    return Resource(
        str(manifest),
        kind,
        known,
        "configuration",
        unknown=unknown | dict(_inner_unknown(values)),
        references=references,
        region=str(values.get("region") or ""),
        ignored=tuple(name for name in first if name not in wanted),
    )


def _referring(kind: str) -> Iterator[str]:
    if kind in RELATED_TYPES:
        yield RELATED_TYPES[kind].attribute


def _referred(attribute: str, values: Values) -> Iterator[str]:
    """The address of the table that ATTRIBUTE refers to by the name of its object."""
    reference = values.get(f"{attribute}_ref")
    if isinstance(reference, dict) and reference.get("name"):
        yield f"Table/{reference['name']}"


def _is_reference(name: str) -> bool:
    return name.endswith(("_ref", "_selector", "_refs"))


def _unresolved(values: Values) -> Iterator[str]:
    """The attributes of VALUES of which only a reference is said."""
    for name, value in values.items():
        if _is_reference(name) and value:
            yield re.sub(r"_(?:refs?|selector)$", "", name)


def _inner_unknown(values: Values) -> Iterator[tuple[str, list[Mapping[str, Cause]]]]:
    """What is known only by reference in blocks."""
    for name, value in values.items():
        blocks = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
        blocks = [value] if isinstance(value, dict) and not _is_reference(name) else blocks
        found = [
            {
                inner: Cause("is a reference to another object")
                for inner in _unresolved(block)
                if not block.get(inner)
            }
            for block in blocks
        ]
        if any(found):
            yield name, [*found]


def _without_references(value: Tree) -> Tree:
    if isinstance(value, list):
        return [_without_references(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_references(item) for name, item in value.items() if not _is_reference(name)}
    return value


def _older(manifest: Manifest) -> FoundTable:
    body = manifest.body.get("spec")
    wanted = body.get("forProvider") if isinstance(body, dict) else None
    region = wanted.get("region") if isinstance(wanted, dict) else None
    described = FoundTable(address=str(manifest), region=str(region or ""))
    return with_spec(lambda notes: _older_spec(manifest, notes), described)


def _older_spec(manifest: Manifest, notes: list[str]) -> TableSpec:
    wanted = {**record(record(manifest.body.get("spec"), "spec").get("forProvider"), "spec.forProvider")}
    wanted.pop("region", None)
    recovery = wanted.pop("pointInTimeRecoveryEnabled", None)
    lost: list[Unknown] = []
    data: Record = aws_members(wanted, TableSpec.DESCRIPTOR, "spec.forProvider", lost)
    data["TableName"] = _name(manifest)
    if recovery is not None:
        data["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": recovery}
    notes += lost_members(manifest, lost)
    made = spec.table(data, "spec.forProvider", str(manifest))
    spec.leave_unmanaged(made, [*_NEVER, *(each for each in _APART if each not in data)], _REASON)
    return made
