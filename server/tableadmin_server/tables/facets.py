"""A table by what its members are about, so that two snapshots can be compared facet by facet. No I/O."""

from collections.abc import Mapping
from typing import TypeAlias, cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin.v1 import TableAspect
from tableadmin_server.tables.parts import ROWS, Part

# The numbers of the enum, as generated code types them.
Aspect: TypeAlias = "TableAspect.ValueType"
# What something is about: the aspect, and the index, region or stream, "" for the table itself.
Facet: TypeAlias = tuple[Aspect, str]

# The members of a description by what they are about; any other is OTHER.
_TABLE_MEMBERS: Mapping[str, Aspect] = {
    "TableStatus": TableAspect.TABLE_ASPECT_STATUS,
    "ProvisionedThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "OnDemandThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "WarmThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "BillingModeSummary": TableAspect.TABLE_ASPECT_BILLING_MODE,
    "StreamSpecification": TableAspect.TABLE_ASPECT_STREAM,
    "LatestStreamLabel": TableAspect.TABLE_ASPECT_STREAM,
    "LatestStreamArn": TableAspect.TABLE_ASPECT_STREAM,
    "SSEDescription": TableAspect.TABLE_ASPECT_ENCRYPTION,
    "DeletionProtectionEnabled": TableAspect.TABLE_ASPECT_DELETION_PROTECTION,
    "TableClassSummary": TableAspect.TABLE_ASPECT_TABLE_CLASS,
    "ItemCount": TableAspect.TABLE_ASPECT_SIZE,
    "TableSizeBytes": TableAspect.TABLE_ASPECT_SIZE,
}
_INDEX_MEMBERS: Mapping[str, Aspect] = {
    "ProvisionedThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "OnDemandThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "WarmThroughput": TableAspect.TABLE_ASPECT_THROUGHPUT,
    "ItemCount": TableAspect.TABLE_ASPECT_SIZE,
    "IndexSizeBytes": TableAspect.TABLE_ASPECT_SIZE,
}

# The lists of things with a name: (the member that names an element, what an element's members are about, and
# what the rest of them is about).
_NAMED: Mapping[str, tuple[str, Mapping[str, Aspect], Aspect]] = {
    "GlobalSecondaryIndexes": ("IndexName", _INDEX_MEMBERS, TableAspect.TABLE_ASPECT_INDEX),
    "LocalSecondaryIndexes": ("IndexName", _INDEX_MEMBERS, TableAspect.TABLE_ASPECT_INDEX),
    "VectorIndexes": ("IndexName", _INDEX_MEMBERS, TableAspect.TABLE_ASPECT_INDEX),
    "Replicas": ("RegionName", {}, TableAspect.TABLE_ASPECT_REPLICA),
    "GlobalTableWitnesses": ("RegionName", {}, TableAspect.TABLE_ASPECT_REPLICA),
}

# Members that move with the clock.
_VOLATILE_MEMBERS = frozenset({"LatestRestorableDateTime"})


def facets(
    description: AwsDict, parts: Mapping[Part, AwsValue], unreadable: Mapping[str, AwsDict]
) -> Mapping[Facet, AwsDict]:
    """A table by what its members are about; UNREADABLE says by the name of a part why it can't be read."""
    found: dict[Facet, AwsDict] = {}
    for member, value in description.items():
        if member in _NAMED:
            _add_named(found, member, cast("list[AwsDict]", value))
        else:
            aspect = _TABLE_MEMBERS.get(member, TableAspect.TABLE_ASPECT_OTHER)
            found.setdefault((aspect, ""), {})[member] = value
    for part, value in parts.items():
        _add_part(found, part, value)
    for name, why in unreadable.items():
        found[TableAspect.TABLE_ASPECT_UNREADABLE_PART, name] = why
    return found


def _add_named(found: dict[Facet, AwsDict], member: str, elements: list[AwsDict]) -> None:
    name_member, members, otherwise = _NAMED[member]
    for element in elements:
        for key, value in element.items():
            facet = (members.get(key, otherwise), str(element.get(name_member, "")))
            found.setdefault(facet, {})[key] = value


def _add_part(found: dict[Facet, AwsDict], part: Part, value: AwsValue) -> None:
    aspect, status = ROWS[part].aspect, ROWS[part].status
    if part is Part.TAGS:
        tags: AwsDict = {str(tag["Key"]): tag["Value"] for tag in cast("list[AwsDict]", value)}
        found.update({(aspect, ""): tags} if tags else {})
    elif isinstance(value, list):
        label = status.label if status else ""
        for each in cast("list[AwsDict]", value):
            found[aspect, str(each.get(label, ""))] = _still(each)
    elif isinstance(value, dict):
        found.setdefault((aspect, ""), {}).update(_still(value))
    elif value:
        found[aspect, ""] = {part.value: value}


def _still(value: AwsDict) -> AwsDict:
    return {
        key: _still(cast("AwsDict", inner)) if isinstance(inner, dict) else inner
        for key, inner in value.items()
        if key not in _VOLATILE_MEMBERS
    }
