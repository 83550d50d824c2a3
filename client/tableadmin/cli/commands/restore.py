"""`tablectl restore`: make a table from a backup, or from another as it was at some moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.requests import arns, member_options, merging, option_members, shorthand
from tableadmin.cli.requests.wait_conditions import condition
from tableadmin.cli.views.table_description import status_blocks
from tableadmin.cli.views.wait_progress import wait

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict
    from tableadmin.v1 import RestoreTableFromBackupResponse, RestoreTableToPointInTimeResponse

    Restored: TypeAlias = RestoreTableFromBackupResponse | RestoreTableToPointInTimeResponse

_MOMENTS = {"UseLatestRestorableTime", "RestoreDateTime"}

_overrides = options.combine_options(
    member_options.billing,
    member_options.provisioned,
    member_options.ceilings,
    member_options.encryption,
    member_options.cli_input_json,
)
_target = click.argument("target", metavar="NEW-TABLE")


@click.group(cls=Group)
def restore() -> None:
    """Create tables from backups or from a point in time.

    By default the new table has the billing mode, capacity and encryption of the source table. Streams, time
    to live, tags, resource policies, point-in-time recovery and deletion protection are not restored.
    """


@restore.command("from-backup", example="tablectl restore from-backup nightly MusicRestored --wait")
@options.backup_or_arn
@_target
@_overrides
@options.wait_options
@pass_session
def from_backup(
    session: Session,
    /,
    name: str,
    target: str,
    base: AwsDict,
    *,
    wait_timeout: float | None,
    **settings: AwsDict,
) -> None:
    """Create a table from a backup."""
    backup: AwsDict = {"BackupArn": arns.of_backup(session.client, name), "TargetTableName": target}
    request = merging.overridden(base, {**backup, **_override(settings)})
    _finish(session, session.send(session.rpcs.restore_table_from_backup, request), wait_timeout)


@restore.command(
    "to-point-in-time", example="tablectl restore to-point-in-time Music MusicBefore --latest --wait"
)
@options.table_or_arn
@_target
@member_options.setting(
    "--latest",
    is_flag=True,
    default=None,
    make=option_members.flag("UseLatestRestorableTime"),
    help="Restore to the latest restorable time, which is typically some minutes ago.",
)
@member_options.setting(
    "--time",
    metavar="TIME",
    make=option_members.member("RestoreDateTime", shorthand.moment),
    help="Restore to this time, such as 2026-01-31T12:00:00Z.",
)
@_overrides
@options.wait_options
@pass_session
def to_point_in_time(
    session: Session,
    /,
    name: str,
    target: str,
    base: AwsDict,
    *,
    latest: AwsDict,
    time: AwsDict,
    wait_timeout: float | None,
    **settings: AwsDict,
) -> None:
    """Create a table with the items that another table had at a point in time.

    'tablectl pitr show' shows the earliest and the latest restorable time.
    """
    source: AwsDict = {"SourceTableArn" if arns.is_arn(name) else "SourceTableName": name}
    request = merging.overridden(
        base, {**source, "TargetTableName": target, **latest, **time, **_override(settings)}
    )
    if len(_MOMENTS & request.keys()) != 1:
        raise click.UsageError("Give either --latest or --time.")
    _finish(session, session.send(session.rpcs.restore_table_to_point_in_time, request), wait_timeout)


def _override(settings: dict[str, AwsDict]) -> AwsDict:
    """What the options set, under the names that it has in a restore."""
    members = member_options.combined(*settings.values())
    return {f"{name}Override": value for name, value in members.items()}


def _finish(session: Session, response: Restored, wait_timeout: float | None) -> None:
    """Show the new table; with WAIT_TIMEOUT, in seconds, once the restore is done."""
    if wait_timeout is not None:
        name = response.table_description.table_name
        seen = wait(session, name, wait_timeout, condition("restore-completed", name))
        response.table_description.CopyFrom(seen.table.table)
    session.show(response, lambda each: status_blocks(each.table_description))
