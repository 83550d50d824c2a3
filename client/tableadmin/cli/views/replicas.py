"""How the replicas of a table look, of both generations of global tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tableadmin.cli.app.blocks import Block, Rows
from tableadmin.cli.views.message_rows import Columns, rows

if TYPE_CHECKING:
    from tableadmin.v1 import ReplicaDescription, TableDescription

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
_WITNESS: Columns = (("Witness", "region_name"), ("Status", "witness_status"))


def replicas(described: Iterable[ReplicaDescription], none: str = "") -> Rows:
    """The replicas, one a row; NONE is said when there is none."""
    return rows(_REPLICA, described, none)


def blocks(table: TableDescription, none: str = "") -> list[Block]:
    """The replicas of the table and its witness; NONE is said when there is no replica."""
    return [replicas(table.replicas, none), rows(_WITNESS, table.global_table_witnesses)]
