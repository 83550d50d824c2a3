"""`tablectl backup`: create, list, describe and delete backups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tableadmin.cli.app import options
from tableadmin.cli.app.group import Group
from tableadmin.cli.app.session import Session, pass_session
from tableadmin.cli.output.blocks import Lines
from tableadmin.cli.requests import arns, member_options, option_members, shorthand
from tableadmin.cli.requests.pagination import list_all
from tableadmin.cli.requests.wait_conditions import condition
from tableadmin.cli.views.message_rows import Columns, fields, rows
from tableadmin.cli.views.wait_progress import wait

if TYPE_CHECKING:
    from tableadmin.awsshape import AwsDict

_TYPES = ("USER", "SYSTEM", "AWS_BACKUP", "ALL")

_DETAILS: Columns = (
    ("Backup", "backup_name"),
    ("Status", "backup_status"),
    ("Type", "backup_type"),
    ("Size", "backup_size_bytes"),
    ("Created", "backup_creation_date_time"),
    ("Expires", "backup_expiry_date_time"),
    ("ARN", "backup_arn"),
)
_SOURCE: Columns = (
    ("Table", "table_name"),
    ("Items", "item_count"),
    ("Table size", "table_size_bytes"),
    ("Billing", "billing_mode"),
    ("Read", "provisioned_throughput.read_capacity_units"),
    ("Write", "provisioned_throughput.write_capacity_units"),
    ("Table ARN", "table_arn"),
)
_SUMMARY: Columns = (_DETAILS[0], ("Table", "table_name"), *_DETAILS[1:])


@click.group(cls=Group)
def backup() -> None:
    """Create, list, describe and delete backups.

    Identify a backup by its ARN, or by its name if the name is unique.
    'tablectl restore' creates a table from a backup.
    """


@backup.command(example="tablectl backup create Music nightly --wait")
@options.table_name
@click.argument("backup_name", metavar="BACKUP")
@options.wait_options
@pass_session
def create(session: Session, name: str, backup_name: str, *, wait_timeout: float | None) -> None:
    """Create a backup of a table and its items."""
    response = session.client.create_backup(table_name=name, backup_name=backup_name)
    if wait_timeout is not None:
        available = condition("backup-available", response.backup_details.backup_arn)
        seen = wait(session, f"backup {backup_name}", wait_timeout, available)
        response.backup_details.CopyFrom(seen.backup.backup_details)
    session.show(response, lambda each: [fields(_DETAILS, each.backup_details)])


@backup.command("list", example="tablectl backup list Music --since 2026-01-31")
@options.some_table_name
@member_options.member_option(
    "--type",
    "kind",
    type=click.Choice(_TYPES),
    make=option_members.member("BackupType"),
    help="Type of the backups. Default: USER.",
)
@member_options.member_option(
    "--since",
    metavar="TIME",
    make=option_members.member("TimeRangeLowerBound", shorthand.moment),
    help="Show only backups created at or after this time, such as 2026-01-31T12:00:00Z.",
)
@member_options.member_option(
    "--until",
    metavar="TIME",
    make=option_members.member("TimeRangeUpperBound", shorthand.moment),
    help="Show only backups created before this time.",
)
@options.page_options
@pass_session
def list_backups(
    session: Session, /, name: str | None, max_items: int | None, prefix: str | None, **settings: AwsDict
) -> None:
    """List the backups of a table, or of all tables."""
    request = member_options.merge_fragments({"TableName": name} if name else {}, *settings.values())
    response = list_all(session, session.rpcs.list_backups, request, max_items, prefix)
    session.show(response, lambda each: [rows(_SUMMARY, each.backup_summaries, "no backups")])


@backup.command(example="tablectl backup describe nightly")
@options.backups_or_arns
@pass_session
def describe(session: Session, names: Sequence[str]) -> None:
    """Show backups and the settings of their tables at that time."""
    found = [arns.of_backup(session.client, name) for name in names]
    session.show_each(
        [session.client.describe_backup(backup_arn=arn) for arn in found],
        lambda each: [
            fields(_DETAILS, each.backup_description.backup_details),
            fields(_SOURCE, each.backup_description.source_table_details),
        ],
    )


@backup.command(example="tablectl backup delete nightly --yes")
@options.backups_or_arns
@options.yes
@pass_session
def delete(session: Session, names: Sequence[str], *, yes: bool) -> None:
    """Delete backups, one after the other."""
    for name in names:
        _delete(session, name, yes=yes)


def _delete(session: Session, name: str, *, yes: bool) -> None:
    called = arns.last_part(name)
    warning = f"Deleting backup {called} loses what it holds"
    session.confirm(session.rpcs.delete_backup, {"BackupArn": name}, yes=yes, warning=warning)
    response = session.client.delete_backup(backup_arn=arns.of_backup(session.client, name))
    session.show(response, lambda _: [Lines([f"backup {called} is deleted"])])
