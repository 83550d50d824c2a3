"""Rules for the source from which a spec restores its table."""

from collections.abc import Iterator

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import structure, text
from tableadmin_server.planner.rules.constraint import Violation

_TIMES = ("UseLatestRestorableTime", "RestoreDateTime")


def source(spec: AwsDict) -> Iterator[Violation]:
    """The source is a backup, or another table at one time."""
    if "RestoreSource" not in spec:
        return
    said = structure(spec, "RestoreSource")
    if ("BackupArn" in said) == ("SourceTableName" in said):
        yield Violation("RestoreSource", "must have either BackupArn or SourceTableName")
        return
    if "BackupArn" in said:
        for member in _TIMES:
            if member in said:
                yield Violation(f"RestoreSource.{member}", "is not valid with BackupArn")
        return
    if bool(said.get("UseLatestRestorableTime")) == ("RestoreDateTime" in said):
        yield Violation("RestoreSource", "must have either UseLatestRestorableTime: true or RestoreDateTime")
    if text(said, "SourceTableName") == text(spec, "TableName"):
        yield Violation(
            "RestoreSource.SourceTableName", "must be another table: AWS restores only to new tables"
        )
