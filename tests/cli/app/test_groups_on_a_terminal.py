"""The groups beside the lifecycle on a terminal, and in a shell that completes."""

from collections.abc import Callable, Iterator

import pytest

from tests.cli.fields import fields_of
from tests.cli.running import Run
from tests.cli.terminal import Terminal

StartTerminal = Callable[..., Terminal]


@pytest.fixture
def backup(tablectl: Run, table: str) -> Iterator[str]:
    """The name of a backup of that table."""
    name = f"{table}-b"
    arn = fields_of(tablectl("backup", "create", table, name, "--wait"))["ARN"]
    yield name
    tablectl("backup", "delete", arn, "--yes")


def test_the_name_deletes(terminal: StartTerminal, tablectl: Run, table: str, backup: str) -> None:
    """A backup is deleted once its name was typed, and left alone after anything else."""
    for typed, code, said in (
        ("yes", 1, f"nothing changed: 'yes' is not '{backup}'"),
        (backup, 0, "is deleted"),
    ):
        assert backup in tablectl("backup", "list", table).stdout
        session = terminal("backup", "delete", backup)
        session.read_until("Type the name to confirm: ")
        session.type(f"{typed}\n")
        assert code == session.end()
        assert said in session.screen
    assert "" == tablectl("backup", "list", table).stdout


@pytest.mark.parametrize("arguments", [["list"], ["describe"]], ids=" ".join)
def test_40_columns(terminal: StartTerminal, table: str, backup: str, arguments: list[str]) -> None:
    """On 40 columns nothing is wider: a row is a block of its own, and an ARN is folded."""
    session = terminal("backup", *arguments, table if arguments == ["list"] else backup, columns=40)
    assert 0 == session.end()
    lines = session.screen.splitlines()
    assert [] == [line for line in lines if len(line) > 40]
    assert ["Backup", backup] in [line.split() for line in lines]


def _complete(tablectl: Run, *words: str) -> list[str]:
    line = " ".join(["tablectl", *words])
    ran = tablectl(_TABLECTL_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words)))
    assert "" == ran.stderr
    return [offer.partition(",")[2] for offer in ran.stdout.split()]


def test_names_are_completed(tablectl: Run, table: str, backup: str) -> None:
    """Tables, backups and choices are offered."""
    for words in (
        ["backup", "create"],
        ["restore", "to-point-in-time"],
        ["pitr", "enable"],
        ["stream", "show"],
        ["kinesis", "list"],
        ["insights", "list"],
        ["policy", "set"],
        ["replica", "add"],
        ["global-table", "describe"],
        ["autoscaling", "show"],
        ["export-s3", "start"],
        ["bulk", "start"],
    ):
        assert [table] == _complete(tablectl, *words, table), words
    assert [backup] == _complete(tablectl, "restore", "from-backup", backup[:8])
    assert ["OLD_IMAGE"] == _complete(tablectl, "stream", "enable", table, "O")
