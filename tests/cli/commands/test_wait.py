"""`tablectl wait`: every way in which it can end."""

import json
import re
from collections.abc import Callable

import pytest

from tableadmin.cli.requests.wait_conditions import KINDS, Condition, condition, forms
from tableadmin.v1 import WaitCondition, WaitRequest
from tests.cli.piping import piped
from tests.cli.running import Run, runner
from tests.cli.terminal import Terminal
from tests.measuring import first_that

StartTerminal = Callable[..., Terminal]


def test_every_condition_of_the_contract_has_a_word() -> None:
    """What the contract can wait for, the command can."""
    known = {f"WAIT_CONDITION_{kind.name}" for kind in KINDS.values()}
    assert set(WaitCondition.keys()) - {"WAIT_CONDITION_UNSPECIFIED"} == known


@pytest.mark.parametrize("form", forms())
def test_what_a_condition_is_about_is_a_field(form: str) -> None:
    """Each form makes fields of WaitRequest, the name among them."""
    made = condition(form, "Music")
    assert "Music" in made.subject.values()
    assert set(made.subject) <= set(WaitRequest.DESCRIPTOR.fields_by_name)


def test_a_condition_with_an_index() -> None:
    """Behind the sign stands the index."""
    about = {"table_name": "Music", "index_name": "GenreIdx"}
    assert Condition("INDEX_ACTIVE", about) == condition("index-active=GenreIdx", "Music")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("index-active", "'index-active' should be index-active=INDEX"),
        ("index-active=", "'index-active=' should be index-active=INDEX"),
        ("settled=now", "'settled=now' should be settled"),
        ("indexs-active", "'indexs-active' is not a condition; did you mean 'indexes-active'?"),
        ("nonsense", "'nonsense' is not a condition; one of table-active, deleted, index-active=INDEX,"),
    ],
)
def test_a_wrong_condition(offline: Run, text: str, said: str) -> None:
    """A condition that is none is a matter of usage, with the right form beside it."""
    ran = offline("wait", "Music", "--for", text)
    assert (64, "") == (ran.returncode, ran.stdout)
    assert said in ran.stderr
    assert 1 == len(ran.stderr.splitlines())


@pytest.mark.parametrize("text", ["table-active", "indexes-active", "settled", "ttl-settled"])
def test_what_holds_already(tablectl: Run, table: str, text: str) -> None:
    """A condition that holds ends with 0 and shows the table."""
    ran = tablectl("wait", table, "--for", text)
    assert (0, "") == (ran.returncode, ran.stderr)
    assert f"table {table} ACTIVE" == ran.stdout.splitlines()[0]


def test_an_index(tablectl: Run, table: str) -> None:
    """An index is waited for by its name; JSON is what DescribeTable shows."""
    tablectl("index", "create", table, "Idx", "--hash-key", "G:S", "--read", "1", "--write", "1")
    ran = tablectl("wait", table, "--for", "index-active=Idx", "-o", "json")
    assert 0 == ran.returncode
    assert "Idx" == json.loads(ran.stdout)["Table"]["GlobalSecondaryIndexes"][0]["IndexName"]
    missing = tablectl("wait", table, "--for", "index-active=Other")
    assert (1, "") == (missing.returncode, missing.stdout)
    assert f"table {table} has no index Other" in missing.stderr


def test_parts_say_how_they_stand(tablectl: Run, table: str) -> None:
    """A wait for time to live or recovery shows their status beside the table's."""
    tablectl("ttl", "enable", table, "expires")
    ran = tablectl("wait", table, "--for", "ttl-settled")
    assert [f"table {table} ACTIVE", "time to live ENABLED"] == ran.stdout.splitlines()


def test_a_table_that_goes(served: dict[str, str], tablectl: Run, table: str) -> None:
    """`deleted` holds when the table is deleted; what is awaited meanwhile is a line on standard error."""
    with piped(served, "wait", table, "--for", "deleted") as process:
        assert process.stderr is not None
        assert re.fullmatch(rf"\d+ s: {table}: table: ACTIVE\n", process.stderr.readline())
        tablectl("table", "delete", table, "--yes")
        assert 0 == process.wait(60)
        assert process.stdout is not None
        assert f"table {table} is deleted\n" == process.stdout.read()


def test_what_cannot_hold_any_more(served: dict[str, str], tablectl: Run, table: str) -> None:
    """Waiting for something of a table ends with 1 as soon as the table is deleted, and says why."""
    with piped(served, "wait", table, "--for", "stream-enabled") as process:
        assert process.stderr is not None
        assert re.fullmatch(rf"\d+ s: {table}: stream: disabled\n", process.stderr.readline())
        tablectl("table", "delete", table, "--yes")
        assert 1 == process.wait(60)
        assert "tablectl: the condition can no longer be met: " in process.stderr.read()


def test_too_short(tablectl: Run, table: str) -> None:
    """--timeout is the time of the waiting: when it is over, 1 and what is still awaited."""
    # On a busy machine the state may come after so short a time.
    ran = first_that(
        lambda: tablectl("wait", table, "--for", "deleted", "--timeout", "1s"),
        lambda each: "still pending: table" in each.stderr,
    )
    assert (1, "") == (ran.returncode, ran.stdout)
    assert f"tablectl: {table}: after 1 s still pending: table: ACTIVE\n" in ran.stderr


def test_a_deadline_of_calls_is_none_of_waiting(slow: dict[str, str], table_name: str) -> None:
    """TABLEADMIN_TIMEOUT, the deadline of each call, does not shorten a wait."""
    hurried = runner({**slow, "TABLEADMIN_TIMEOUT": "0.3s"})
    hurried("table", "create", table_name, "--hash-key", "A:S", "--on-demand", "--timeout", "60s")
    assert 0 == hurried("wait", table_name, "--for", "table-active").returncode


@pytest.mark.parametrize("text", ["backup-available", "export-completed", "import-completed"])
def test_things_have_an_arn(tablectl: Run, text: str) -> None:
    """A backup, an export and an import are named by their ARN; one that is not there is an error."""
    kind = text.partition("-")[0]
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/Music/{kind}/01489602797149-73d8d5bc"
    ran = tablectl("wait", arn, "--for", text, "--timeout", "5s")
    assert (1, "") == (ran.returncode, ran.stdout)
    assert 1 == len(ran.stderr.splitlines())


def test_a_backup(tablectl: Run, table: str) -> None:
    """A backup that is AVAILABLE is shown as such, and in JSON as DescribeBackup does."""
    request = json.dumps({"TableName": table, "BackupName": "nightly"})
    arn = json.loads(tablectl("call", "CreateBackup", request).stdout)["BackupDetails"]["BackupArn"]
    ran = tablectl("wait", arn, "--for", "backup-available")
    assert (0, f"backup {arn} AVAILABLE\n") == (ran.returncode, ran.stdout)
    as_json = json.loads(tablectl("wait", arn, "--for", "backup-available", "-o", "json").stdout)
    assert arn == as_json["BackupDescription"]["BackupDetails"]["BackupArn"]


def test_ctrl_c(terminal: StartTerminal, table: str) -> None:
    """On a terminal one line shows what is awaited; Ctrl-C ends the waiting with 130."""
    session = terminal("wait", table, "--for", "deleted")
    session.read_until(f"{table}: table: ACTIVE (")
    session.type("\x03")
    assert 130 == session.end()
    assert f"stopped waiting for {table}" in session.screen
    assert "continues" not in session.screen


def test_the_forms_are_completed(served: dict[str, str]) -> None:
    """A shell is offered the conditions, with the sign where something has to follow."""
    line = {"COMP_WORDS": "tablectl wait Music --for index", "COMP_CWORD": "4"}
    offered = runner({**served, "_TABLECTL_COMPLETE": "bash_complete", **line})().stdout
    assert {"index-active=", "index-deleted=", "indexes-active"} == {
        each.partition(",")[2] for each in offered.splitlines()
    }
