"""Specs -> a CloudFormation template, in YAML."""

import re
from typing import cast

from tableadmin.awsshape import to_aws
from tableadmin.formats.policy import policy_document
from tableadmin.formats.spec import dumped
from tableadmin.formats.tree import Record, Tree, picked, pruned_record, record, records
from tableadmin.v1 import TableSpec

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
# Application Auto Scaling's own proposal; with as much room as a fixed capacity leaves it, any will do.
_TARGET_PERCENT = 70


def text(specs: list[TableSpec], notes: list[str]) -> str:
    """A template that makes the tables of SPECS; NOTES gets what CloudFormation has no property for.

    A table with replicas is an AWS::DynamoDB::GlobalTable, with its home where the template is deployed.
    """
    resources: Record = {}
    for spec in specs:
        resources[_logical_id(spec.table_name, resources)] = _resource(spec, notes)
    return dumped({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


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
    if data.pop("VectorIndexes", None):
        notes.append(f"table {spec.table_name}: CloudFormation has no property for VectorIndexes")
    if spec.HasField("resource_policy"):
        data["ResourcePolicy"] = {"PolicyDocument": policy_document(spec.resource_policy)}
    if "SSESpecification" in data:
        data["SSESpecification"] = _encryption(record(data["SSESpecification"], ""))
    stream = record(data.pop("StreamSpecification", REPLICATION if spec.replicas else None), "")
    if stream.get("StreamEnabled"):
        data["StreamSpecification"] = picked(stream, "StreamViewType")
    return data


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
        {**picked(index, "IndexName"), **reads} for index in indexes if (reads := _reads(index))
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
        if name not in ("ProvisionedThroughput", "OnDemandThroughput")
    }


def _reads(of: Record) -> Record:
    provisioned = record(of.get("ProvisionedThroughput"), "")
    ceilings = record(of.get("OnDemandThroughput"), "")
    return pruned_record(
        {
            "ReadProvisionedThroughputSettings": picked(provisioned, "ReadCapacityUnits"),
            "ReadOnDemandThroughputSettings": picked(ceilings, "MaxReadRequestUnits"),
        }
    )


def _writes(of: Record) -> Record:
    """Write capacity can only be given as auto scaling, so it is given no room to scale."""
    units = record(of.get("ProvisionedThroughput"), "").get("WriteCapacityUnits")
    ceilings = record(of.get("OnDemandThroughput"), "")
    target: Tree = {"TargetValue": _TARGET_PERCENT}
    scaling: Record = {
        "MinCapacity": units,
        "MaxCapacity": units,
        "TargetTrackingScalingPolicyConfiguration": target,
    }
    fixed: Record = {"WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": scaling}}
    return {
        **(fixed if units is not None else {}),
        "WriteOnDemandThroughputSettings": picked(ceilings, "MaxWriteRequestUnits"),
    }


def _replica(replica: Record, home: Record) -> Record:
    """A replica abroad, with what is not overridden: a GlobalTable's replicas take nothing over from home."""
    own = {str(index["IndexName"]): index for index in records(replica.get("GlobalSecondaryIndexes"), "")}
    of_home = {str(index["IndexName"]): index for index in records(home.get("GlobalSecondaryIndexes"), "")}
    return {
        "Region": replica["RegionName"],
        "SSESpecification": picked(replica, "KMSMasterKeyId"),
        **_overridden(replica, home),
        "TableClass": replica.get("TableClassOverride", home.get("TableClass")),
        "GlobalSecondaryIndexes": [
            {"IndexName": name, **_overridden(own.get(name, {}), of_home.get(name, {}))}
            for name in dict.fromkeys([*of_home, *own])
        ],
    }


def _overridden(replica: Record, home: Record) -> Record:
    inherited = picked(home, "ReadProvisionedThroughputSettings", "ReadOnDemandThroughputSettings")
    own = {
        "ReadProvisionedThroughputSettings": replica.get("ProvisionedThroughputOverride"),
        "ReadOnDemandThroughputSettings": replica.get("OnDemandThroughputOverride"),
    }
    return inherited | pruned_record(own)
