"""`tablectl restore --with-settings`: the settings that AWS does not restore are put back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.commands.test_apply import operations
from tests.cli.running import Run
from tests.cli.terminal import Terminal

NOTE = (
    "note: not restored: auto scaling, system tags (aws:), stream records, backups, alarms and IAM policies"
)
SPEC = """\
TableName: {name}
BillingMode: PAY_PER_REQUEST
AttributeDefinitions: [{{AttributeName: Artist, AttributeType: S}}]
KeySchema: [{{AttributeName: Artist, KeyType: HASH}}]
DeletionProtectionEnabled: {protected}
StreamSpecification: {{StreamEnabled: true, StreamViewType: KEYS_ONLY}}
TimeToLiveSpecification: {{Enabled: true, AttributeName: Expires}}
PointInTimeRecoverySpecification: {{PointInTimeRecoveryEnabled: true}}
Tags: {{team: music, cost: '12'}}
"""


@pytest.fixture
def source(tablectl: Run, table_name: str) -> Iterator[str]:
    """The name of a table with settings, which an operation has made; deleted in the end."""
    made = tablectl("apply", "-f", "-", "--yes", stdin=SPEC.format(name=table_name, protected="false"))
    assert 0 == made.returncode, made.stderr
    yield table_name
    tablectl("table", "delete", table_name, "--yes")


@pytest.fixture
def new(tablectl: Run, table_name: str) -> Iterator[str]:
    """The name of a restored table, deleted in the end."""
    yield f"{table_name}-new"
    tablectl("table", "update", f"{table_name}-new", "--no-deletion-protection")
    tablectl("table", "delete", f"{table_name}-new", "--yes")


@pytest.fixture
def backup(tablectl: Run, source: str) -> Iterator[str]:
    """The name of a backup of the table."""
    assert 0 == tablectl("backup", "create", source, f"{source}-b", "--wait").returncode
    yield f"{source}-b"
    tablectl("backup", "delete", f"{source}-b", "--yes")


def test_from_a_backup(tablectl: Run, source: str, backup: str, new: str) -> None:
    """The restored table has all settings that the source has now, by one operation that shows its plan."""
    restored = tablectl("restore", "from-backup", backup, new, "--with-settings", "--yes")
    assert (0, [NOTE]) == (restored.returncode, restored.stderr.splitlines())
    lines = restored.stdout.splitlines()
    assert f"+ {new} (create)" == lines[0]
    assert "  + TimeToLiveSpecification: {Enabled: true, AttributeName: Expires}" in lines
    assert "1 table: 1 succeeded" == lines[-1]
    ours, theirs = (yaml.safe_load(tablectl("export", name).stdout) for name in (new, source))
    assert {**theirs, "TableName": new} == ours
    (operation,) = operations(tablectl, new)
    assert "SUCCEEDED" == operation["State"]
    again = tablectl("restore", "from-backup", backup, new, "--with-settings", "--yes")
    said = f"tablectl: nothing changed: table {new} already exists, and AWS restores only to new tables"
    assert (1, said) == (again.returncode, again.stderr.splitlines()[-1])
    assert "note:" not in again.stderr
    assert 1 == len(operations(tablectl, new))


def test_settings_of_a_file(tablectl: Run, source: str, new: str, tmp_path: Path) -> None:
    """The settings of a file are applied, whatever table of the two the file names."""
    file = tmp_path / "music.yaml"
    file.write_text(SPEC.format(name=source, protected="true").replace("team: music", "team: films"))
    command = ("restore", "to-point-in-time", source, new, "--latest", "--with-settings", "-f", str(file))
    restored = tablectl(*command, "--yes")
    assert (0, "1 table: 1 succeeded") == (restored.returncode, restored.stdout.splitlines()[-1])
    exported = tablectl("export", new).stdout
    assert "team: films" in exported
    assert "DeletionProtectionEnabled: true" in exported


def test_a_source_that_is_gone(tablectl: Run, source: str, backup: str) -> None:
    """The settings of a table that does not exist are those of its last operation."""
    assert 0 == tablectl("table", "delete", source, "--yes", "--wait").returncode
    (last,) = operations(tablectl, source)
    shown = tablectl("restore", "from-backup", backup, source, "--with-settings")
    note = (
        f"note: table {source} does not exist: the settings are those of operation {last['OperationId']} of "
    )
    notes = shown.stderr.splitlines()
    assert (64, NOTE, note) == (shown.returncode, notes[0], notes[1][: len(note)])
    assert f"+ {source} (create)" == shown.stdout.splitlines()[0]
    assert "  + Tags[team]: music" in shown.stdout.splitlines()


def test_nobody_knows_the_settings(tablectl: Run, table: str, new: str) -> None:
    """Without a table and without an operation, the settings have to be given."""
    assert 0 == tablectl("backup", "create", table, f"{table}-b", "--wait").returncode
    assert 0 == tablectl("table", "delete", table, "--yes", "--wait").returncode
    refused = tablectl("restore", "from-backup", f"{table}-b", new, "--with-settings", "--yes")
    said = (
        f"tablectl: table {table} does not exist, and no operation on it is recorded; give the settings with "
        "-f FILE\n"
    )
    assert (1, said) == (refused.returncode, refused.stderr)


def test_a_file_with_other_tables(tablectl: Run, source: str, new: str, tmp_path: Path) -> None:
    """A file with several tables must have one of the source, or of the new table."""
    for name in ("One", "Two"):
        (tmp_path / f"{name}.yaml").write_text(SPEC.format(name=name, protected="false"))
    command = ("restore", "to-point-in-time", source, new, "--latest", "--with-settings", "-f", str(tmp_path))
    refused = tablectl(*command, "--yes")
    said = (
        f"tablectl: {tmp_path} has 2 tables; give a file with one table, or with one of the tables {source} "
        f"and {new}\n"
    )
    assert (1, said) == (refused.returncode, refused.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-f", "music.yaml"], "require --with-settings"),
        (["--yes"], "require --with-settings"),
        (["--detach"], "require --with-settings"),
        (["--with-settings", "--on-demand"], "capacity and encryption are those of the settings"),
        (["--with-settings", "--wait"], "tablectl waits without --wait"),
    ],
)
def test_options_that_do_not_go_together(offline: Run, arguments: list[str], said: str) -> None:
    """An option that would be ignored is refused before the service is asked."""
    for command in (["from-backup", "b", "New"], ["to-point-in-time", "Music", "New", "--latest"]):
        ran = offline("restore", *command, *arguments)
        assert (64, 1) == (ran.returncode, len(ran.stderr.splitlines()))
        assert said in ran.stderr


def test_the_question(terminal: Callable[..., Terminal], backup: str, new: str) -> None:
    """On a terminal, tablectl shows what AWS drops and is put back, and changes nothing without a yes."""
    session = terminal("restore", "from-backup", backup, new, "--with-settings", columns=60)
    shown = session.read_until("Apply these changes? [y/N]")
    assert "RestoreSource" in shown
    session.type("n\n")
    assert 1 == session.end()
