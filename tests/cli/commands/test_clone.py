"""`tablectl clone`."""

import json
from collections.abc import Callable, Iterator

import boto3
import pytest

from tests.cli.commands.test_apply import one_line, operations
from tests.cli.commands.test_export import EVERYTHING, STREAM, at_two, two
from tests.cli.running import Run
from tests.cli.terminal import Terminal

__all__ = ["at_two", "two"]

NOTE = "note: not cloned: items, auto scaling, system tags (aws:), backups, stream records and alarms"


@pytest.fixture
def new(tablectl: Run, table: str) -> Iterator[str]:
    """The name of a table that is deleted at the end."""
    yield f"{table}-new"
    tablectl("table", "delete", f"{table}-new", "--yes")


def test_a_table_with_everything(tablectl: Run, table: str, new: str) -> None:
    """The clone has everything that the table has, and its policy speaks of itself; then nothing differs."""
    arn = json.loads(tablectl("table", "describe", table, "-o", "json").stdout)["Table"]["TableArn"]
    for command in EVERYTHING:
        assert 0 == tablectl(*(table if part == "TABLE" else part for part in command)).returncode
    principal = {"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem"}
    policy = {"Version": "2012-10-17", "Statement": [{**principal, "Resource": [arn, f"{arn}/index/*"]}]}
    assert 0 == tablectl("policy", "set", table, json.dumps(policy)).returncode
    ran = tablectl("clone", table, new, "--yes")
    assert (0, [NOTE, f"note: table {new}: its changes also go to {STREAM}"]) == (
        ran.returncode,
        ran.stderr.splitlines(),
    )
    assert f"+ {new} (create)" == ran.stdout.splitlines()[0]
    assert "1 table: 1 succeeded" == ran.stdout.splitlines()[-1]
    exported, cloned = (tablectl("export", name).stdout for name in (table, new))
    assert (
        exported.replace(f"table/{table}", f"table/{new}").replace(
            f"TableName: {table}\n", f"TableName: {new}\n"
        )
        == cloned
    )
    assert f"{arn}-new/index/*" in cloned
    again = tablectl("clone", table, new)
    assert (0, "all tables already match their specs") == (again.returncode, again.stderr.splitlines()[-1])
    assert 1 == len(operations(tablectl, new))


def test_with_data(tablectl: Run, table: str, new: str) -> None:
    """The items come by a restore to the latest time, in one operation; that needs recovery."""
    refused = tablectl("clone", table, new, "--with-data", "--yes")
    why = f"tablectl: nothing changed: {new}: point-in-time recovery of table {table} is disabled: enable it"
    assert (1, why) == (refused.returncode, refused.stderr.splitlines()[-1][: len(why)])
    assert "note:" not in refused.stderr
    assert 0 == tablectl("pitr", "enable", table, "--wait").returncode
    address = json.loads(tablectl("endpoints", "-o", "json").stdout)["Endpoints"][0]["Address"]
    engine = boto3.client(
        "dynamodb",
        endpoint_url=f"http://{address}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    item = {"Artist": {"S": "No One You Know"}, "SongTitle": {"S": "Call Me Today"}}
    engine.put_item(TableName=table, Item=item)
    ran = tablectl("clone", table, new, "--with-data", "--yes")
    assert (0, [NOTE.replace("items, ", "")]) == (ran.returncode, ran.stderr.splitlines())
    (operation,) = operations(tablectl, new)
    calls = json.loads(tablectl("operation", "show", str(operation["OperationId"]), "-o", "json").stdout)
    assert "RestoreTableToPointInTime" == calls["Operation"]["Calls"][0]["Operation"]
    assert [item] == engine.scan(TableName=new)["Items"]
    again = tablectl("clone", table, new, "--with-data", "--yes")
    said = f"tablectl: nothing changed: table {new} already exists, and AWS restores only to new tables"
    assert (1, said) == (again.returncode, again.stderr.splitlines()[-1])
    assert "note:" not in again.stderr


def test_with_data_of_another_endpoint(tablectl: Run, table: str, new: str) -> None:
    """AWS restores within a Region: items do not go to another endpoint."""
    ran = tablectl("clone", table, new, "--with-data", "--to", "elsewhere", "--yes")
    assert (64, 1) == (ran.returncode, len(ran.stderr.splitlines()))
    assert "--with-data copies within an endpoint" in ran.stderr


def test_a_name_that_is_taken(tablectl: Run, table: str, new: str) -> None:
    """A table that is there and differs is shown as it differs, and left alone."""
    tablectl("table", "create", new, "--hash-key", "A:S", "--on-demand", "--wait")
    ran = tablectl("clone", table, new, "--yes")
    said = f"tablectl: nothing changed: table {new} already exists and differs"
    assert (1, said) == (ran.returncode, ran.stderr.splitlines()[-1])
    assert "note:" not in ran.stderr
    assert f"-/+ {new} (replace)" == ran.stdout.splitlines()[0]
    assert [] == operations(tablectl, new)


def test_what_can_not_be_cloned(tablectl: Run, table: str) -> None:
    """A table that is not there, and a name that can't be, are errors; without --yes there is a question."""
    assert "Requested resource not found" in one_line(tablectl("clone", "nowhere", "Music", "--yes"), 1)
    wrong = tablectl("clone", table, "x", "--yes")
    assert (1, "tablectl: 1 violation in 1 of 1 table") == (wrong.returncode, wrong.stderr.splitlines()[-1])
    unasked = tablectl("clone", table, f"{table}-b")
    assert (64, True) == (unasked.returncode, "Without a terminal, tablectl requires --yes" in unasked.stderr)


def test_on_a_terminal(terminal: Callable[..., Terminal], tablectl: Run, table: str, new: str) -> None:
    """The plan is shown and asked about."""
    session = terminal("clone", table, new)
    session.read_until("Apply these changes? [y/N] ")
    session.type("y\n")
    assert 0 == session.end()
    assert "1 table: 1 succeeded" == session.screen.splitlines()[-1]
    assert new in tablectl("table", "list").stdout.splitlines()


def test_between_endpoints(at_two: Run, table_name: str) -> None:
    """A table is cloned from one endpoint to another, under its own name if one likes, without its policy."""
    create = ("--hash-key", "A:S", "--on-demand", "--endpoint", "mini", "--wait")
    assert 0 == at_two("table", "create", table_name, *create).returncode
    at_two("tag", "set", table_name, "a=b", "--endpoint", "mini")
    arn = json.loads(at_two("table", "describe", table_name, "-o", "json", "--endpoint", "mini").stdout)[
        "Table"
    ]["TableArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": arn}],
    }
    assert 0 == at_two("policy", "set", table_name, json.dumps(policy), "--endpoint", "mini").returncode
    ran = at_two("clone", table_name, table_name, "--from", "mini", "--to", "local", "--yes", "--detach")
    assert 0 == ran.returncode
    reason = f"the resource policy is not cloned: it contains the ARN of table {table_name}"
    left = f"note: table {table_name}: {reason}"
    assert [NOTE, left] == ran.stderr.splitlines()[:2]
    assert "+ Tags: [{Key: a, Value: b}] [skipped: " in ran.stdout
    operation_id = ran.stdout.split()[-1]
    command = f"tablectl operation watch {operation_id} --endpoint local"
    assert f"to see them, run '{command}'" in ran.stderr
    assert 0 == at_two(*command.split()[1:]).returncode
    assert table_name in at_two("table", "list", "--endpoint", "local").stdout.splitlines()
    for endpoint in ("mini", "local"):
        at_two("table", "delete", table_name, "--yes", "--endpoint", endpoint)
