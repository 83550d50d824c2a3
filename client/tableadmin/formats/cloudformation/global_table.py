"""AWS::DynamoDB::GlobalTable: a table whose settings lie partly with the table, partly with each replica."""

from collections.abc import Iterator

from tableadmin.formats.cloudformation.parameters import settled_scalar
from tableadmin.formats.cloudformation.properties import (
    Resource,
    auto_scaled,
    check_members,
    rename_properties,
    units_path,
)
from tableadmin.formats.error import SpecError
from tableadmin.formats.spec import refuse
from tableadmin.formats.text.fitting import as_text
from tableadmin.formats.text.tree import Record, Tree, pick, record, records
from tableadmin.v1 import TableSpec

_REGION = "AWS::Region"
# What a replica says that a spec says of the table; of the other replicas a spec can't say it.
_OF_TABLE = (
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "KinesisStreamSpecification",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "TableClass",
    "Tags",
)
# What a replica says that a spec can say of no table: it is noted.
_OF_NOTHING = {
    "DisassociationProtectionEnabled",
    "GlobalTableSettingsReplicationMode",
    "ReplicaStreamSpecification",
}
_INSIGHTS = "ContributorInsightsSpecification"
_READ = ("SSESpecification", "TableClass", "GlobalSecondaryIndexes")
_NOT_OF_OTHERS = {*_OF_TABLE, *_OF_NOTHING} - {"TableClass"}
# Settings that hold capacity, and are turned into ProvisionedThroughput and OnDemandThroughput.
_CAPACITY = (
    "ReadProvisionedThroughputSettings",
    "WriteProvisionedThroughputSettings",
    "ReadOnDemandThroughputSettings",
    "WriteOnDemandThroughputSettings",
)
_ELSEWHERE = {
    "GlobalTableSourceArn": "joining a global table of another account is not part of a spec",
    "GlobalTableWitnesses": "a witness region is not part of a spec",
}


def read(resource: Resource) -> TableSpec:
    """The spec of the global table RESOURCE, seen from its home.

    Home is the region that the parameter AWS::Region names, or that of the only replica. Raises SpecError
    where there is none. Capacity that auto scaling moves is not managed.
    """
    properties = resource.properties()
    _refuse_joining(properties, resource)
    _refuse_strong(properties, resource)
    replicas = records(properties.get("Replicas"), f"{resource.path}.Replicas")
    home = _home(replicas, resource)
    for number, replica in enumerate(replicas):
        _check_replica(replica, properties, resource, number, is_home=number == home)
    kept = {name: value for name, value in properties.items() if name not in (*_CAPACITY, "Replicas")}
    kept.pop("MultiRegionConsistency", None)
    if kept.pop("TableType", None):
        resource.note("TableType")
    data: Record = {
        **rename_properties({**kept, **pick(replicas[home], *_OF_TABLE)}, resource),
        "SSESpecification": _encryption(kept, replicas[home], f"{resource.path}.Replicas[{home}]"),
        **_throughput(properties, replicas[home], resource, ""),
        "GlobalSecondaryIndexes": _indexes(properties, replicas[home], resource),
        "Replicas": [
            _replica(replica, replicas[home], resource, number)
            for number, replica in enumerate(replicas)
            if number != home
        ],
        "Unmanaged": [*_scaled(properties, replicas, home)],
    }
    return resource.specified(data)


def _refuse_joining(properties: Record, resource: Resource) -> None:
    refuse(properties, _ELSEWHERE, path=resource.path, table=resource.name)
    if properties.get("TableType") == "GlobalTableReplica":
        raise SpecError(_ELSEWHERE["GlobalTableSourceArn"], path=f"{resource.path}.TableType")


def _refuse_strong(properties: Record, resource: Resource) -> None:
    if properties.get("MultiRegionConsistency", "EVENTUAL") != "EVENTUAL":
        path = f"{resource.path}.MultiRegionConsistency"
        raise SpecError("a spec can't ask for strong consistency", path=path)


def _home(replicas: list[Record], resource: Resource) -> int:
    path = f"{resource.path}.Replicas"
    regions = [as_text(settled_scalar(replica.get("Region"))) for replica in replicas]
    if len(regions) == 1:
        return 0
    try:
        here = resource.template.text({"Ref": _REGION}, path)
    except SpecError as error:
        reason = f"the home Region is not known: {error.reason}"
        raise SpecError(reason, path=path, needs=error.needs) from None
    if here not in regions:
        need = "--param AWS::Region=VALUE"
        raise SpecError(f"no replica is in {here}; give another AWS::Region", path=path, needs=[need])
    return regions.index(here)


def _encryption(properties: Record, home: Record, path: str) -> Tree:
    """Whether the table is encrypted is said of the table, and with which key of the replica."""
    table = record(properties.get("SSESpecification"), "SSESpecification")
    key = _key(home, f"{path}.SSESpecification")
    if key and not table:
        raise SpecError("requires the SSESpecification of the table", path=f"{path}.SSESpecification")
    own = {"KMSMasterKeyId": key} if key else {}
    return {"Enabled" if name == "SSEEnabled" else name: value for name, value in (table | own).items()}


def _throughput(table: Record, replica: Record, resource: Resource, path: str) -> Record:
    """Capacity and ceilings: writes are said of the table, reads of the replica."""
    of = table | replica
    path = f"{resource.path}{path}"
    return {
        "ProvisionedThroughput": {
            "ReadCapacityUnits": _units(of, "Read", path),
            "WriteCapacityUnits": _units(of, "Write", path),
        },
        "OnDemandThroughput": {
            **record(of.get("ReadOnDemandThroughputSettings"), path),
            **record(of.get("WriteOnDemandThroughputSettings"), path),
        },
    }


def _units(of: Record, kind: str, path: str) -> Tree:
    """Capacity: fixed units, or that with which auto scaling begins."""
    settings, scaling = _settings(of, kind, path)
    if not scaling:
        return settings.get(f"{kind}CapacityUnits")
    return scaling.get("SeedCapacity", scaling.get("MinCapacity"))


def _settings(of: Record, kind: str, path: str) -> tuple[Record, Record]:
    """The capacity settings of the table, replica or index OF, and the settings of auto scaling in them."""
    member = f"{kind}ProvisionedThroughputSettings"
    settings = record(of.get(member), f"{path}.{member}")
    auto = f"{kind}CapacityAutoScalingSettings"
    check_members(settings, (f"{kind}CapacityUnits", auto), f"{path}.{member}")
    scaling = record(settings.get(auto), f"{path}.{member}.{auto}")
    check_members(scaling, _SCALING, f"{path}.{member}.{auto}")
    return settings, scaling


_SCALING = ("MinCapacity", "MaxCapacity", "SeedCapacity", "TargetTrackingScalingPolicyConfiguration")


def _scaled(table: Record, replicas: list[Record], home: int) -> Iterator[Tree]:
    """What of a spec is not managed: capacity that auto scaling has room to move."""
    indexes = _by_name(table, "GlobalSecondaryIndexes")
    of_home = _by_name(replicas[home], "Replicas.GlobalSecondaryIndexes")
    for index, own, reads in [
        ("", table, replicas[home]),
        *((name, index, of_home.get(name, {})) for name, index in indexes.items()),
    ]:
        for kind, of in (("Read", own | reads), ("Write", own)):
            bounds = _bounds(of, kind)
            if bounds:
                yield auto_scaled(units_path(index, f"{kind}CapacityUnits"), *bounds)
    for number, replica in enumerate(replicas):
        if number != home:
            yield from _scaled_replica(replica)


# The length of a reason of an unmanaged member.
_LONGEST_REASON = 200


def _scaled_replica(replica: Record) -> Iterator[Tree]:
    region = as_text(settled_scalar(replica.get("Region")))
    bounds = _bounds(replica, "Read")
    if bounds:
        path = f"Replicas[{region}].ProvisionedThroughputOverride"
        yield {"Path": path, "Reason": f"Application Auto Scaling, {bounds[0]} to {bounds[1]} read units"}
    indexes = _by_name(replica, "GlobalSecondaryIndexes")
    moved = [(name, *found) for name, index in indexes.items() if (found := _bounds(index, "Read"))]
    if moved:
        units = ", ".join(f"{name} {least} to {most}" for name, least, most in moved)
        path = f"Replicas[{region}].GlobalSecondaryIndexes"
        yield {"Path": path, "Reason": f"Application Auto Scaling, read units of {units}"[:_LONGEST_REASON]}


def _bounds(of: Record, kind: str) -> tuple[str, str] | None:
    """The capacities between which auto scaling moves; None where there is none, or no room."""
    _, scaling = _settings(of, kind, "")
    least, most = (as_text(settled_scalar(scaling.get(name))) for name in ("MinCapacity", "MaxCapacity"))
    return (least, most) if least != most else None


def _indexes(properties: Record, home: Record, resource: Resource) -> list[Tree]:
    """The indexes, each with the capacity of the table's write settings and the home's read settings."""
    path = f"{resource.path}.GlobalSecondaryIndexes"
    of_home = _by_name(home, path)
    return [
        {
            **{name: value for name, value in index.items() if name not in _CAPACITY},
            **_throughput(
                index, of_home.get(str(index.get("IndexName")), {}), resource, f".GlobalSecondaryIndexes[{i}]"
            ),
        }
        for i, index in enumerate(records(properties.get("GlobalSecondaryIndexes"), path))
    ]


def _check_replica(replica: Record, table: Record, resource: Resource, number: int, *, is_home: bool) -> None:
    """Note what a spec can't say of a replica. Raises SpecError for members that are not known here."""
    path = f"Replicas[{number}]"
    check_members(
        replica, {"Region", *_READ, *_CAPACITY, *_OF_TABLE, *_OF_NOTHING}, f"{resource.path}.{path}"
    )
    for member in sorted((_OF_NOTHING if is_home else _NOT_OF_OTHERS) & replica.keys()):
        resource.note(f"{path}.{member}")
    names = _by_name(table, "GlobalSecondaryIndexes").keys()
    for i, index in enumerate(records(replica.get("GlobalSecondaryIndexes"), f"{resource.path}.{path}")):
        of_index = f"{path}.GlobalSecondaryIndexes[{i}]"
        check_members(index, {"IndexName", _INSIGHTS, *_CAPACITY}, f"{resource.path}.{of_index}")
        if _INSIGHTS in index:
            resource.note(f"{of_index}.{_INSIGHTS}")
        if str(index.get("IndexName")) not in names:
            raise SpecError("is no index of the table", path=f"{resource.path}.{of_index}.IndexName")


def _by_name(of: Record, path: str) -> dict[str, Record]:
    return {str(index.get("IndexName")): index for index in records(of.get("GlobalSecondaryIndexes"), path)}


def _replica(replica: Record, home: Record, resource: Resource, number: int) -> Tree:
    """A replica abroad: what differs from home."""
    path = f".Replicas[{number}]"
    own_class, home_class = (of.get("TableClass", "STANDARD") for of in (replica, home))
    of_home = _by_name(home, path)
    return {
        "RegionName": replica.get("Region"),
        "KMSMasterKeyId": _key(replica, f"{resource.path}{path}.SSESpecification"),
        **_overrides(replica, home, resource, path),
        "TableClassOverride": None if own_class == home_class else own_class,
        "GlobalSecondaryIndexes": [
            {"IndexName": name, **overrides}
            for name, index in _by_name(replica, path).items()
            if (overrides := _overrides(index, of_home.get(name, {}), resource, path))
        ],
    }


def _key(replica: Record, path: str) -> Tree:
    settings = record(replica.get("SSESpecification"), path)
    check_members(settings, ("KMSMasterKeyId",), path)
    return settings.get("KMSMasterKeyId")


def _overrides(replica: Record, home: Record, resource: Resource, path: str) -> Record:
    units, ceiling = (
        None if own == of_home else own
        for own, of_home in (
            (_units(replica, "Read", f"{resource.path}{path}"), _units(home, "Read", resource.path)),
            (_ceiling(replica, path), _ceiling(home, path)),
        )
    )
    overrides: Record = {}
    if units is not None:
        overrides["ProvisionedThroughputOverride"] = {"ReadCapacityUnits": units}
    if ceiling is not None:
        overrides["OnDemandThroughputOverride"] = {"MaxReadRequestUnits": ceiling}
    return overrides


def _ceiling(of: Record, path: str) -> Tree:
    return record(of.get("ReadOnDemandThroughputSettings"), path).get("MaxReadRequestUnits")
