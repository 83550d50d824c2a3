"""`aws_dynamodb_table` -> the members of a spec."""

from collections.abc import Iterable, Iterator, Mapping

from tableadmin.formats.terraform.resources import Resource
from tableadmin.formats.text.spelling import meant, refuse_misspelled
from tableadmin.formats.text.tree import Record, Tree, below, record, records

ON_DEMAND = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"
UNITS = {"read_capacity": "ReadCapacityUnits", "write_capacity": "WriteCapacityUnits"}
CEILINGS = {
    "max_read_request_units": "MaxReadRequestUnits",
    "max_write_request_units": "MaxWriteRequestUnits",
}
WARM = {"read_units_per_second": "ReadUnitsPerSecond", "write_units_per_second": "WriteUnitsPerSecond"}

# Blocks, as opposed to attributes: an object stands for one block.
BLOCKS = frozenset(
    {
        *("attribute", "global_secondary_index", "global_table_witness", "import_table"),
        *("local_secondary_index", "on_demand_throughput", "point_in_time_recovery", "replica"),
        *("server_side_encryption", "ttl", "warm_throughput"),
    }
)
# What the provider shows of a table and nobody configures.
SHOWN_ONLY = frozenset({"arn", "id", "stream_arn", "stream_label", "timeouts"})
# Members of replica blocks that a spec has no member for.
_NOT_OF_REPLICAS = ("point_in_time_recovery", "deletion_protection_enabled", "propagate_tags")
_STRONG = "strong consistency between regions can't be set up from a spec"


def members(table: Resource) -> Record:
    """The members of the spec that TABLE is. Raises SpecError."""
    values, path = table.values, table.address
    billing = values.get("billing_mode")
    return {
        "TableName": values.get("name"),
        "AttributeDefinitions": [
            {"AttributeName": attribute.get("name"), "AttributeType": attribute.get("type")}
            for attribute in blocks(values, "attribute", path)
        ],
        "KeySchema": keys(values.get("hash_key"), values.get("range_key")),
        "LocalSecondaryIndexes": [
            {
                "IndexName": index.get("name"),
                "KeySchema": keys(values.get("hash_key"), index.get("range_key")),
                "Projection": projection(index),
            }
            for index in blocks(values, "local_secondary_index", path)
        ],
        "GlobalSecondaryIndexes": [
            _index(index, table, billing) for index in blocks(values, "global_secondary_index", path)
        ],
        "BillingMode": billing,
        **throughput(values, path, billing),
        "WarmThroughput": _warm(values, path) if table.configured("warm_throughput") else {},
        "StreamSpecification": _stream(values),
        "SSESpecification": _encryption(values, path),
        "TableClass": values.get("table_class") or None,
        "DeletionProtectionEnabled": values.get("deletion_protection_enabled") or None,
        "Tags": _tags(values, path),
        "TimeToLiveSpecification": _time_to_live(values, path),
        "PointInTimeRecoverySpecification": _recovery(values, path),
        "RestoreSource": _restore_source(values),
        "Replicas": [
            {"RegionName": replica.get("region_name"), "KMSMasterKeyId": replica.get("kms_key_arn") or None}
            for replica in blocks(values, "replica", path)
        ],
    }


def _restore_source(values: Record) -> Record:
    """What the table is restored from, where a spec can say it: not a table of another Region."""
    backup, source = values.get("restore_backup_arn"), values.get("restore_source_name")
    if values.get("restore_source_table_arn") or (backup and source):
        return {}
    if backup:
        return {"BackupArn": backup}
    time = values.get("restore_date_time")
    if source and values.get("restore_to_latest_time"):
        return {"SourceTableName": source, "UseLatestRestorableTime": True}
    return {"SourceTableName": source, "RestoreDateTime": time} if source and time else {}


def must_exist(table: Resource) -> str:
    """Why TABLE can't be created from its spec; empty where it can. Raises SpecError."""
    values, path = table.values, table.address
    if blocks(values, "import_table", path):
        return "its data is to be imported from Amazon S3 (import_table)"
    for attribute in ("restore_source_name", "restore_source_table_arn", "restore_backup_arn"):
        if values.get(attribute) and not _restore_source(values):
            return f"its data is to be restored from {values[attribute]} ({attribute})"
    strong = any(replica.get("consistency_mode") == "STRONG" for replica in blocks(values, "replica", path))
    return _STRONG if strong or blocks(values, "global_table_witness", path) else ""


def lost_settings(table: Resource) -> list[str]:
    """A line for each thing in TABLE that a spec can't hold. Raises SpecError."""
    values, path = table.values, below(table.address, "replica")
    found = [
        f"{path} in {replica.get('region_name')}: {name} is not part of a spec and left out"
        for replica in blocks(values, "replica", table.address)
        for name in _NOT_OF_REPLICAS
        if replica.get(name)
    ]
    found += [
        f"{table.address}: global_table_witness in {witness.get('region_name')} is not part of a spec"
        for witness in blocks(values, "global_table_witness", table.address)
    ]
    return [*found, *_not_known(table)]


def blocks(values: Record, name: str, path: str) -> list[Record]:
    """The blocks NAME; in JSON an object stands for one of them. Raises SpecError."""
    value = values.get(name)
    return records([value] if isinstance(value, dict) else value, below(path, name))


def block(values: Record, name: str, path: str) -> Record:
    """The block NAME, of which there is one at most; empty without one. Raises SpecError."""
    found = blocks(values, name, path)
    return found[0] if found else {}


def keys(*names: Tree) -> list[Tree]:
    """The key schema of the hash key and the range key NAMES; the latter may be missing."""
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(names, ("HASH", "RANGE"), strict=True)
        if name
    ]


def projection(index: Record) -> Record:
    """The projection of INDEX."""
    return {
        "ProjectionType": index.get("projection_type"),
        "NonKeyAttributes": index.get("non_key_attributes"),
    }


def throughput(of: Record, path: str, billing: Tree) -> Record:
    """Capacity or ceilings, as BILLING demands."""
    ceilings = renamed(block(of, "on_demand_throughput", path), CEILINGS)
    return {
        "OnDemandThroughput": {} if billing == PROVISIONED else ceilings,
        "ProvisionedThroughput": {} if billing == ON_DEMAND else renamed(of, UNITS),
    }


def renamed(values: Record, names: Mapping[str, str]) -> Record:
    """Those of VALUES that are set; a number that is not is shown as 0, and no ceiling as -1."""
    return {to: values[name] for name, to in names.items() if values.get(name) not in (None, 0, -1)}


def _index(index: Record, table: Resource, billing: Tree) -> Tree:
    path = below(table.address, "global_secondary_index")
    schema = [
        {"AttributeName": key.get("attribute_name"), "KeyType": key.get("key_type")}
        for key in blocks(index, "key_schema", path)
    ]
    return {
        "IndexName": index.get("name"),
        "KeySchema": [*schema] or keys(index.get("hash_key"), index.get("range_key")),
        "Projection": projection(index),
        **throughput(index, path, billing),
        "WarmThroughput": _warm(index, path)
        if table.configured("global_secondary_index", "warm_throughput")
        else {},
    }


def _warm(of: Record, path: str) -> Record:
    return renamed(block(of, "warm_throughput", path), WARM)


def _stream(values: Record) -> Tree:
    if not values.get("stream_enabled"):
        return None
    view = values.get("stream_view_type") or None
    # The provider takes small letters too.
    return {"StreamEnabled": True, "StreamViewType": view.upper() if isinstance(view, str) else view}


def _encryption(values: Record, path: str) -> Tree:
    found = block(values, "server_side_encryption", path)
    return (
        {"Enabled": True, "KMSMasterKeyId": found.get("kms_key_arn") or None}
        if found.get("enabled")
        else None
    )


def _tags(values: Record, path: str) -> list[Tree]:
    """All tags, those that the provider adds included, as far as they are known."""
    tags = values.get("tags_all") or values.get("tags")
    if isinstance(tags, list) and len(tags) == 1:
        # Terraform 0.11 had tags in a block.
        tags = tags[0]
    return [{"Key": key, "Value": value} for key, value in record(tags, below(path, "tags")).items()]


def _time_to_live(values: Record, path: str) -> Tree:
    found = block(values, "ttl", path)
    return {"Enabled": True, "AttributeName": found.get("attribute_name")} if found.get("enabled") else None


def _recovery(values: Record, path: str) -> Tree:
    found = block(values, "point_in_time_recovery", path)
    days = found.get("recovery_period_in_days") or None
    return (
        {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days} if found.get("enabled") else None
    )


def _not_known(table: Resource) -> list[str]:
    """What is set in TABLE and has no row in ATTRIBUTES: a newer provider may show more.

    Raises SpecError for names that people misspelled.
    """
    unknown = [
        (below(table.address, path), name, known)
        for path, name, known in _unknown_names(table.values, table.address)
    ]
    if table.source == "configuration":
        refuse_misspelled((path, each) for path, name, known in unknown if (each := meant(name, known)))
    return [f"{path} is not known here and left out" for path, _, _ in unknown]


def _unknown_names(values: Record, path: str) -> Iterator[tuple[str, str, Iterable[str]]]:
    """The path and the name of each attribute that is not known, and the names that are known there."""
    for name, value in values.items():
        if name not in ATTRIBUTES and name not in SHOWN_ONLY and value not in (None, "", [], {}, False):
            yield name, name, ATTRIBUTES
    for block_name, known in _MEMBERS.items():
        for name in sorted({each for one in blocks(values, block_name, path) for each in one} - known):
            yield f"{block_name}.{name}", name, known


# The members of the blocks, those that the provider alone sets included.
_MEMBERS: Mapping[str, frozenset[str]] = {
    "attribute": frozenset({"name", "type"}),
    "global_secondary_index": frozenset(
        {
            *("hash_key", "key_schema", "name", "non_key_attributes", "on_demand_throughput"),
            *("projection_type", "range_key", "read_capacity", "warm_throughput", "write_capacity"),
        }
    ),
    "local_secondary_index": frozenset({"name", "non_key_attributes", "projection_type", "range_key"}),
    "on_demand_throughput": frozenset(CEILINGS),
    "point_in_time_recovery": frozenset({"enabled", "recovery_period_in_days"}),
    "replica": frozenset(
        {
            *("arn", "consistency_mode", "kms_key_arn", "region_name", "stream_arn", "stream_label"),
            *_NOT_OF_REPLICAS,
        }
    ),
    "server_side_encryption": frozenset({"enabled", "kms_key_arn"}),
    "ttl": frozenset({"attribute_name", "enabled"}),
    "warm_throughput": frozenset(WARM),
}
# The attributes and blocks, with the member of a spec that each sets; the key of a table has none that a
# spec may leave unmanaged.
ATTRIBUTES: Mapping[str, str] = {
    "attribute": "",
    "billing_mode": "BillingMode",
    "deletion_protection_enabled": "DeletionProtectionEnabled",
    "global_secondary_index": "GlobalSecondaryIndexes",
    "global_table_witness": "",
    "hash_key": "",
    "import_table": "",
    "local_secondary_index": "LocalSecondaryIndexes",
    "name": "",
    "on_demand_throughput": "OnDemandThroughput",
    "point_in_time_recovery": "PointInTimeRecoverySpecification",
    "range_key": "",
    "read_capacity": "ProvisionedThroughput.ReadCapacityUnits",
    "region": "",
    "replica": "Replicas",
    "restore_backup_arn": "",
    "restore_date_time": "",
    "restore_source_name": "",
    "restore_source_table_arn": "",
    "restore_to_latest_time": "",
    "server_side_encryption": "SSESpecification",
    "stream_enabled": "StreamSpecification",
    "stream_view_type": "StreamSpecification",
    "table_class": "TableClass",
    "tags": "Tags",
    "tags_all": "Tags",
    "ttl": "TimeToLiveSpecification",
    "warm_throughput": "WarmThroughput",
    "write_capacity": "ProvisionedThroughput.WriteCapacityUnits",
}
