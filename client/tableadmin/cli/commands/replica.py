"""`tablectl replica`: the replicas of a table in other Regions (global tables of version 2019.11.21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options, shell_completion
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Block
from tableadmin.cli.requests import member_options, merging, option_members, shorthand
from tableadmin.cli.requests.pagination import limit_items
from tableadmin.cli.requests.wait_conditions import condition
from tableadmin.cli.views import replicas
from tableadmin.cli.views.table_description import status_blocks
from tableadmin.cli.views.wait_progress import finish, wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import TableDescription, UpdateTableResponse

_LISTS = {"table.replicas": "region_name", "table.global_table_witnesses": "region_name"}

_CONSISTENCIES = ("EVENTUAL", "STRONG")

_region = click.argument("region", metavar="REGION", shell_complete=shell_completion.replicas)
_read = option_members.within_units("ProvisionedThroughputOverride", "ReadCapacityUnits")
_max_read = option_members.within_units("OnDemandThroughputOverride", "MaxReadRequestUnits")


def _index(text: str) -> AwsDict:
    """`name=GenreIdx,read=5` or `name=GenreIdx,max-read=100`: the read capacity of a replica's index."""
    found = shorthand.fields(text, ("name", "read", "max-read"), ["name"])
    makers = {"read": _read, "max-read": _max_read}
    sides = [makers[side](units) for side, units in found.items() if side in makers]
    return {"GlobalSecondaryIndexes": [{"IndexName": found["name"], **merging.merge(*sides)}]}


_settings = options.combine_options(
    member_options.member_option(
        "--read", metavar="UNITS", make=_read, help="Read capacity units of the replica."
    ),
    member_options.member_option(
        "--max-read",
        metavar="UNITS",
        make=_max_read,
        help="Maximum on-demand read request units of the replica; -1 removes the limit.",
    ),
    member_options.member_option(
        "--gsi",
        metavar="INDEX",
        make=_index,
        multiple=True,
        help="Capacity of an index of the replica: 'name=GenreIdx,read=5' or 'name=GenreIdx,max-read=100'.",
    ),
    member_options.member_option(
        "--kms-key",
        metavar="KEY",
        make=option_members.member("KMSMasterKeyId"),
        help="KMS key of the replica, by ID, ARN or alias.",
    ),
    member_options.member_option(
        "--table-class",
        type=click.Choice(member_options.TABLE_CLASSES),
        make=option_members.member("TableClassOverride"),
        help="Table class of the replica.",
    ),
)


@click.group(cls=Group)
def replica() -> None:
    """Add, update, remove and list replicas in other Regions.

    These commands manage global tables of version 2019.11.21. For version 2017.11.29, see
    'tablectl global-table'.
    """


@replica.command(example="tablectl replica add Music eu-west-1 eu-central-1 --wait")
@options.table_name
@click.argument("regions", metavar="REGION...", nargs=-1, required=True)
@_settings
@member_options.member_option(
    "--consistency",
    type=click.Choice(_CONSISTENCIES),
    make=option_members.member("MultiRegionConsistency"),
    help="Consistency mode of the table, set with the first replicas. Default: EVENTUAL. STRONG requires "
    "three Regions.",
)
@member_options.member_option(
    "--witness",
    metavar="REGION",
    make=lambda region: {"GlobalTableWitnessUpdates": [{"Create": {"RegionName": region}}]},
    help="Region of the witness, which stores no items. A witness can be the third Region of STRONG.",
)
@options.wait_options
@pass_session
def add(
    session: Session,
    /,
    name: str,
    regions: tuple[str, ...],
    *,
    consistency: AwsDict,
    witness: AwsDict,
    wait_timeout: float | None,
    **settings: AwsDict,
) -> None:
    """Add replicas of a table in other Regions. AWS copies the items and enables the stream of the table."""
    action = member_options.merge_fragments(*settings.values())
    creates = [{"Create": {"RegionName": region, **action}} for region in regions]
    request: AwsDict = {"TableName": name, "ReplicaUpdates": creates, **consistency, **witness}
    response = session.send(session.rpcs.update_table, request)
    if wait_timeout is not None:
        active = [condition(f"replica-active={region}", name) for region in regions]
        seen = wait(session, name, wait_timeout, *active, condition("settled", name))
        response.table_description.CopyFrom(seen.table.table)
    session.show(response, lambda each: _view(each.table_description))


@replica.command(example="tablectl replica update Music eu-west-1 --read 50 --wait")
@options.table_name
@_region
@_settings
@options.wait_options
@pass_session
def update(
    session: Session, /, name: str, region: str, *, wait_timeout: float | None, **settings: AwsDict
) -> None:
    """Change the settings of a replica."""
    action = member_options.merge_fragments(*settings.values())
    if not action:
        raise click.UsageError("No changes given.")
    finish(session, _update(session, name, {"Update": {"RegionName": region, **action}}), wait_timeout)


@replica.command(example="tablectl replica remove Music eu-west-1 --yes --wait")
@options.table_name
@_region
@member_options.member_option(
    "--witness",
    metavar="REGION",
    make=lambda region: {"GlobalTableWitnessUpdates": [{"Delete": {"RegionName": region}}]},
    help="Also remove the witness in this Region.",
)
@options.yes
@options.wait_options
@pass_session
def remove(
    session: Session, name: str, region: str, *, witness: AwsDict, yes: bool, wait_timeout: float | None
) -> None:
    """Delete the replica of a table in a Region. Replicas in other Regions remain."""
    update: AwsDict = {"Delete": {"RegionName": region}}
    warning = f"Removing the replica of table {name} in {region} deletes it there"
    request: AwsDict = {"TableName": name, "ReplicaUpdates": [update], **witness}
    response = session.change(session.rpcs.update_table, request, yes=yes, warning=warning, name=region)
    finish(session, response, wait_timeout)


@replica.command(example="tablectl replica disassociate Music eu-west-1 --yes --wait")
@options.table_name
@_region
@options.yes
@options.wait_options
@pass_session
def disassociate(session: Session, name: str, region: str, *, yes: bool, wait_timeout: float | None) -> None:
    """Detach the replica from the global table. The replica becomes an independent table with its items.

    REGION must be the Region of the endpoint.
    """
    action: AwsDict = {"RegionName": region, "DisassociationMode": "WAIT_FOR_REPLICATION"}
    warning = f"Table {name} in {region} can't come back once it has left the global table"
    request: AwsDict = {"TableName": name, "ReplicaUpdates": [{"Disassociate": action}]}
    response = session.change(session.rpcs.update_table, request, yes=yes, warning=warning, name=region)
    finish(session, response, wait_timeout)


@replica.command("list", example="tablectl replica list Music")
@options.table_names
@options.page_options
@pass_session
def list_replicas(session: Session, names: Sequence[str], max_items: int | None, prefix: str | None) -> None:
    """List the replicas and the witnesses of tables. JSON and YAML show the responses of DescribeTable.

    --prefix is for names of Regions.
    """
    found = [
        limit_items(session.client.describe_table(table_name=name), _LISTS, max_items, prefix)
        for name in names
    ]
    session.show_together(found, lambda: replicas.of_tables([each.table for each in found]))


def _update(session: Session, name: str, update: AwsDict, more: AwsDict | None = None) -> UpdateTableResponse:
    request: AwsDict = {"TableName": name, "ReplicaUpdates": [update], **(more or {})}
    return session.send(session.rpcs.update_table, request)


def _view(table: TableDescription) -> list[Block]:
    return [*status_blocks(table), *replicas.blocks(table)]
