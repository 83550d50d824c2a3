"""What copies a table's data, end to end: backups, restores, point-in-time recovery, import and export."""

import json
from collections.abc import Iterator

import pytest

from tests.cli.fields import fields_of
from tests.cli.running import Run


@pytest.fixture
def copy(tablectl: Run, table: str) -> Iterator[str]:
    """The name for a table that is made of another, and deleted in the end."""
    yield f"{table}-copy"
    tablectl("table", "delete", f"{table}-copy", "--yes")


def test_backups(tablectl: Run, table: str) -> None:
    """A backup is made and waited for, listed, described by name or ARN, and deleted."""
    name = f"{table}-b"
    made = tablectl("backup", "create", table, name, "--wait")
    assert (0, "") == (made.returncode, made.stderr)
    backup = fields_of(made)
    assert (name, "AVAILABLE") == (backup["Backup"], backup["Status"])
    for named in (name, backup["ARN"]):
        described = fields_of(tablectl("backup", "describe", named))
        assert (backup["ARN"], table) == (described["ARN"], described["Table"])
    listed = tablectl("backup", "list", table).stdout.splitlines()
    assert [name, table, "AVAILABLE"] == listed[1].split()[:3]
    gone = tablectl("backup", "delete", backup["ARN"], "--yes")
    assert f"backup {backup['ARN'].rpartition('/')[2]} is deleted\n" == gone.stdout
    empty = tablectl("backup", "list", table)
    assert ("", "no backups\n") == (empty.stdout, empty.stderr)


def test_backups_of_one_name(tablectl: Run, table: str) -> None:
    """A name that several backups have, or none, is refused: only the ARN tells them apart."""
    name = f"{table}-twice"
    for _ in range(2):
        tablectl("backup", "create", table, name)
    several = tablectl("backup", "delete", name, "--yes")
    assert (
        1,
        f"tablectl: 2 backups have the name '{name}'; give one of the ARNs of 'tablectl backup list'\n",
    ) == (
        several.returncode,
        several.stderr,
    )
    summaries = json.loads(tablectl("backup", "list", table, "-o", "json").stdout)["BackupSummaries"]
    assert 2 == len(summaries)
    for each in summaries:
        assert 0 == tablectl("backup", "delete", each["BackupArn"], "--yes").returncode
    assert f"backup '{name}' not found" in tablectl("backup", "describe", name).stderr


def test_restore_from_a_backup(tablectl: Run, table: str, copy: str) -> None:
    """A table is made of a backup, with what the options say in the place of what it was."""
    name = f"{table}-b"
    tablectl("backup", "create", table, name, "--wait")
    restored = tablectl("restore", "from-backup", name, copy, "--on-demand", "--wait")
    assert (0, f"table {copy} ACTIVE\n") == (restored.returncode, restored.stdout)
    described = fields_of(tablectl("table", "describe", copy))
    assert ("PAY_PER_REQUEST", "Artist:S / SongTitle:S") == (described["Billing"], described["Key"])
    tablectl("backup", "delete", name, "--yes")


def test_point_in_time_recovery(tablectl: Run, table: str, copy: str) -> None:
    """Recovery goes on, says to which moments, makes a table of one, and goes off."""
    assert {"Recovery": "DISABLED"} == fields_of(tablectl("pitr", "show", table))
    enabled = tablectl("pitr", "enable", table, "--days", "7", "--wait")
    assert (0, "ENABLED") == (enabled.returncode, fields_of(enabled)["Recovery"])
    shown = fields_of(tablectl("pitr", "show", table))
    assert {"Recovery", "Earliest", "Latest"} <= shown.keys()
    restored = tablectl("restore", "to-point-in-time", table, copy, "--latest", "--wait")
    assert (0, f"table {copy} ACTIVE\n") == (restored.returncode, restored.stdout)
    assert {"Recovery": "DISABLED"} == fields_of(tablectl("pitr", "disable", table, "--yes"))


def test_exports(tablectl: Run, table: str) -> None:
    """An export is started and waited for, listed by table, and described; JSON is the AWS CLI's."""
    tablectl("pitr", "enable", table)
    started = tablectl("export-s3", "start", table, "s3://archive/music", "--format", "ION", "--wait")
    assert 0 == started.returncode
    export = fields_of(started)
    assert ("COMPLETED", "archive", "music") == (export["Status"], export["Bucket"], export["Prefix"])
    listed = tablectl("export-s3", "list", table).stdout.splitlines()
    assert [[export["Export"], "COMPLETED", "FULL_EXPORT"]] == [line.split() for line in listed[1:]]
    described = json.loads(tablectl("export-s3", "describe", export["Export"], "-o", "json").stdout)
    assert "ION" == described["ExportDescription"]["ExportFormat"]


def test_imports(tablectl: Run, copy: str) -> None:
    """An import makes a table, is waited for, listed and described."""
    keys = ["--hash-key", "A:S", "--gsi", "name=Idx,hash=G:S", "--on-demand"]
    csv = ["--format", "CSV", "--csv-delimiter", ";", "--csv-header", "A,G"]
    started = tablectl("import", "start", copy, "s3://archive/music/", *keys, *csv, "--wait")
    assert 0 == started.returncode
    imported = fields_of(started)
    assert ("COMPLETED", copy, "CSV") == (imported["Status"], imported["Table"], imported["Format"])
    assert "Idx" in tablectl("table", "describe", copy).stdout
    assert imported["Import"] in tablectl("import", "list").stdout
    described = json.loads(tablectl("import", "describe", imported["Import"], "-o", "json").stdout)
    options = described["ImportTableDescription"]["InputFormatOptions"]
    assert {"Csv": {"Delimiter": ";", "HeaderList": ["A", "G"]}} == options
