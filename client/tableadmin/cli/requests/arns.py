"""Convert the names of tables and backups to ARNs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tableadmin.cli.app.exit_codes import CommandFailed

if TYPE_CHECKING:
    from tableadmin.client import Client


def is_arn(text: str) -> bool:
    """Whether TEXT is an ARN. No name of a table, index or backup is an ARN."""
    return text.startswith("arn:")


def of_table(client: Client, name: str) -> str:
    """Return the ARN of the table NAME. NAME may be an ARN."""
    return name if is_arn(name) else client.describe_table(table_name=name).table.table_arn


def of_backup(client: Client, name: str) -> str:
    """Return the ARN of the backup NAME. NAME may be an ARN.

    Raises CommandFailed if no backup or several backups have the name.
    """
    if is_arn(name):
        return name
    from tableadmin.v1 import BackupTypeFilter  # noqa: PLC0415 - protobuf

    every = client.list_backups.items(backup_type=BackupTypeFilter.BACKUP_TYPE_FILTER_ALL)
    found = [each.backup_arn for each in every if each.backup_name == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandFailed(
            f"{len(found)} backups have the name {name!r}; give one of the ARNs of 'tablectl backup list'"
        )
    raise CommandFailed(f"backup {name!r} not found; 'tablectl backup list --type ALL' lists all backups")


def last_part(name: str) -> str:
    """Return the last part of an ARN, which names the resource. A plain NAME is returned as it is."""
    return name.rpartition("/")[2]
