"""The state of an index in one form, for desired and for live indexes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.aws import elements, number, structure, text

# In order: attribute, HASH or RANGE, type of the attribute. A key with another type is another key.
Keys: TypeAlias = tuple[tuple[str, str, str], ...]
# Reads and writes.
Units: TypeAlias = tuple[int, int]
SomeUnits: TypeAlias = tuple[int | None, int | None]

UNLIMITED: Units = (-1, -1)
UNMANAGED: SomeUnits = (None, None)


@dataclass(frozen=True, slots=True)
class Index:
    """Key, projection and capacity of an index; `throughput` is None under PAY_PER_REQUEST.

    `shown` is the provisioned throughput that some engines go on to show, and to compare with, under
    PAY_PER_REQUEST.
    """

    keys: Keys
    projection: tuple[str, ...]
    throughput: Units | None = None
    on_demand: Units = UNLIMITED
    warm: SomeUnits = UNMANAGED
    shown: Units | None = field(default=None, compare=False)

    def same_definition(self, other: "Index") -> bool:
        """Whether key and projection are equal, which AWS can't change."""
        return self.keys == other.keys and self.projection == other.projection


def key_types(holder: Mapping[str, AwsValue]) -> dict[str, str]:
    """The types of the attributes that HOLDER defines."""
    return {
        text(each, "AttributeName"): text(each, "AttributeType")
        for each in elements(holder, "AttributeDefinitions")
    }


def keys_of(holder: Mapping[str, AwsValue], types: Mapping[str, str]) -> Keys:
    """The key schema of HOLDER."""
    return tuple(
        (name := text(key, "AttributeName"), text(key, "KeyType"), types.get(name, ""))
        for key in elements(holder, "KeySchema")
    )


def index_of(data: AwsDict, types: Mapping[str, str]) -> Index:
    """The index DATA of a spec or of a description."""
    projection = structure(data, "Projection")
    attributes = cast("list[str]", projection.get("NonKeyAttributes") or [])
    return Index(
        keys_of(data, types),
        (text(projection, "ProjectionType"), *sorted(attributes)),
        throughput_of(data),
        on_demand_of(data),
        warm_of(data),
    )


def throughput_of(holder: Mapping[str, AwsValue]) -> Units | None:
    """The provisioned throughput of HOLDER; None under PAY_PER_REQUEST, where descriptions have 0 and 0.

    0 is a dimension that a spec leaves open, since the spec does not manage the dimension.
    """
    throughput = structure(holder, "ProvisionedThroughput")
    reads, writes = (
        number(throughput, "ReadCapacityUnits") or 0,
        number(throughput, "WriteCapacityUnits") or 0,
    )
    return (reads, writes) if reads or writes else None


def on_demand_of(holder: Mapping[str, AwsValue]) -> Units:
    """The on-demand ceilings of HOLDER, -1 for no ceiling."""
    ceilings = structure(holder, "OnDemandThroughput")
    return (number(ceilings, "MaxReadRequestUnits") or -1, number(ceilings, "MaxWriteRequestUnits") or -1)


def warm_of(holder: Mapping[str, AwsValue]) -> SomeUnits:
    """The warm throughput of HOLDER."""
    warm = structure(holder, "WarmThroughput")
    return number(warm, "ReadUnitsPerSecond"), number(warm, "WriteUnitsPerSecond")


def throughput_shape(units: Units) -> AwsDict:
    """UNITS as ProvisionedThroughput."""
    return {"ReadCapacityUnits": units[0], "WriteCapacityUnits": units[1]}


def on_demand_shape(units: Units, before: Units = UNLIMITED) -> AwsDict:
    """UNITS as OnDemandThroughput; -1 removes a ceiling that BEFORE has and UNITS has not."""
    members = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
    pairs = zip(members, units, before, strict=True)
    return {member: unit for member, unit, was in pairs if unit != -1 or was != -1}


def warm_shape(units: SomeUnits, before: SomeUnits = UNMANAGED) -> AwsDict:
    """The units of UNITS that differ from BEFORE, as WarmThroughput."""
    members = ("ReadUnitsPerSecond", "WriteUnitsPerSecond")
    pairs = zip(members, units, before, strict=True)
    return {member: unit for member, unit, was in pairs if unit is not None and unit != was}


def definition_shape(index: Index) -> AwsDict:
    """Key schema and projection of INDEX."""
    projection: AwsDict = {"ProjectionType": index.projection[0]}
    if len(index.projection) > 1:
        projection["NonKeyAttributes"] = list(index.projection[1:])
    return {"KeySchema": key_shape(index.keys), "Projection": projection}


def index_shape(index: Index) -> AwsDict:
    """INDEX as the members of a spec, without its name."""
    shape = definition_shape(index)
    if index.throughput is not None:
        shape["ProvisionedThroughput"] = throughput_shape(index.throughput)
    if index.on_demand != UNLIMITED:
        shape["OnDemandThroughput"] = on_demand_shape(index.on_demand)
    if index.warm != UNMANAGED:
        shape["WarmThroughput"] = warm_shape(index.warm)
    return shape


def creation_shape(name: str, index: Index) -> AwsDict:
    """The members of an UpdateTable that creates INDEX as NAME.

    AttributeDefinitions has only the attributes of the index's key: UpdateTable does not require the others.
    """
    return {
        "AttributeDefinitions": definitions_shape(index.keys),
        "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": name, **index_shape(index)}}],
    }


def key_shape(keys: Keys) -> list[AwsDict]:
    """KEYS as KeySchema."""
    return [{"AttributeName": name, "KeyType": kind} for name, kind, _ in keys]


def definitions_shape(keys: Keys) -> list[AwsDict]:
    """KEYS as AttributeDefinitions."""
    return [{"AttributeName": name, "AttributeType": kind} for name, _, kind in keys]
