"""Groups the members of a table by aspect and subject, so that two snapshots can be compared. No I/O."""

from collections.abc import Mapping
from typing import TypeAlias, cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin.v1 import TableAspect
from tableadmin_server.tables.parts import ROWS, Part

# The numbers of the enum, as generated code types them.
Aspect: TypeAlias = "TableAspect.ValueType"
# An aspect and its subject: the name of an index, region or stream, "" for the table.
Facet: TypeAlias = tuple[Aspect, str]

# The aspects of the members of a description. All other members are OTHER.
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

# The lists of named elements: (the member with the name, the aspects of an element's members, the aspect of
# its other members).
_NAMED: Mapping[str, tuple[str, Mapping[str, Aspect], Aspect]] = {
    "GlobalSecondaryIndexes": ("IndexName", _INDEX_MEMBERS, TableAspect.TABLE_ASPECT_INDEX),
    "LocalSecondaryIndexes": ("IndexName", _INDEX_MEMBERS, TableAspect.TABLE_ASPECT_INDEX),
    "VectorIndexes": ("IndexName", _INDEX_MEMBERS, TableAspect.TABLE_ASPECT_INDEX),
    "Replicas": ("RegionName", {}, TableAspect.TABLE_ASPECT_REPLICA),
    "GlobalTableWitnesses": ("RegionName", {}, TableAspect.TABLE_ASPECT_REPLICA),
}

# Members that change with time.
_VOLATILE_MEMBERS = frozenset({"LatestRestorableDateTime"})


def facets(
    description: AwsDict, parts: Mapping[Part, AwsValue], unreadable: Mapping[str, AwsDict]
) -> Mapping[Facet, AwsDict]:
    """Return the members of a table by facet. UNREADABLE has the error of each unreadable part, by name."""
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
            found[aspect, str(each.get(label, ""))] = _without_volatile(each)
    elif isinstance(value, dict):
        found.setdefault((aspect, ""), {}).update(_without_volatile(value))
    elif value:
        found[aspect, ""] = {part.value: value}


def _without_volatile(value: AwsDict) -> AwsDict:
    return {
        key: _without_volatile(cast("AwsDict", inner)) if isinstance(inner, dict) else inner
        for key, inner in value.items()
        if key not in _VOLATILE_MEMBERS
    }
