"""Specs -> Terraform: `aws_dynamodb_table` and the resources that complete it, in HCL."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

from tableadmin.awsshape import to_aws
from tableadmin.formats.cloudformation.writing import REPLICATION
from tableadmin.formats.terraform.hcl import Block, Body, Reference, resource
from tableadmin.formats.terraform.table import ATTRIBUTES
from tableadmin.formats.text.tree import Record, Tree, record, records
from tableadmin.v1 import TableSpec, UnmanagedMember

_UNITS = {"ReadCapacityUnits": "read_capacity", "WriteCapacityUnits": "write_capacity"}
_CEILINGS = {
    "MaxReadRequestUnits": "max_read_request_units",
    "MaxWriteRequestUnits": "max_write_request_units",
}
_WARM = {"ReadUnitsPerSecond": "read_units_per_second", "WriteUnitsPerSecond": "write_units_per_second"}
_KEY_ATTRIBUTES = {"HASH": "hash_key", "RANGE": "range_key"}
_SCALED = re.compile(
    r"(?:GlobalSecondaryIndexes\[(.+)\]\.)?ProvisionedThroughput\.((?:Read|Write)CapacityUnits)"
)
# What a replica of a spec has and a replica block has not.
_NOT_OF_REPLICAS = (
    "ProvisionedThroughputOverride",
    "OnDemandThroughputOverride",
    "TableClassOverride",
    "GlobalSecondaryIndexes",
)


def text(specs: list[TableSpec], notes: list[str]) -> str:
    """Resources for the tables of SPECS, as `terraform fmt` formats them; NOTES gets what they can't hold."""
    labels: set[str] = set()
    return "\n".join(_resources(spec, _label(spec.table_name, labels), notes) for spec in specs)


def _label(table_name: str, taken: set[str]) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "_", table_name)
    name = name if re.match(r"[A-Za-z_]", name) else f"_{name}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _resources(spec: TableSpec, label: str, notes: list[str]) -> str:
    data = cast("Record", to_aws(spec))
    if spec.replicas:
        data.setdefault("StreamSpecification", {**REPLICATION})
    data.pop("Unmanaged", None)
    notes += [
        f"table {spec.table_name}: {member.path} is not managed; Terraform can't leave it alone by itself"
        for member in spec.unmanaged
        if not _is_scaled(member) and not _ignored(member)
    ]
    _note(data, notes)
    companions = (
        resource(kind, label, [("table_name", Reference(f"aws_dynamodb_table.{label}.name")), *body])
        for kind, body in _companions(data)
    )
    policies = (
        resource("aws_dynamodb_resource_policy", label, _policy(label, data[member]))
        for member in data
        if member == "ResourcePolicy"
    )
    targets = (_target(f"{label}_{number}", label, member) for number, member in enumerate(_scaled(spec), 1))
    table = [*_table(data), *_lifecycle(spec)]
    return "\n".join([resource("aws_dynamodb_table", label, table), *companions, *policies, *targets])


def _is_scaled(member: UnmanagedMember) -> bool:
    return member.HasField("maximum") and _SCALED.fullmatch(member.path) is not None


def _scaled(spec: TableSpec) -> list[UnmanagedMember]:
    """The capacity of SPEC that auto scaling moves."""
    return [member for member in spec.unmanaged if _is_scaled(member)]


def _target(own_label: str, label: str, member: UnmanagedMember) -> str:
    """The target of auto scaling that MEMBER, capacity of the table LABEL, is."""
    scaled = _SCALED.fullmatch(member.path)
    assert scaled is not None
    index, units = scaled.groups()
    of = f"/index/{index}" if index else ""
    body: Body = [
        ("min_capacity", member.minimum),
        ("max_capacity", member.maximum),
        ("resource_id", Reference(f'"table/${{aws_dynamodb_table.{label}.name}}{of}"')),
        ("scalable_dimension", f"dynamodb:{'index' if index else 'table'}:{units}"),
        ("service_namespace", "dynamodb"),
    ]
    return resource("aws_appautoscaling_target", own_label, body)


def _ignored(member: UnmanagedMember) -> list[str]:
    """The attributes of a table that MEMBER stands for as a whole."""
    return [attribute for attribute, path in ATTRIBUTES.items() if path and _covers(member.path, path)]


def _covers(unmanaged: str, path: str) -> bool:
    return path == unmanaged or path.startswith(f"{unmanaged}.")


def _lifecycle(spec: TableSpec) -> Body:
    """What Terraform is to leave alone: members that SPEC does not manage, and capacity that is scaled."""
    ignored = [attribute for member in spec.unmanaged for attribute in _ignored(member)]
    if any(member.path.startswith("GlobalSecondaryIndexes[") for member in _scaled(spec)):
        # Terraform can't leave alone a part of an index.
        ignored.append("global_secondary_index")
    kept = [Reference(name) for name in dict.fromkeys(ignored) if name != "tags_all"]
    return [Block("lifecycle", [("ignore_changes", kept)])] if kept else []


def _policy(label: str, policy: Tree) -> Body:
    return [("resource_arn", Reference(f"aws_dynamodb_table.{label}.arn")), ("policy", policy)]


def _note(data: Record, notes: list[str]) -> None:
    lost = [
        f"Replicas of {r.get('RegionName')}: {m}"
        for r in _of(data, "Replicas")
        for m in _NOT_OF_REPLICAS
        if r.get(m)
    ]
    if data.get("VectorIndexes"):
        lost.append("VectorIndexes")
    notes += [
        f"table {data.get('TableName')}: aws_dynamodb_table has no attribute for {member}" for member in lost
    ]
    sse = record(data.get("SSESpecification"), "")
    keys = [str(of["KMSMasterKeyId"]) for of in (sse, *_of(data, "Replicas")) if "KMSMasterKeyId" in of]
    notes += [
        f"table {data.get('TableName')}: kms_key_arn takes an ARN only, and {key} is none"
        for key in keys
        if not key.startswith("arn:")
    ]


def _companions(data: Record) -> Iterator[tuple[str, Body]]:
    insights = record(data.get("ContributorInsightsSpecification"), "")
    if insights.get("Enabled"):
        yield "aws_dynamodb_contributor_insights", _attributes(insights, {"Mode": "mode"})
    if "KinesisStreamSpecification" in data:
        names = {
            "StreamArn": "stream_arn",
            "ApproximateCreationDateTimePrecision": "approximate_creation_date_time_precision",
        }
        kinesis = record(data["KinesisStreamSpecification"], "")
        yield "aws_dynamodb_kinesis_streaming_destination", _attributes(kinesis, names)


def _table(data: Record) -> Body:
    body: Body = _attributes(data, {"TableName": "name", "BillingMode": "billing_mode"})
    body += _keys(_of(data, "KeySchema"))
    body += _attributes(record(data.get("ProvisionedThroughput"), ""), _UNITS)
    for member, write in _WRITERS.items():
        if data.get(member):
            body += write(data[member])
    return body


def _keys(schema: Sequence[Record]) -> Body:
    """The key as two attributes; as blocks where it has more, which an index may."""
    if len({key.get("KeyType") for key in schema}) == len(schema):
        return [(_KEY_ATTRIBUTES[str(key["KeyType"])], key.get("AttributeName")) for key in schema]
    names = {"AttributeName": "attribute_name", "KeyType": "key_type"}
    return [Block("key_schema", _attributes(key, names)) for key in schema]


def _attribute_definitions(value: Tree) -> Body:
    names = {"AttributeName": "name", "AttributeType": "type"}
    return [Block("attribute", _attributes(definition, names)) for definition in records(value, "")]


def _local_indexes(value: Tree) -> Body:
    return [
        Block(
            "local_secondary_index",
            [
                *_attributes(index, {"IndexName": "name"}),
                *[
                    ("range_key", key.get("AttributeName"))
                    for key in _of(index, "KeySchema")
                    if key["KeyType"] == "RANGE"
                ],
                *_projection(index),
            ],
        )
        for index in records(value, "")
    ]


def _global_indexes(value: Tree) -> Body:
    return [
        Block(
            "global_secondary_index",
            [
                *_attributes(index, {"IndexName": "name"}),
                *_keys(_of(index, "KeySchema")),
                *_projection(index),
                *_attributes(record(index.get("ProvisionedThroughput"), ""), _UNITS),
                *_nested("on_demand_throughput", index.get("OnDemandThroughput"), _CEILINGS),
                *_nested("warm_throughput", index.get("WarmThroughput"), _WARM),
            ],
        )
        for index in records(value, "")
    ]


def _projection(index: Record) -> Body:
    names = {"ProjectionType": "projection_type", "NonKeyAttributes": "non_key_attributes"}
    return _attributes(record(index.get("Projection"), ""), names)


def _stream(value: Tree) -> Body:
    return _attributes(
        record(value, ""), {"StreamEnabled": "stream_enabled", "StreamViewType": "stream_view_type"}
    )


def _replicas(value: Tree) -> Body:
    names = {"RegionName": "region_name", "KMSMasterKeyId": "kms_key_arn"}
    return [Block("replica", _attributes(replica, names)) for replica in records(value, "")]


def _tags(value: Tree) -> Body:
    return [("tags", {str(tag.get("Key")): tag.get("Value", "") for tag in records(value, "")})]


def _single(block: str, names: Mapping[str, str]) -> Callable[[Tree], Body]:
    return lambda value: _nested(block, value, names)


def _nested(block: str, value: Tree, names: Mapping[str, str]) -> Body:
    attributes = _attributes(record(value, ""), names)
    return [Block(block, attributes)] if attributes else []


def _attributes(values: Record, names: Mapping[str, str]) -> Body:
    return [(name, values[member]) for member, name in names.items() if member in values]


def _of(data: Record, member: str) -> list[Record]:
    return records(data.get(member), member)


# The members of a spec, in the order of Terraform's own examples.
_WRITERS: Mapping[str, Callable[[Tree], Body]] = {
    "TableClass": lambda value: [("table_class", value)],
    "DeletionProtectionEnabled": lambda value: [("deletion_protection_enabled", value)],
    "StreamSpecification": _stream,
    "AttributeDefinitions": _attribute_definitions,
    "LocalSecondaryIndexes": _local_indexes,
    "GlobalSecondaryIndexes": _global_indexes,
    "OnDemandThroughput": _single("on_demand_throughput", _CEILINGS),
    "WarmThroughput": _single("warm_throughput", _WARM),
    "TimeToLiveSpecification": _single("ttl", {"AttributeName": "attribute_name", "Enabled": "enabled"}),
    "PointInTimeRecoverySpecification": _single(
        "point_in_time_recovery",
        {"PointInTimeRecoveryEnabled": "enabled", "RecoveryPeriodInDays": "recovery_period_in_days"},
    ),
    "SSESpecification": _single(
        "server_side_encryption", {"Enabled": "enabled", "KMSMasterKeyId": "kms_key_arn"}
    ),
    "Replicas": _replicas,
    "Tags": _tags,
}
