"""`tablectl global-table`: global tables of version 2017.11.29 (Legacy)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options, shell_completion
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block, Rows
from tableadmin.cli.requests import auto_scaling, member_options, merging, option_members, shorthand
from tableadmin.cli.requests.pagination import list_all
from tableadmin.cli.views import replicas
from tableadmin.cli.views.formatting import word
from tableadmin.cli.views.message_rows import Columns, cell, fields, full_columns

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import (
        DescribeGlobalTableSettingsResponse,
        GlobalTableDescription,
        ListGlobalTablesResponse,
        ReplicaSettingsDescription,
        UpdateGlobalTableSettingsResponse,
    )

_DETAILS: Columns = (
    ("Global table", "global_table_name"),
    ("Status", "global_table_status"),
    ("Created", "creation_date_time"),
    ("ARN", "global_table_arn"),
)
_SETTINGS = (
    "Region",
    "Index",
    "Status",
    "Billing",
    "Class",
    "Read",
    "Write",
    "Read scaling",
    "Write scaling",
)

# This request has another name for the member of the shared option.
_BILLING = {"BillingMode": "GlobalTableBillingMode"}


def _index(text: str) -> AwsDict:
    """`name=GenreIdx,write=5`: the write capacity of an index."""
    found = shorthand.fields(text, ("name", "write"), ("name", "write"))
    update: AwsDict = {
        "IndexName": found["name"],
        "ProvisionedWriteCapacityUnits": shorthand.units(found["write"]),
    }
    return {"GlobalTableGlobalSecondaryIndexSettingsUpdate": [update]}


def _replica(text: str) -> AwsDict:
    """`region=eu-west-1,read=5,class=STANDARD`: the settings of one replica."""
    found = shorthand.fields(text, ("region", "read", "class"), ["region"])
    update: AwsDict = {"RegionName": found["region"]}
    if "read" in found:
        update["ReplicaProvisionedReadCapacityUnits"] = shorthand.units(found["read"])
    if "class" in found:
        update["ReplicaTableClass"] = found["class"]
    return {"ReplicaSettingsUpdate": [update]}


_name = click.argument("name", metavar="TABLE", shell_complete=shell_completion.tables)


@click.group(cls=Group)
def global_table() -> None:
    """Manage global tables of version 2017.11.29 (Legacy).

    For new global tables use 'tablectl replica'.
    """


@global_table.command(example="tablectl global-table create Music eu-west-1 eu-central-1")
@_name
@click.argument("regions", metavar="REGION...", nargs=-1, required=True)
@pass_session
def create(session: Session, name: str, regions: tuple[str, ...]) -> None:
    """Create a global table from empty tables with the same name in several Regions."""
    group = [{"RegionName": region} for region in regions]
    request: AwsDict = {"GlobalTableName": name, "ReplicationGroup": group}
    response = session.send(session.rpcs.create_global_table, request)
    session.show(response, lambda each: _view(each.global_table_description))


@global_table.command("list", example="tablectl global-table list --region eu-west-1")
@member_options.member_option(
    "--region",
    metavar="REGION",
    make=option_members.member("RegionName"),
    help="Show only global tables with a replica in this Region.",
)
@options.page_options
@pass_session
def list_global_tables(session: Session, region: AwsDict, max_items: int | None, prefix: str | None) -> None:
    """List the global tables of version 2017.11.29 and the Regions of their replicas."""
    response = list_all(session, session.rpcs.list_global_tables, region, max_items, prefix)
    session.show(response, lambda each: [_rows(each)])


@global_table.command(example="tablectl global-table describe Music")
@options.table_names
@pass_session
def describe(session: Session, names: Sequence[str]) -> None:
    """Show global tables and their replicas."""
    found = [session.client.describe_global_table(global_table_name=name) for name in names]
    session.show_each(found, lambda each: _view(each.global_table_description))


@global_table.command(example="tablectl global-table update Music --add eu-west-3")
@_name
@click.option("--add", metavar="REGION", multiple=True, help="Add the table in this Region. Can be repeated.")
@click.option(
    "--remove", metavar="REGION", multiple=True, help="Remove the table in this Region. Can be repeated."
)
@options.yes
@pass_session
def update(session: Session, name: str, add: tuple[str, ...], remove: tuple[str, ...], *, yes: bool) -> None:
    """Add and remove replicas.

    The table of a removed replica remains as an independent table.
    """
    if not add and not remove:
        raise click.UsageError("No changes given.")
    updates = [{"Create": {"RegionName": region}} for region in add]
    updates += [{"Delete": {"RegionName": region}} for region in remove]
    request: AwsDict = {"GlobalTableName": name, "ReplicaUpdates": updates}
    warning = f"Global table {name} will no longer reach {', '.join(remove)}"
    response = session.change(session.rpcs.update_global_table, request, yes=yes, warning=warning)
    session.show(response, lambda each: _view(each.global_table_description))


@global_table.command(example="tablectl global-table settings Music")
@options.table_names
@pass_session
def settings(session: Session, names: Sequence[str]) -> None:
    """Show the capacity and auto scaling of each replica and its indexes."""
    found = [session.client.describe_global_table_settings(global_table_name=name) for name in names]
    session.show_each(found, _settings_view)


@global_table.command(example="tablectl global-table update-settings Music --write 50")
@_name
@member_options.billing
@member_options.member_option(
    "--write",
    metavar="UNITS",
    make=option_members.member("GlobalTableProvisionedWriteCapacityUnits", shorthand.units),
    help="Write capacity units, in all Regions.",
)
@member_options.member_option(
    "--write-scaling",
    metavar="SCALING",
    make=auto_scaling.settings("GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate"),
    help="Auto scaling of writes, in all Regions: 'min=5,max=50,target=70'.",
)
@member_options.member_option(
    "--gsi",
    metavar="INDEX",
    make=_index,
    multiple=True,
    help="Write capacity of an index, in all Regions: 'name=GenreIdx,write=5'. Can be repeated.",
)
@member_options.member_option(
    "--replica",
    metavar="REPLICA",
    make=_replica,
    multiple=True,
    help="Settings of a replica: 'region=eu-west-1,read=5,class=STANDARD'. Can be repeated.",
)
@member_options.cli_input_json
@pass_session
def update_settings(session: Session, /, name: str, base: AwsDict, **settings: AwsDict) -> None:
    """Change the capacity and the auto scaling of replicas."""
    members = member_options.merge_fragments(*settings.values())
    renamed = {_BILLING.get(member, member): value for member, value in members.items()}
    request = merging.override(base, renamed)
    if not request.keys() - {"GlobalTableName"}:
        raise click.UsageError("No changes given.")
    request = {**request, "GlobalTableName": name}
    session.show(session.send(session.rpcs.update_global_table_settings, request), _settings_view)


def _view(table: GlobalTableDescription) -> list[Block]:
    return [fields(_DETAILS, table), replicas.replicas(table.replication_group)]


def _rows(response: ListGlobalTablesResponse) -> Rows:
    rows = [
        (table.global_table_name, ", ".join(each.region_name for each in table.replication_group))
        for table in response.global_tables
    ]
    return Rows(("Global table", "Regions"), rows, "no global tables of version 2017.11.29")


def _settings_view(
    response: DescribeGlobalTableSettingsResponse | UpdateGlobalTableSettingsResponse,
) -> list[Block]:
    rows = [row for replica in response.replica_settings for row in _settings_rows(replica)]
    return [full_columns(_SETTINGS, rows, f"{response.global_table_name} has no replicas")]


def _settings_rows(replica: ReplicaSettingsDescription) -> Iterator[list[str]]:
    yield [
        replica.region_name,
        "",
        word(replica, "replica_status"),
        cell(replica, "replica_billing_mode_summary.billing_mode"),
        cell(replica, "replica_table_class_summary.table_class"),
        cell(replica, "replica_provisioned_read_capacity_units"),
        cell(replica, "replica_provisioned_write_capacity_units"),
        replicas.auto_scaling(replica.replica_provisioned_read_capacity_auto_scaling_settings),
        replicas.auto_scaling(replica.replica_provisioned_write_capacity_auto_scaling_settings),
    ]
    for index in replica.replica_global_secondary_index_settings:
        yield [
            replica.region_name,
            index.index_name,
            word(index, "index_status"),
            "",
            "",
            cell(index, "provisioned_read_capacity_units"),
            cell(index, "provisioned_write_capacity_units"),
            replicas.auto_scaling(index.provisioned_read_capacity_auto_scaling_settings),
            replicas.auto_scaling(index.provisioned_write_capacity_auto_scaling_settings),
        ]
