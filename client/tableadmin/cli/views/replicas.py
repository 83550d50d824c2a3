"""The replicas of a table as rows, for both versions of global tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tableadmin.cli.output.blocks import Block, Rows, of_several
from tableadmin.cli.views.message_rows import Columns, cell, rows

if TYPE_CHECKING:
    from tableadmin.v1 import AutoScalingSettingsDescription, ReplicaDescription, TableDescription

_REPLICA: Columns = (
    ("Region", "region_name"),
    ("Status", "replica_status"),
    ("Progress", "replica_status_percent_progress"),
    ("Read", "provisioned_throughput_override.read_capacity_units"),
    ("Max read", "on_demand_throughput_override.max_read_request_units"),
    ("Class", "replica_table_class_summary.table_class"),
    ("Key", "kms_master_key_id"),
    ("Why", "replica_status_description"),
)
_TARGET = "target_tracking_scaling_policy_configuration.target_value"
_WITNESS: Columns = (("Witness", "region_name"), ("Status", "witness_status"))


def replicas(described: Iterable[ReplicaDescription], none: str = "") -> Rows:
    """Return a row for each replica. NONE is the message if there are none."""
    return rows(_REPLICA, described, none)


def blocks(table: TableDescription, none: str = "") -> list[Block]:
    """Return the replicas of the table and its witness. NONE is the message if there are no replicas."""
    return [replicas(table.replicas, none), rows(_WITNESS, table.global_table_witnesses)]


def of_tables(tables: Sequence[TableDescription]) -> list[Block]:
    """Return the replicas and witnesses of TABLES, with the table names if there are several tables."""
    regions, witnesses = {}, {}
    for table in tables:
        name = table.table_name
        regions[name] = replicas(table.replicas, f"{name} has no replicas")
        witnesses[name] = rows(_WITNESS, table.global_table_witnesses)
    return [of_several("Table", regions), of_several("Table", witnesses)]


def auto_scaling(described: AutoScalingSettingsDescription) -> str:
    """Format the scaling of reads or writes: `5 to 50 at 70%`."""
    if described.auto_scaling_disabled:
        return "off"
    if not described.HasField("minimum_units") and not described.HasField("maximum_units"):
        return ""
    targets = [cell(each, _TARGET) for each in described.scaling_policies]
    at = f" at {targets[0]}%" if targets else ""
    return f"{described.minimum_units} to {described.maximum_units}{at}"
