"""`terraform show -json`, of a state or a plan: `aws_dynamodb_table` and the resources that complete it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tableadmin.formats.error import SpecError
from tableadmin.formats.found import Found, FoundTable
from tableadmin.formats.inputs import Inputs
from tableadmin.formats.spec import specified
from tableadmin.formats.terraform.unknown import AFTER_APPLY, Unknowns, instance_of
from tableadmin.formats.tree import Record, Tree, below, pruned_record, record, records
from tableadmin.v1 import TableSpec

_TABLE = "aws_dynamodb_table"
_ON_DEMAND = "PAY_PER_REQUEST"
# Resources that are part of a table and that its own resource does not show in a plan.
_REFUSED = {
    "aws_dynamodb_global_secondary_index": "an index has to be in its table's global_secondary_index block",
    "aws_dynamodb_table_replica": "a replica has to be in its table's replica block",
    "aws_dynamodb_tag": "a tag has to be in its table's tags",
}


def read(document: Tree, inputs: Inputs) -> Found:
    """The tables in DOCUMENT, one of `terraform show -json`. Raises as `tables` does."""
    del inputs
    notes: list[str] = []
    specs = tables(document, notes)
    return Found([FoundTable(name=spec.table_name, spec=spec) for spec in specs], notes)


class _Resource(NamedTuple):
    """A resource as Terraform shows it: its address, its type and its attributes."""

    address: str
    type: str
    values: Record


def tables(document: Tree, notes: list[str]) -> list[TableSpec]:
    """The specs of the `aws_dynamodb_table` resources in DOCUMENT; of a plan, as they will be.

    Kinesis destinations, Contributor Insights and policies of their own resources are joined to their
    tables. NOTES gets what a spec can't hold. Raises SpecError for what is known only after the apply, and
    for a document without a table.
    """
    source = record(document, "")
    planned = "planned_values" in source
    values = record(source.get("planned_values" if planned else "values"), "values")
    resources = _resources(record(values.get("root_module"), "root_module"))
    unknowns = Unknowns(source, notes)
    for resource in resources:
        if resource.type in _REFUSED:
            raise SpecError(_REFUSED[resource.type], path=resource.address)
        unknowns.refuse(resource.address, _READ.get(resource.type, {}))
    found = [resource for resource in resources if resource.type == _TABLE]
    if not found:
        raise SpecError(f"has no {_TABLE}")
    made = {table.address: _table(table, notes, planned=planned) for table in found}
    for resource in resources:
        if resource.type in _COMPANIONS:
            for owner in _owners(resource, found, unknowns, notes):
                made[owner] |= _COMPANIONS[resource.type][1](resource.values)
    return [specified(pruned_record(data), path=address) for address, data in made.items()]


def _resources(module: Record) -> list[_Resource]:
    """The managed resources of MODULE and the modules in it."""
    own = [
        _Resource(
            str(resource.get("address")), str(resource.get("type")), record(resource.get("values"), "values")
        )
        for resource in records(module.get("resources"), "resources")
        if resource.get("mode", "managed") == "managed"
    ]
    children = (_resources(child) for child in records(module.get("child_modules"), "child_modules"))
    return [*own, *(resource for child in children for resource in child)]


def _table(table: _Resource, notes: list[str], *, planned: bool) -> Record:
    values, path = table.values, table.address
    billing = values.get("billing_mode")
    return {
        "TableName": values.get("name"),
        "AttributeDefinitions": [
            {"AttributeName": attribute.get("name"), "AttributeType": attribute.get("type")}
            for attribute in records(values.get("attribute"), below(path, "attribute"))
        ],
        "KeySchema": _keys(values.get("hash_key"), values.get("range_key")),
        "LocalSecondaryIndexes": [
            {
                "IndexName": index.get("name"),
                "KeySchema": _keys(values.get("hash_key"), index.get("range_key")),
                "Projection": _projection(index),
            }
            for index in records(values.get("local_secondary_index"), below(path, "local_secondary_index"))
        ],
        "GlobalSecondaryIndexes": [
            _index(index, path, billing, planned=planned)
            for index in records(values.get("global_secondary_index"), below(path, "global_secondary_index"))
        ],
        "BillingMode": billing,
        **_throughput(values, path, billing, planned=planned),
        "StreamSpecification": _stream(values),
        "SSESpecification": _encryption(values, path),
        "TableClass": values.get("table_class") or None,
        "DeletionProtectionEnabled": values.get("deletion_protection_enabled") or None,
        "Tags": _tags(values, path),
        "TimeToLiveSpecification": _time_to_live(values, path),
        "PointInTimeRecoverySpecification": _recovery(values, path),
        "Replicas": _replicas(table, notes),
    }


def _keys(*names: Tree) -> list[Tree]:
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(names, ("HASH", "RANGE"), strict=True)
        if name
    ]


def _projection(index: Record) -> Record:
    return {
        "ProjectionType": index.get("projection_type"),
        "NonKeyAttributes": index.get("non_key_attributes"),
    }


def _index(index: Record, path: str, billing: Tree, *, planned: bool) -> Tree:
    schema = [
        {"AttributeName": key.get("attribute_name"), "KeyType": key.get("key_type")}
        for key in records(index.get("key_schema"), below(path, "global_secondary_index.key_schema"))
    ]
    return {
        "IndexName": index.get("name"),
        "KeySchema": [*schema] or _keys(index.get("hash_key"), index.get("range_key")),
        "Projection": _projection(index),
        **_throughput(index, below(path, "global_secondary_index"), billing, planned=planned),
    }


def _throughput(of: Record, path: str, billing: Tree, *, planned: bool) -> Record:
    """Capacity, ceilings and, of a plan, warm throughput; a state shows also that which AWS chose itself."""
    warm = _block(of, "warm_throughput", path) if planned else {}
    ceilings = _block(of, "on_demand_throughput", path)
    on_demand = {"OnDemandThroughput": _renamed(ceilings, _CEILINGS)}
    provisioned = {"ProvisionedThroughput": _renamed(of, _UNITS)}
    return {
        **(on_demand if billing == _ON_DEMAND else provisioned),
        "WarmThroughput": _renamed(warm, _WARM),
    }


_UNITS = {"read_capacity": "ReadCapacityUnits", "write_capacity": "WriteCapacityUnits"}
_CEILINGS = {
    "max_read_request_units": "MaxReadRequestUnits",
    "max_write_request_units": "MaxWriteRequestUnits",
}
_WARM = {"read_units_per_second": "ReadUnitsPerSecond", "write_units_per_second": "WriteUnitsPerSecond"}


def _renamed(values: Record, names: Mapping[str, str]) -> Record:
    """Those of VALUES that are set; a number that is not is shown as 0, and no ceiling as -1."""
    return {to: values[name] for name, to in names.items() if values.get(name) not in (None, 0, -1)}


def _block(values: Record, name: str, path: str) -> Record:
    """The block NAME, of which there is one at most."""
    blocks = records(values.get(name), below(path, name))
    return blocks[0] if blocks else {}


def _stream(values: Record) -> Tree:
    if not values.get("stream_enabled"):
        return None
    return {"StreamEnabled": True, "StreamViewType": values.get("stream_view_type") or None}


def _encryption(values: Record, path: str) -> Tree:
    block = _block(values, "server_side_encryption", path)
    return (
        {"Enabled": True, "KMSMasterKeyId": block.get("kms_key_arn") or None}
        if block.get("enabled")
        else None
    )


def _tags(values: Record, path: str) -> list[Tree]:
    """All tags, those that the provider adds included, as far as they are known."""
    tags = values.get("tags_all") or values.get("tags")
    return [{"Key": key, "Value": value} for key, value in record(tags, below(path, "tags")).items()]


def _time_to_live(values: Record, path: str) -> Tree:
    block = _block(values, "ttl", path)
    return {"Enabled": True, "AttributeName": block.get("attribute_name")} if block.get("enabled") else None


def _recovery(values: Record, path: str) -> Tree:
    block = _block(values, "point_in_time_recovery", path)
    days = block.get("recovery_period_in_days") or None
    return (
        {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days} if block.get("enabled") else None
    )


def _replicas(table: _Resource, notes: list[str]) -> list[Tree]:
    path = below(table.address, "replica")
    replicas = records(table.values.get("replica"), path)
    for replica in replicas:
        if replica.get("consistency_mode") == "STRONG":
            raise SpecError("a spec can't ask for strong consistency", path=below(path, "consistency_mode"))
        notes.extend(
            f"{path} in {replica.get('region_name')}: {name} is not part of a spec and left out"
            for name in ("point_in_time_recovery", "deletion_protection_enabled", "propagate_tags")
            if replica.get(name)
        )
    return [
        {"RegionName": replica.get("region_name"), "KMSMasterKeyId": replica.get("kms_key_arn") or None}
        for replica in replicas
    ]


def _kinesis(values: Record) -> Record:
    precision = values.get("approximate_creation_date_time_precision") or None
    stream = values.get("stream_arn")
    return {
        "KinesisStreamSpecification": {"StreamArn": stream, "ApproximateCreationDateTimePrecision": precision}
    }


def _insights(values: Record) -> Record:
    return {"ContributorInsightsSpecification": {"Enabled": True, "Mode": values.get("mode") or None}}


def _policy(values: Record) -> Record:
    return {"ResourcePolicy": values.get("policy")}


# Resources that say one member of a table: the attribute that names the table, and how they are read.
_COMPANIONS: Mapping[str, tuple[str, Callable[[Record], Record]]] = {
    "aws_dynamodb_contributor_insights": ("table_name", _insights),
    "aws_dynamodb_kinesis_streaming_destination": ("table_name", _kinesis),
    "aws_dynamodb_resource_policy": ("resource_arn", _policy),
}
# The attributes that are read of each type of resource; of those with attributes of their own, which. An
# empty set stands for all.
_ALL: frozenset[str] = frozenset()
_READ: Mapping[str, Mapping[str, frozenset[str]]] = {
    _TABLE: dict.fromkeys(
        (
            *(
                "attribute",
                "billing_mode",
                "deletion_protection_enabled",
                "global_secondary_index",
                "hash_key",
            ),
            *("local_secondary_index", "name", "on_demand_throughput", "point_in_time_recovery", "range_key"),
            *("read_capacity", "server_side_encryption", "stream_enabled", "stream_view_type", "table_class"),
            *("tags", "ttl", "warm_throughput", "write_capacity"),
        ),
        _ALL,
    )
    | {"replica": frozenset({"region_name", "kms_key_arn"})},
    "aws_dynamodb_contributor_insights": dict.fromkeys(("table_name", "index_name", "mode"), _ALL),
    "aws_dynamodb_kinesis_streaming_destination": dict.fromkeys(
        ("table_name", "stream_arn", "approximate_creation_date_time_precision"), _ALL
    ),
    "aws_dynamodb_resource_policy": dict.fromkeys(("policy",), _ALL),
}


def _owners(companion: _Resource, tables: list[_Resource], unknowns: Unknowns, notes: list[str]) -> list[str]:
    """The addresses of the tables that COMPANION completes; none, and a note, where they are elsewhere."""
    attribute, _ = _COMPANIONS[companion.type]
    if companion.values.get("index_name"):
        notes.append(
            f"{companion.address}: Contributor Insights of an index are not part of a spec and left out"
        )
        return []
    named = companion.values.get(attribute)
    if not named:
        # The ARN of a table that is yet to be made: the configuration says of which.
        references = unknowns.references(companion.address, attribute)
        return [
            _only(
                companion,
                attribute,
                [table.address for table in tables if instance_of(table.address) in references],
            )
        ]
    owners = [table.address for table in tables if named in _names(table.values)]
    if not owners:
        notes.append(f"{companion.address}: its table {named} is not among the tables here")
    return owners


def _only(companion: _Resource, attribute: str, owners: list[str]) -> str:
    if len(owners) != 1:
        raise SpecError(AFTER_APPLY, path=below(companion.address, attribute))
    return owners[0]


def _names(values: Record) -> tuple[Tree, ...]:
    return (values.get("name"), values.get("arn"))
