"""The spec of a table that is restored: the settings of its source, which AWS does not restore."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tableadmin.cli.app.exit_codes import CommandFailed
from tableadmin.cli.requests import arns
from tableadmin.cli.specs import cloning, planning, spec_files
from tableadmin.cli.specs.spec_files import LoadedSpec, SpecOptions

if TYPE_CHECKING:
    from tableadmin.client import Client
    from tableadmin.v1 import RestoreSource, TableSpec

# What AWS does not restore and no spec holds.
_NOT_RESTORED = (
    "not restored: auto scaling, system tags (aws:), stream records, backups, alarms and IAM policies"
)


class Origin(NamedTuple):
    """What a table is restored from: the table NAME with its ARN, and its id at the time of a backup."""

    source: RestoreSource
    name: str
    arn: str
    table_id: str = ""


def backup_origin(client: Client, arn: str) -> Origin:
    """The backup ARN. Raises TableAdminError."""
    from tableadmin.v1 import BackupTypeFilter, RestoreSource  # noqa: PLC0415 - protobuf

    table_arn = arn.partition("/backup/")[0]
    name = arns.last_part(table_arn)
    every = client.list_backups.items(table_name=name, backup_type=BackupTypeFilter.BACKUP_TYPE_FILTER_ALL)
    table_ids = [each.table_id for each in every if each.backup_arn == arn]
    return Origin(RestoreSource(backup_arn=arn), name, table_arn, "".join(table_ids))


def load_restored_spec(
    client: Client, origin: Origin, new: str, file: str | None
) -> tuple[LoadedSpec, list[str]]:
    """The spec of the table NEW, which is restored from ORIGIN, and what the restore leaves out.

    The settings are those in FILE. Without a file, they are those that the source has now, or had after its
    last operation if the table does not exist. Raises CommandFailed and TableAdminError.
    """
    if file is not None:
        spec, notes = _of_file(file, origin, new), list[str]()
    else:
        spec, notes = _settings(client, origin)
    spec = cloning.spec_of_clone(spec, new, origin.arn, notes, elsewhere=False)
    spec.restore_source.CopyFrom(origin.source)
    return LoadedSpec(spec, file or origin.name), [_NOT_RESTORED, *notes]


def _of_file(file: str, origin: Origin, new: str) -> TableSpec:
    """The spec in FILE for the source, or for the table NEW; the only one if there is one."""
    found = [each.spec for each in spec_files.read(SpecOptions([file])).specs]
    named = [each for each in found if each.table_name in (origin.name, new)] or found
    if len(named) != 1:
        raise CommandFailed(
            f"{file} has {planning.count(len(found))}; give a file with one table, or with one of the tables "
            f"{origin.name} and {new}"
        )
    return named[0]


def _settings(client: Client, origin: Origin) -> tuple[TableSpec, list[str]]:
    """The spec of the source as it is now, or as it was after its last operation; and notes on the spec."""
    from tableadmin.errors import NotFound  # noqa: PLC0415 - grpc

    try:
        exported = planning.export_specs(client, [origin.name])
    except NotFound:
        return _recorded(client, origin)
    notes = [*exported.notes]
    if origin.table_id and _is_another(client, origin):
        notes.append(
            f"table {origin.name} was created again after the backup: the settings are those of the new table"
        )
    return exported.specs[0], notes


def _is_another(client: Client, origin: Origin) -> bool:
    """Whether the table with the name of ORIGIN is not the one that was backed up."""
    now = client.describe_table(table_name=origin.name).table.table_id
    return now not in ("", origin.table_id)


def _recorded(client: Client, origin: Origin) -> tuple[TableSpec, list[str]]:
    """The spec of the last operation that brought the source to a spec."""
    from tableadmin.v1 import OperationState  # noqa: PLC0415 - protobuf

    succeeded = [OperationState.OPERATION_STATE_SUCCEEDED]
    last = next(client.list_operations(table_name=origin.name, states=succeeded), None)
    if last is None:
        raise CommandFailed(
            f"table {origin.name} does not exist, and no operation on it is recorded; give the settings with "
            "-f FILE"
        )
    note = (
        f"table {origin.name} does not exist: the settings are those of operation {last.operation_id} of "
        f"{last.create_time.ToDatetime():%Y-%m-%d %H:%M} UTC"
    )
    return client.get_operation(last.operation_id).spec, [note]
