"""A table and its indexes as blocks. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tableadmin.cli.output.blocks import Block, Fields, Lines, Rows
from tableadmin.cli.views.formatting import key, projection, size, time, word

if TYPE_CHECKING:
    from tableadmin.v1 import (
        AttributeDefinition,
        GlobalSecondaryIndexDescription,
        LocalSecondaryIndexDescription,
        OnDemandThroughput,
        ProvisionedThroughputDescription,
        ReplicaDescription,
        TableDescription,
        VectorIndexDescription,
    )

_INDEX_COLUMNS = ("Index", "Status", "Key", "Projection", "Capacity", "Items", "Size")


def status_blocks(table: TableDescription, *further: str) -> list[Block]:
    """Return the status of the table and of each index, one on each line, and FURTHER lines."""
    lines = [f"table {table.table_name} {word(table, 'table_status')}"]
    lines += [f"index {each.index_name} {index_status(each)}" for each in table.global_secondary_indexes]
    return [Lines([*lines, *further])]


def description(table: TableDescription) -> list[Block]:
    """Return the settings of the table that are not defaults, and its indexes."""
    rows = [(label, value) for label, value in _rows(table) if value]
    return [Fields(rows), *([indexes(table)] if has_indexes(table) else [])]


def has_indexes(table: TableDescription) -> bool:
    """Whether the table has an index."""
    return bool(table.global_secondary_indexes or table.local_secondary_indexes or table.vector_indexes)


def indexes(table: TableDescription) -> Rows:
    """Return a row for each index of the table."""
    attributes = table.attribute_definitions
    rows = [_global_row(each, attributes) for each in table.global_secondary_indexes]
    rows += [_local_row(each, attributes) for each in table.local_secondary_indexes]
    rows += [_vector_row(each) for each in table.vector_indexes]
    return Rows(_INDEX_COLUMNS, rows, f"{table.table_name} has no indexes")


def _rows(table: TableDescription) -> Iterator[tuple[str, str]]:
    yield "Table", table.table_name
    yield "Status", word(table, "table_status")
    yield "Key", key(table.key_schema, table.attribute_definitions)
    yield "Billing", word(table.billing_mode_summary, "billing_mode") or "PROVISIONED"
    yield "Capacity", capacity(table.provisioned_throughput, table.on_demand_throughput)
    yield "Warm", _warm(table)
    yield "Items", str(table.item_count)
    yield "Size", size(table.table_size_bytes)
    yield "Class", word(table.table_class_summary, "table_class")
    yield "Stream", _stream(table)
    yield "Encryption", _encryption(table)
    yield "Protection", "deletion is refused" if table.deletion_protection_enabled else ""
    yield "Replicas", ", ".join(map(_replica, table.replicas))
    yield "Restored", table.restore_summary.source_backup_arn or table.restore_summary.source_table_arn
    yield "Archived", table.archival_summary.archival_reason
    yield "Created", time(table.creation_date_time) if table.HasField("creation_date_time") else ""
    yield "ARN", table.table_arn


def _global_row(
    index: GlobalSecondaryIndexDescription, attributes: Iterable[AttributeDefinition]
) -> list[str]:
    return [
        index.index_name,
        index_status(index),
        key(index.key_schema, attributes),
        projection(index.projection),
        capacity(index.provisioned_throughput, index.on_demand_throughput) or "on demand",
        str(index.item_count),
        size(index.index_size_bytes),
    ]


def _local_row(index: LocalSecondaryIndexDescription, attributes: Iterable[AttributeDefinition]) -> list[str]:
    return [
        index.index_name,
        "local",
        key(index.key_schema, attributes),
        projection(index.projection),
        "the table's",
        str(index.item_count),
        size(index.index_size_bytes),
    ]


def _vector_row(index: VectorIndexDescription) -> list[str]:
    return [
        index.index_name,
        word(index, "index_status"),
        "vectors",
        projection(index.projection),
        "",
        str(index.item_count),
        size(index.index_size_bytes),
    ]


def index_status(index: GlobalSecondaryIndexDescription) -> str:
    """Return the status of an index, such as `ACTIVE` or `CREATING, backfilling`."""
    return word(index, "index_status") + (", backfilling" if index.backfilling else "")


def capacity(provisioned: ProvisionedThroughputDescription, on_demand: OnDemandThroughput) -> str:
    """Return `10 read, 5 write`, or the on-demand limits, "" if there are neither."""
    if provisioned.read_capacity_units or provisioned.write_capacity_units:
        return f"{provisioned.read_capacity_units} read, {provisioned.write_capacity_units} write"
    ceilings = {"read": on_demand.max_read_request_units, "write": on_demand.max_write_request_units}
    return ", ".join(f"at most {units} {side}" for side, units in ceilings.items() if units > 0)


def _warm(table: TableDescription) -> str:
    warm = table.warm_throughput
    if not warm.read_units_per_second:
        return ""
    return f"{warm.read_units_per_second} reads, {warm.write_units_per_second} writes a second"


def _stream(table: TableDescription) -> str:
    enabled = table.stream_specification.stream_enabled
    return word(table.stream_specification, "stream_view_type") if enabled else ""


def _encryption(table: TableDescription) -> str:
    sse = table.sse_description
    return " ".join(filter(None, [word(sse, "status"), word(sse, "sse_type"), sse.kms_master_key_arn]))


def _replica(replica: ReplicaDescription) -> str:
    return f"{replica.region_name} {word(replica, 'replica_status')}"
