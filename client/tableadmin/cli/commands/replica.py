"""`tablectl replica`: copies of a table in other Regions (global tables of version 2019.11.21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options, shell_completion
from tableadmin.cli.app.blocks import Block
from tableadmin.cli.app.confirmation import confirm
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.requests import member_options, merging, option_members, shorthand
from tableadmin.cli.requests.wait_conditions import condition
from tableadmin.cli.views import replicas
from tableadmin.cli.views.table_description import standing
from tableadmin.cli.views.wait_progress import finish, wait

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import TableDescription, UpdateTableResponse

_CONSISTENCIES = ("EVENTUAL", "STRONG")

_region = click.argument("region", metavar="REGION", shell_complete=shell_completion.replicas)
_read = option_members.within_units("ProvisionedThroughputOverride", "ReadCapacityUnits")
_max_read = option_members.within_units("OnDemandThroughputOverride", "MaxReadRequestUnits")


def _index(text: str) -> AwsDict:
    """`name=GenreIdx,read=5` or `name=GenreIdx,max-read=100`: what an index has in the replica."""
    found = shorthand.fields(text, ("name", "read", "max-read"), ["name"])
    makers = {"read": _read, "max-read": _max_read}
    sides = [makers[side](units) for side, units in found.items() if side in makers]
    return {"GlobalSecondaryIndexes": [{"IndexName": found["name"], **merging.merged(*sides)}]}


_settings = options.together(
    member_options.setting("--read", metavar="UNITS", make=_read, help="Read capacity units there."),
    member_options.setting(
        "--max-read", metavar="UNITS", make=_max_read, help="Ceiling of reads on demand there, -1 for none."
    ),
    member_options.setting(
        "--gsi",
        metavar="INDEX",
        make=_index,
        multiple=True,
        help="Capacity of an index there: 'name=GenreIdx,read=5' or 'name=GenreIdx,max-read=100'.",
    ),
    member_options.setting(
        "--kms-key",
        metavar="KEY",
        make=option_members.member("KMSMasterKeyId"),
        help="KMS key in that Region, by id, ARN or alias.",
    ),
    member_options.setting(
        "--table-class",
        type=click.Choice(member_options.TABLE_CLASSES),
        make=option_members.member("TableClassOverride"),
        help="How storage and requests are priced there.",
    ),
)


@click.group(cls=Group)
def replica() -> None:
    """Add, update, remove and list replicas in other Regions.

    These are global tables of version 2019.11.21; 'tablectl global-table' is for the older ones.
    """


@replica.command(example="tablectl replica add Music eu-west-1 eu-central-1 --wait")
@options.table_name
@click.argument("regions", metavar="REGION...", nargs=-1, required=True)
@_settings
@member_options.setting(
    "--consistency",
    type=click.Choice(_CONSISTENCIES),
    make=option_members.member("MultiRegionConsistency"),
    help="With the first replicas only, EVENTUAL if not given. STRONG takes three Regions.",
)
@member_options.setting(
    "--witness",
    metavar="REGION",
    make=lambda region: {"GlobalTableWitnessUpdates": [{"Create": {"RegionName": region}}]},
    help="A Region that makes a third for STRONG without holding items.",
)
@options.waiting
@pass_session
def add(
    session: Session,
    /,
    name: str,
    regions: tuple[str, ...],
    *,
    consistency: AwsDict,
    witness: AwsDict,
    patience: float | None,
    **settings: AwsDict,
) -> None:
    """Copy a table to other Regions, with its items. AWS turns the stream on for it."""
    action = member_options.combined(*settings.values())
    creates = [{"Create": {"RegionName": region, **action}} for region in regions]
    request: AwsDict = {"TableName": name, "ReplicaUpdates": creates, **consistency, **witness}
    response = session.send(session.rpcs.update_table, request)
    if patience is not None:
        active = [condition(f"replica-active={region}", name) for region in regions]
        seen = wait(session, name, patience, *active, condition("settled", name))
        response.table_description.CopyFrom(seen.table.table)
    session.show(response, lambda each: _view(each.table_description))


@replica.command(example="tablectl replica update Music eu-west-1 --read 50 --wait")
@options.table_name
@_region
@_settings
@options.waiting
@pass_session
def update(
    session: Session, /, name: str, region: str, *, patience: float | None, **settings: AwsDict
) -> None:
    """Change what a replica has of its own."""
    action = member_options.combined(*settings.values())
    if not action:
        raise click.UsageError("Nothing to change is given.")
    finish(session, _update(session, name, {"Update": {"RegionName": region, **action}}), patience)


@replica.command(example="tablectl replica remove Music eu-west-1 --yes --wait")
@options.table_name
@_region
@member_options.setting(
    "--witness",
    metavar="REGION",
    make=lambda region: {"GlobalTableWitnessUpdates": [{"Delete": {"RegionName": region}}]},
    help="Remove the witness there as well.",
)
@options.yes
@options.waiting
@pass_session
def remove(
    session: Session, name: str, region: str, *, witness: AwsDict, yes: bool, patience: float | None
) -> None:
    """Delete the copy of a table in a Region; those in the others stay."""
    confirm(region, f"Removing the replica of table {name} in {region} deletes it there", yes=yes)
    finish(session, _update(session, name, {"Delete": {"RegionName": region}}, witness), patience)


@replica.command(example="tablectl replica disassociate Music eu-west-1 --yes --wait")
@options.table_name
@_region
@options.yes
@options.waiting
@pass_session
def disassociate(session: Session, name: str, region: str, *, yes: bool, patience: float | None) -> None:
    """Take the replica out of the global table, as a table of its own with its items.

    REGION must be that of the endpoint.
    """
    confirm(region, f"Table {name} in {region} can't come back once it has left the global table", yes=yes)
    action: AwsDict = {"RegionName": region, "DisassociationMode": "WAIT_FOR_REPLICATION"}
    finish(session, _update(session, name, {"Disassociate": action}), patience)


@replica.command("list", example="tablectl replica list Music")
@options.table_name
@pass_session
def list_replicas(session: Session, name: str) -> None:
    """List the replicas and the witness of a table. JSON and YAML are DescribeTable's."""
    response = session.client.describe_table(table_name=name)
    session.show(response, lambda each: replicas.blocks(each.table, f"{name} has no replicas"))


def _update(session: Session, name: str, update: AwsDict, more: AwsDict | None = None) -> UpdateTableResponse:
    request: AwsDict = {"TableName": name, "ReplicaUpdates": [update], **(more or {})}
    return session.send(session.rpcs.update_table, request)


def _view(table: TableDescription) -> list[Block]:
    return [*standing(table), *replicas.blocks(table)]
