"""Who types a command of the AWS CLI is told what to type instead."""

import click
import pytest

from tableadmin.channel import SERVICE
from tableadmin.cli.app.aws_names import COMMANDS, hint
from tableadmin.cli.app.program import tablectl
from tests.cli.running import Run


def _dashed(rpc: str) -> str:
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in rpc).lstrip("-")


def test_commands_of_operations() -> None:
    """Each row is an operation of the contract and a command that is there."""
    assert {*map(_dashed, SERVICE.methods_by_name), "wait"} >= set(COMMANDS)
    for words in COMMANDS.values():
        command: click.Command | None = tablectl
        for word in words.split():
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word)
        assert command is not None, words


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["put-item", "--table-name", "M"], "put-item"),
        (["dynamodb", "query", "--table-name", "M"], "query"),
        (["scan", "M"], "scan"),
        (["put-itme", "M"], "put-item"),
        (["item", "get", "M"], "get-item"),
        (["items"], "get-item, put-item, query or scan"),
    ],
)
def test_commands_for_items(offline: Run, arguments: list[str], command: str) -> None:
    """Who types a command for items is told which command of the AWS CLI to use instead."""
    ran = offline(*arguments)
    assert 64 == ran.returncode
    assert f"tablectl is for tables, not for items; use 'aws dynamodb {command}'" in ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["describe-tabel", "M"],
        ["describe-table", "--table-name", "M"],
        ["dynamodb", "describe-table"],
        ["dynamodb", "--region", "us-west-2", "describe-table"],
        ["table", "describe-table"],
    ],
)
def test_the_command_is_named(offline: Run, arguments: list[str]) -> None:
    """With or without `dynamodb`, and inside of a group."""
    ran = offline(*arguments)
    assert 64 == ran.returncode
    assert "the AWS CLI's describe-table is 'tablectl table describe'" in ran.stderr


def test_every_operation_has_a_hint() -> None:
    """An operation without a row, such as a new one, is called by tablectl call."""
    for rpc in SERVICE.methods_by_name:
        assert hint([_dashed(rpc)]).startswith(f"the AWS CLI's {_dashed(rpc)} is 'tablectl ")


def test_an_operation_without_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who types an operation that has no command of its own is told of tablectl call."""
    monkeypatch.delitem(COMMANDS, "describe-limits")
    assert "the AWS CLI's describe-limits is 'tablectl call DescribeLimits'" == hint(["describe-limits"])
    assert not hint(["describe-nothing"])


def test_other_words_are_no_commands(offline: Run) -> None:
    """A word that the AWS CLI does not have either is refused as before."""
    assert "did you mean" in offline("tabel").stderr.lower()
