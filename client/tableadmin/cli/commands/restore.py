"""`tablectl restore`: make a table from a backup, or from another as it was at some moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.requests import arns, member_options, merging, option_members, shorthand
from tableadmin.cli.requests.wait_conditions import condition
from tableadmin.cli.specs import applying, creating, restoring
from tableadmin.cli.specs.applying import ApplyOptions
from tableadmin.cli.specs.restoring import Origin
from tableadmin.cli.views.table_description import status_blocks
from tableadmin.cli.views.wait_progress import wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tableadmin.awsshape import AwsDict
    from tableadmin.client import Client
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
_settings = options.combine_options(
    click.option(
        "--with-settings",
        is_flag=True,
        help="Also apply the settings of the source table that AWS does not restore. The service runs an "
        "operation. tablectl shows the plan first.",
    ),
    click.option(
        "-f",
        "--file",
        metavar="FILE",
        type=click.Path(allow_dash=True),
        help="With --with-settings: apply the settings of the table in this file instead.",
    ),
    applying.apply_options,
)


@click.group(cls=Group)
def restore() -> None:
    """Create tables from backups or from a point in time.

    By default the new table has the billing mode, capacity and encryption of the source table. Streams, time
    to live, tags, resource policies, point-in-time recovery, deletion protection, the table class and
    replicas are not restored, unless --with-settings is given.
    """


@restore.command("from-backup", example="tablectl restore from-backup nightly MusicRestored --with-settings")
@options.backup_or_arn
@_target
@_overrides
@options.wait_options
@_settings
@pass_session
def from_backup(  # noqa: PLR0913 - the options of the command
    session: Session,
    /,
    name: str,
    target: str,
    base: AwsDict,
    *,
    with_settings: bool,
    file: str | None,
    apply_options: ApplyOptions,
    wait_timeout: float | None,
    **settings: AwsDict,
) -> None:
    """Create a table from a backup.

    With --with-settings, the new table gets the settings that the table of the backup has now. If this table
    does not exist, it gets those of the last operation on the table. tablectl shows the plan, asks for
    confirmation and waits. The operation continues if tablectl is stopped.
    """
    _check(apply_options, file, [base, *settings.values()], wait_timeout, with_settings=with_settings)
    if with_settings:
        arn = arns.of_backup(session.client, name)
        _restore(session, restoring.backup_origin(session.client, arn), target, file, apply_options)
        return
    backup: AwsDict = {"BackupArn": arns.of_backup(session.client, name), "TargetTableName": target}
    request = merging.override(base, {**backup, **_override(settings)})
    _finish(session, session.send(session.rpcs.restore_table_from_backup, request), wait_timeout)


@restore.command(
    "to-point-in-time", example="tablectl restore to-point-in-time Music MusicBefore --latest --wait"
)
@options.table_or_arn
@_target
@member_options.member_option(
    "--latest",
    is_flag=True,
    default=None,
    make=option_members.flag("UseLatestRestorableTime"),
    help="Restore to the latest restorable time, which is typically some minutes ago.",
)
@member_options.member_option(
    "--time",
    metavar="TIME",
    make=option_members.member("RestoreDateTime", shorthand.moment),
    help="Restore to this time, such as 2026-01-31T12:00:00Z.",
)
@_overrides
@options.wait_options
@_settings
@pass_session
def to_point_in_time(  # noqa: PLR0913 - the options of the command
    session: Session,
    /,
    name: str,
    target: str,
    base: AwsDict,
    *,
    latest: AwsDict,
    time: AwsDict,
    with_settings: bool,
    file: str | None,
    apply_options: ApplyOptions,
    wait_timeout: float | None,
    **settings: AwsDict,
) -> None:
    """Create a table with the items that another table had at a point in time.

    'tablectl pitr show' shows the earliest and the latest restorable time.

    With --with-settings, the new table gets the settings that the source table has now. tablectl shows the
    plan, asks for confirmation and waits. The operation continues if tablectl is stopped.
    """
    _check(apply_options, file, [base, *settings.values()], wait_timeout, with_settings=with_settings)
    if len(_MOMENTS & {*base, *latest, *time}) != 1:
        raise click.UsageError("Give either --latest or --time.")
    if with_settings:
        _restore(
            session, _table_origin(session.client, name, {**latest, **time}), target, file, apply_options
        )
        return
    source: AwsDict = {"SourceTableArn" if arns.is_arn(name) else "SourceTableName": name}
    request = merging.override(
        base, {**source, "TargetTableName": target, **latest, **time, **_override(settings)}
    )
    _finish(session, session.send(session.rpcs.restore_table_to_point_in_time, request), wait_timeout)


def _check(
    apply_options: ApplyOptions,
    file: str | None,
    overrides: Sequence[AwsDict],
    wait_timeout: float | None,
    *,
    with_settings: bool,
) -> None:
    """Raise UsageError for an option that is of no use with, or without, --with-settings."""
    if not with_settings and (file or apply_options != ApplyOptions.none()):
        raise click.UsageError("-f, --yes, --detach, --request-id and --not-before require --with-settings.")
    if with_settings and any(overrides):
        raise click.UsageError(
            "With --with-settings, capacity and encryption are those of the settings; change them in -f FILE."
        )
    if with_settings and wait_timeout is not None:
        raise click.UsageError(
            "With --with-settings, tablectl waits without --wait, unless --detach is given."
        )


def _table_origin(client: Client, name: str, moment: AwsDict) -> Origin:
    from tableadmin.awsshape import from_aws  # noqa: PLC0415 - protobuf
    from tableadmin.v1 import RestoreSource  # noqa: PLC0415 - protobuf

    table = client.describe_table(table_name=name).table
    source = from_aws({**moment, "SourceTableName": table.table_name}, RestoreSource)
    return Origin(source, table.table_name, table.table_arn)


def _restore(
    session: Session, origin: Origin, target: str, file: str | None, apply_options: ApplyOptions
) -> None:
    """Apply the spec of the table TARGET, which restores it from ORIGIN."""
    spec, notes = restoring.load_restored_spec(session.client, origin, target, file)
    creating.create(session, session.client, spec, notes, apply_options, restores=True)


def _override(settings: dict[str, AwsDict]) -> AwsDict:
    """What the options set, under the names that it has in a restore."""
    members = member_options.merge_fragments(*settings.values())
    return {f"{name}Override": value for name, value in members.items()}


def _finish(session: Session, response: Restored, wait_timeout: float | None) -> None:
    """Show the new table; with WAIT_TIMEOUT, in seconds, once the restore is done."""
    if wait_timeout is not None:
        name = response.table_description.table_name
        seen = wait(session, name, wait_timeout, condition("restore-completed", name))
        response.table_description.CopyFrom(seen.table.table)
    session.show(response, lambda each: status_blocks(each.table_description))
