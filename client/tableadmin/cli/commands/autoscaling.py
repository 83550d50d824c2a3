"""`tablectl autoscaling`: the auto scaling of a table and its replicas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block
from tableadmin.cli.requests import auto_scaling, member_options, merging
from tableadmin.cli.views import replicas
from tableadmin.cli.views.formatting import word
from tableadmin.cli.views.message_rows import Columns, fields, full_columns

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import (
        DescribeTableReplicaAutoScalingResponse,
        ReplicaAutoScalingDescription,
        UpdateTableReplicaAutoScalingResponse,
    )

_UPDATE = """Change the auto scaling of a table. Settings that are not given stay unchanged.

SCALING has the form min=5,max=50,target=70: minimum and maximum capacity units, and the target utilization in
percent. It can also contain in-cooldown=60 and out-cooldown=60 (seconds), scale-in=off (never reduce
capacity), scaling=off, role=ARN and policy=NAME.
"""
_TABLE: Columns = (("Table", "table_name"), ("Status", "table_status"))
_COLUMNS = ("Region", "Index", "Status", "Read", "Write")


@click.group(cls=Group)
def autoscaling() -> None:
    """Manage the auto scaling of a table and its replicas."""


@autoscaling.command(example="tablectl autoscaling show Music")
@options.table_names
@pass_session
def show(session: Session, names: Sequence[str]) -> None:
    """Show the capacity limits and target utilization."""
    responses = [session.client.describe_table_replica_auto_scaling(table_name=name) for name in names]
    session.show_each(responses, _view)


@autoscaling.command(help=_UPDATE, example="tablectl autoscaling update Music --write min=5,max=50,target=70")
@options.table_name
@member_options.member_option(
    "--write",
    metavar="SCALING",
    make=auto_scaling.settings("ProvisionedWriteCapacityAutoScalingUpdate"),
    help="Auto scaling of the table's writes, in all Regions.",
)
@member_options.member_option(
    "--gsi",
    metavar="INDEX",
    make=auto_scaling.index_write,
    multiple=True,
    help="Auto scaling of an index's writes, in all Regions: 'name=GenreIdx,min=5,max=50'. Can be repeated.",
)
@member_options.member_option(
    "--read",
    metavar="REPLICA",
    make=auto_scaling.replica_read,
    multiple=True,
    help="Auto scaling of a replica's reads: 'region=eu-west-1,min=5,max=50'; add index=GenreIdx for an "
    "index. Can be repeated.",
)
@member_options.cli_input_json
@options.yes
@pass_session
def update(session: Session, /, name: str, base: AwsDict, *, yes: bool, **settings: AwsDict) -> None:
    """Change the auto scaling of a table."""
    request = merging.override(
        base, auto_scaling.by_region(member_options.merge_fragments(*settings.values()))
    )
    if not request.keys() - {"TableName"}:
        raise click.UsageError("No changes given.")
    request = {**request, "TableName": name}
    session.show(session.change(session.rpcs.update_table_replica_auto_scaling, request, yes=yes), _view)


def _view(
    response: DescribeTableReplicaAutoScalingResponse | UpdateTableReplicaAutoScalingResponse,
) -> list[Block]:
    table = response.table_auto_scaling_description
    rows = [row for replica in table.replicas for row in _rows(replica)]
    return [fields(_TABLE, table), full_columns(_COLUMNS, rows, f"{table.table_name} has no replicas")]


def _rows(replica: ReplicaAutoScalingDescription) -> Iterator[list[str]]:
    yield [
        replica.region_name,
        "",
        word(replica, "replica_status"),
        replicas.auto_scaling(replica.replica_provisioned_read_capacity_auto_scaling_settings),
        replicas.auto_scaling(replica.replica_provisioned_write_capacity_auto_scaling_settings),
    ]
    for index in replica.global_secondary_indexes:
        yield [
            replica.region_name,
            index.index_name,
            word(index, "index_status"),
            replicas.auto_scaling(index.provisioned_read_capacity_auto_scaling_settings),
            replicas.auto_scaling(index.provisioned_write_capacity_auto_scaling_settings),
        ]
