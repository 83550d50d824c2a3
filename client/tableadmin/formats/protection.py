"""Protection that a spec does not mention."""

from collections.abc import Iterator

from tableadmin.v1 import TableSpec

_DELETION, _RECOVERY = "DeletionProtectionEnabled", "PointInTimeRecoverySpecification"


def protect(spec: TableSpec) -> list[str]:
    """Have SPEC turn on deletion protection and point-in-time recovery, unless SPEC says otherwise.

    Returns a note for each setting that is added. A setting that the format of the file can't express is
    added too, and managed from then on.
    """
    added = list(_added(spec))
    left = [member for member in spec.unmanaged if member.path not in added]
    del spec.unmanaged[:]
    spec.unmanaged.extend(left)
    return [f"table {spec.table_name}: {path} is on by --protect" for path in added]


def _added(spec: TableSpec) -> Iterator[str]:
    if not spec.HasField("deletion_protection_enabled"):
        spec.deletion_protection_enabled = True
        yield _DELETION
    if not spec.HasField("point_in_time_recovery_specification"):
        spec.point_in_time_recovery_specification.point_in_time_recovery_enabled = True
        yield _RECOVERY
