"""Merge the members of several options, and override the request of a file with options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict, AwsValue
    from tableadmin.v1 import ProvisionedThroughputDescription

ATTRIBUTES = "AttributeDefinitions"


def merge(*fragments: AwsDict) -> AwsDict:
    """Merge FRAGMENTS: objects are merged, lists are joined.

    Raises ValueError for an attribute with two types.
    """
    whole: AwsDict = {}
    for fragment in fragments:
        for name, value in fragment.items():
            whole[name] = _joined(whole[name], value) if name in whole else value
    return _tidied(whole)


def override(document: AwsDict, flags: AwsDict) -> AwsDict:
    """Override DOCUMENT with FLAGS: objects are merged, lists are replaced, attributes are merged by name.

    Other members of DOCUMENT are not changed or checked. Switching to on-demand removes the document's
    provisioned throughput.
    """
    whole: AwsDict = dict(document)
    if flags.get("BillingMode") == "PAY_PER_REQUEST":
        whole.pop("ProvisionedThroughput", None)
    for name, value in flags.items():
        old = whole.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        whole[name] = _joined(old, value) if both else value
    if ATTRIBUTES in flags:
        whole.update(_attributes(document, flags))
    return whole


def with_table_hash(request: AwsDict) -> AwsDict:
    """Return REQUEST with the table's hash key in local indexes without a hash key."""
    hashes = [each for each in _objects(request, "KeySchema") if each.get("KeyType") == "HASH"]
    indexes = [_keyed(index, hashes) for index in _objects(request, "LocalSecondaryIndexes")]
    return {**request, "LocalSecondaryIndexes": indexes} if indexes else request


def split_attributes(request: AwsDict) -> tuple[AwsDict, AwsDict]:
    """Split REQUEST for a new index into the fragment of its attribute definitions and the rest."""
    rest = {name: value for name, value in request.items() if name != ATTRIBUTES}
    return {ATTRIBUTES: request.get(ATTRIBUTES, [])}, rest


def both_sides(members: AwsDict, live: Callable[[], ProvisionedThroughputDescription | None]) -> AwsDict:
    """Return MEMBERS with a missing side of the throughput from LIVE, which is called only if needed."""
    given = members.get("ProvisionedThroughput")
    if not isinstance(given, dict) or len(given) != 1:
        return members
    present = live()
    if present is None:
        return members
    units = {
        "ReadCapacityUnits": present.read_capacity_units,
        "WriteCapacityUnits": present.write_capacity_units,
    }
    return {**members, "ProvisionedThroughput": {**units, **given}}


def _keyed(index: AwsDict, hashes: Sequence[AwsDict]) -> AwsDict:
    schema = _objects(index, "KeySchema")
    if any(each.get("KeyType") == "HASH" for each in schema):
        return index
    return {**index, "KeySchema": [*hashes, *schema]}


def _joined(old: AwsValue, new: AwsValue) -> AwsValue:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **new}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *new]
    return new


def _tidied(request: AwsDict) -> AwsDict:
    """Return REQUEST with each attribute defined once, and hash keys before range keys as AWS requires."""
    tidy = {**request, **_attributes(request)}
    ordered = sorted(_objects(tidy, "KeySchema"), key=_is_range)
    return {**tidy, "KeySchema": ordered} if ordered else tidy


def _is_range(element: AwsDict) -> bool:
    return element.get("KeyType") == "RANGE"


def _attributes(*requests: AwsDict) -> AwsDict:
    """Return the attributes of REQUESTS, each once, with the type of its last definition."""
    types: dict[str, str] = {}
    for request in requests:
        types.update(_types(request))
    named = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    return {ATTRIBUTES: named} if named else {}


def _types(request: AwsDict) -> dict[str, str]:
    types: dict[str, str] = {}
    for each in _objects(request, ATTRIBUTES):
        name, kind = str(each.get("AttributeName")), str(each.get("AttributeType"))
        if types.setdefault(name, kind) != kind:
            raise ValueError(f"{name} is {types[name]} in one option and {kind} in another")
    return types


def _objects(request: AwsDict, name: str) -> list[AwsDict]:
    return cast("list[AwsDict]", request.get(name) or [])
