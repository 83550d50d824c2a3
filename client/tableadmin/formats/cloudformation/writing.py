"""Specs -> a CloudFormation template, in YAML."""

import re
from collections.abc import Iterator
from typing import cast

from tableadmin.awsshape import to_aws
from tableadmin.formats.spec import to_yaml
from tableadmin.formats.text.policy import policy_document
from tableadmin.formats.text.tree import Record, Tree, pick, pruned_record, record, records
from tableadmin.v1 import TableSpec, UnmanagedMember

# What a GlobalTable says of the replica at home rather than of the table.
_OF_REPLICA = (
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "KinesisStreamSpecification",
    "PointInTimeRecoverySpecification",
    "TableClass",
    "Tags",
)
# The stream that replicas need: AWS turns it on itself, templates have to ask for it.
REPLICATION: Record = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
# Capacity that auto scaling can move: the index if any, and which units.
_SCALED = re.compile(r"(?:GlobalSecondaryIndexes\[(.+)\]\.)?ProvisionedThroughput\.(Read|Write)CapacityUnits")
# Application Auto Scaling's own proposal; with as much room as a fixed capacity leaves it, any will do.
_TARGET_PERCENT = 70


def text(specs: list[TableSpec], notes: list[str]) -> str:
    """A template that makes the tables of SPECS; NOTES gets what CloudFormation has no property for.

    A table with replicas is an AWS::DynamoDB::GlobalTable, with its home where the template is deployed.
    """
    resources: Record = {}
    for spec in specs:
        name = _logical_id(spec.table_name, resources)
        resources[name] = _resource(spec, notes)
        if not spec.replicas:
            resources |= {f"{name}{suffix}": target for suffix, target in _targets(spec)}
    return to_yaml({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


def _logical_id(table_name: str, taken: Record) -> str:
    words = re.findall(r"[A-Za-z0-9]+", table_name)
    name = "".join(word[0].upper() + word[1:] for word in words) or "Table"
    number = next(number for number in range(1, len(taken) + 2) if _numbered(name, number) not in taken)
    return _numbered(name, number)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}{number}"


def _resource(spec: TableSpec, notes: list[str]) -> Record:
    properties = _properties(spec, notes)
    if not spec.replicas:
        return {"Type": "AWS::DynamoDB::Table", "Properties": properties}
    return {"Type": "AWS::DynamoDB::GlobalTable", "Properties": _global(properties)}


def _properties(spec: TableSpec, notes: list[str]) -> Record:
    data = pruned_record(cast("Record", to_aws(spec)))
    data["AttributeDefinitions"] = [*_used_definitions(data)]
    if data.pop("Unmanaged", None):
        notes += _unmanaged(spec)
    if spec.replicas:
        _put_bounds(data, spec)
    if spec.HasField("resource_policy"):
        data["ResourcePolicy"] = {"PolicyDocument": policy_document(spec.resource_policy)}
    if "SSESpecification" in data:
        data["SSESpecification"] = _encryption(record(data["SSESpecification"], ""))
    stream = record(data.pop("StreamSpecification", REPLICATION if spec.replicas else None), "")
    if stream.get("StreamEnabled"):
        data["StreamSpecification"] = pick(stream, "StreamViewType")
    return data


def _used_definitions(data: Record) -> Iterator[Record]:
    """The attribute definitions of keys: CloudFormation refuses others."""
    indexes = (
        index
        for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes", "VectorIndexes")
        for index in records(data.get(member), member)
    )
    keys = (element for of in (data, *indexes) for element in _key_of(of))
    used = {element.get("AttributeName") for element in keys}
    for definition in records(data.get("AttributeDefinitions"), ""):
        if definition.get("AttributeName") in used:
            yield definition


def _key_of(of: Record) -> list[Record]:
    return [*records(of.get("KeySchema"), ""), *records(of.get("SearchSchema"), "")]


def _unmanaged(spec: TableSpec) -> Iterator[str]:
    """A note for each member that SPEC does not manage and that a template can't leave alone."""
    for member in spec.unmanaged:
        if not _SCALED.fullmatch(member.path) or not member.HasField("maximum"):
            yield f"table {spec.table_name}: {member.path} is not managed; a template can't leave it alone"


def _scaled(spec: TableSpec) -> Iterator[tuple[str, str, UnmanagedMember]]:
    """The capacity of SPEC that auto scaling moves.

    Yields the index, empty for the table, then Read or Write, then the bounds.
    """
    for member in spec.unmanaged:
        scaled = _SCALED.fullmatch(member.path)
        if scaled and member.HasField("maximum"):
            yield scaled[1] or "", scaled[2], member


def _targets(spec: TableSpec) -> Iterator[tuple[str, Record]]:
    """A scalable target for each capacity that auto scaling moves, with the end of its logical ID."""
    for number, (index, kind, bounds) in enumerate(_scaled(spec), start=1):
        of = f"/index/{index}" if index else ""
        properties: Record = {
            "MaxCapacity": bounds.maximum,
            "MinCapacity": bounds.minimum,
            "ResourceId": f"table/{spec.table_name}{of}",
            "ScalableDimension": f"dynamodb:{'index' if index else 'table'}:{kind}CapacityUnits",
            "ServiceNamespace": "dynamodb",
        }
        target: Record = {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": properties}
        yield f"ScalableTarget{number}", target


def _put_bounds(data: Record, spec: TableSpec) -> None:
    """Add to DATA, of a table with replicas, the bounds between which auto scaling moves capacity."""
    of = {"": data} | {
        str(each["IndexName"]): each for each in records(data.get("GlobalSecondaryIndexes"), "")
    }
    for index, kind, bounds in _scaled(spec):
        if index in of:
            of[index][f"{kind}Bounds"] = [bounds.minimum, bounds.maximum]


def _encryption(data: Record) -> Record:
    return {"SSEEnabled" if name == "Enabled" else name: value for name, value in data.items()}


def _global(data: Record) -> Record:
    """The properties of a GlobalTable, given those of a Table with replicas."""
    policy = {"ResourcePolicy": data.pop("ResourcePolicy")} if "ResourcePolicy" in data else {}
    home: Record = {
        "Region": {"Ref": "AWS::Region"},
        **{name: data.pop(name) for name in _OF_REPLICA if name in data},
    }
    key = record(data.get("SSESpecification"), "").pop("KMSMasterKeyId", None)
    if key:
        home["SSESpecification"] = {"KMSMasterKeyId": key}
    home |= _reads(data)
    indexes = records(data.pop("GlobalSecondaryIndexes", None), "")
    home["GlobalSecondaryIndexes"] = [
        {**pick(index, "IndexName"), **reads} for index in indexes if (reads := _reads(index))
    ]
    replicas = [_replica(replica, home) for replica in records(data.pop("Replicas"), "")]
    table = {**_without_capacity(data), **_writes(data)}
    table["GlobalSecondaryIndexes"] = [{**_without_capacity(index), **_writes(index)} for index in indexes]
    # An empty list in a policy is not nothing.
    return pruned_record(table) | {"Replicas": [pruned_record(home) | policy, *map(pruned_record, replicas)]}


def _without_capacity(of: Record) -> Record:
    return {
        name: value
        for name, value in of.items()
        if name not in ("ProvisionedThroughput", "OnDemandThroughput", "ReadBounds", "WriteBounds")
    }


def _reads(of: Record) -> Record:
    provisioned = record(of.get("ProvisionedThroughput"), "")
    ceilings = record(of.get("OnDemandThroughput"), "")
    return pruned_record(
        {
            "ReadProvisionedThroughputSettings": _auto_scaling(of, "Read", None)
            or pick(provisioned, "ReadCapacityUnits"),
            "ReadOnDemandThroughputSettings": pick(ceilings, "MaxReadRequestUnits"),
        }
    )


def _writes(of: Record) -> Record:
    """Write capacity can only be given as auto scaling, so it is given no room to scale."""
    units = record(of.get("ProvisionedThroughput"), "").get("WriteCapacityUnits")
    ceilings = record(of.get("OnDemandThroughput"), "")
    return {
        "WriteProvisionedThroughputSettings": _auto_scaling(of, "Write", units),
        "WriteOnDemandThroughputSettings": pick(ceilings, "MaxWriteRequestUnits"),
    }


def _auto_scaling(of: Record, kind: str, units: Tree) -> Record:
    """Settings of auto scaling: in the bounds of the table or index OF, else with no room around UNITS."""
    bounds = of.get(f"{kind}Bounds") or [units, units]
    least, most = bounds if isinstance(bounds, list) else (None, None)
    if most is None:
        return {}
    target: Tree = {"TargetValue": _TARGET_PERCENT}
    scaling: Record = {
        "MinCapacity": least,
        "MaxCapacity": most,
        "TargetTrackingScalingPolicyConfiguration": target,
    }
    return {f"{kind}CapacityAutoScalingSettings": scaling}


def _replica(replica: Record, home: Record) -> Record:
    """A replica abroad, with what is not overridden: a GlobalTable's replicas take nothing over from home."""
    own = {str(index["IndexName"]): index for index in records(replica.get("GlobalSecondaryIndexes"), "")}
    of_home = {str(index["IndexName"]): index for index in records(home.get("GlobalSecondaryIndexes"), "")}
    return {
        "Region": replica["RegionName"],
        "SSESpecification": pick(replica, "KMSMasterKeyId"),
        **_overridden(replica, home),
        "TableClass": replica.get("TableClassOverride", home.get("TableClass")),
        "GlobalSecondaryIndexes": [
            {"IndexName": name, **_overridden(own.get(name, {}), of_home.get(name, {}))}
            for name in dict.fromkeys([*of_home, *own])
        ],
    }


def _overridden(replica: Record, home: Record) -> Record:
    inherited = pick(home, "ReadProvisionedThroughputSettings", "ReadOnDemandThroughputSettings")
    own = {
        "ReadProvisionedThroughputSettings": replica.get("ProvisionedThroughputOverride"),
        "ReadOnDemandThroughputSettings": replica.get("OnDemandThroughputOverride"),
    }
    return inherited | pruned_record(own)
