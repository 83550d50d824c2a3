"""`tablectl operation`, through a real server."""

import json
import signal
from collections.abc import Callable

import pytest

from tests.cli.commands.test_apply import index, modelled, no_changes, one_line, operations, world
from tests.cli.commands.test_plan import file, spec
from tests.cli.fields import fields_of
from tests.cli.piping import piped, read_until
from tests.cli.running import PROGRAM, Run, runner
from tests.cli.terminal import Terminal
from tests.operations.harness.world import World

__all__ = ["file", "modelled", "world"]

File = Callable[..., str]


@pytest.fixture
def applied(tablectl: Run, file: File, table: str) -> str:
    """The id of an operation that gave the table two tags."""
    path = file("applied.yaml", spec(table, Tags={"a": "b", "c": "d"}))
    assert 0 == tablectl("apply", "-f", path, "--yes", "--request-id", f"r-{table}").returncode
    return str(operations(tablectl, table)[0]["OperationId"])


def test_a_list(tablectl: Run, applied: str, file: File, table: str) -> None:
    """Operations are listed newest first, and by table, state, request and number."""
    assert 0 == tablectl("apply", "-f", file("b.yaml", spec(table)), "--yes").returncode
    newer, older = operations(tablectl, table)
    assert applied == older["OperationId"]
    ran = tablectl("operation", "list", "--table", table)
    head, *rows = ran.stdout.splitlines()
    assert ["OPERATION", "TABLE", "STATE", "CALLS", "CREATED", "TOOK", "BY"] == head.split()
    assert [newer["OperationId"], applied] == [row.split()[0] for row in rows]
    assert [table, "SUCCEEDED", "1", "of", "1"] == rows[1].split()[1:6]
    for filters, found in (
        (("--limit", "1"), [newer]),
        (("--request-id", f"r-{table}"), [older]),
        (("--state", "running", "--state", "PENDING"), []),
        (("--state", "succeeded"), [newer, older]),
    ):
        ran = tablectl("operation", "list", "--table", table, *filters, "-o", "json")
        assert {"Operations": found} == json.loads(ran.stdout)
    nothing = tablectl("operation", "list", "--table", "nowhere")
    assert ("", "no operations\n") == (nothing.stdout, one_line(nothing, 0))


def test_everything_about_one(tablectl: Run, applied: str, table: str) -> None:
    """Who asked for what and when, each call with the id that AWS gave it; JSON has the spec beside."""
    ran = tablectl("operation", "show", applied)
    fields = fields_of(ran)
    assert (applied, table, "SUCCEEDED") == (fields["Operation"], fields["Table"], fields["State"])
    assert "@" in fields["By"]
    assert f"r-{table}" == fields["Request"]
    shown = json.loads(tablectl("operation", "show", applied, "-o", "json").stdout)["Operation"]
    (call,) = shown["Calls"]
    assert ("TagResource", "ACCEPTED") == (call["Operation"], call["Outcome"])
    assert ran.stdout.splitlines()[-1].endswith(call["AwsRequestId"])
    assert [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}] == shown["Spec"]["Tags"]


@pytest.mark.parametrize("command", ["show", "watch", "cancel"])
def test_one_that_is_not_there(tablectl: Run, command: str) -> None:
    """An unknown id is one line and exit code 1."""
    assert "nowhere" in one_line(tablectl("operation", command, "nowhere"), 1)


@pytest.mark.parametrize("command", ["watch", "cancel"])
def test_which_ones(tablectl: Run, command: str) -> None:
    """Ids, or a request that has operations."""
    for arguments in ([], ["a", "--request-id", "b"]):
        ran = tablectl("operation", command, *arguments)
        assert "Give operation IDs or --request-id." in one_line(ran, 64)
    none = tablectl("operation", command, "--request-id", "nowhere")
    assert "tablectl: no operations found for request ID nowhere\n" == one_line(none, 1)


def test_one_that_had_ended(tablectl: Run, applied: str, table: str) -> None:
    """Cancelling what has ended changes nothing, and says so; the others are cancelled all the same."""
    ran = tablectl("operation", "cancel", applied)
    said = f"{applied} of table {table} has already ended: SUCCEEDED after 1 call"
    assert (0, [said, "  set 2 tags (TagResource): accepted"]) == (ran.returncode, ran.stdout.splitlines())
    two = tablectl("operation", "cancel", "nowhere", applied)
    assert (1, said) == (two.returncode, two.stdout.splitlines()[0])
    first, last = two.stderr.splitlines()
    assert first.startswith("tablectl: nowhere: ")
    assert "tablectl: 1 of 2 operations will stop" == last


def test_forgetting(tablectl: Run, applied: str, table: str) -> None:
    """`forget --yes` removes the record of an operation that has ended; without --yes nothing is removed."""
    refused = tablectl("operation", "forget", applied)
    assert "requires --yes" in one_line(refused, 64)
    assert applied in [each["OperationId"] for each in operations(tablectl, table)]
    ran = tablectl("operation", "forget", applied, "--yes")
    assert (0, "", f"deleted the record of operation {applied}\n") == (ran.returncode, ran.stdout, ran.stderr)
    assert [] == operations(tablectl, table)
    assert applied in one_line(tablectl("operation", "forget", applied, "--yes"), 1)


def test_forgetting_one_that_goes_on(modelled: dict[str, str], world: World, file: File) -> None:
    """An operation that has not ended is not forgotten: the error says to cancel the operation first."""
    world.made(spec("Music"))
    tablectl = runner(modelled)
    path = file("a.yaml", spec("Music", **index("GenreIdx"), Tags={"a": "b"}))
    with world.plane.model.standing(), piped(modelled, "apply", "-f", path, "--yes") as process:
        assert process.stdout is not None
        read_until(process, "waiting: table: UPDATING")
        (running,) = operations(tablectl, "Music")
        ran = tablectl("operation", "forget", str(running["OperationId"]), "--yes")
        assert "cancel the operation first" in one_line(ran, 1)


def test_cancelling(modelled: dict[str, str], world: World, file: File) -> None:
    """A cancelled operation stops before its next call; whoever watches it is told, with exit code 1."""
    world.made(spec("Music"))
    tablectl = runner(modelled)
    path = file("a.yaml", spec("Music", **index("GenreIdx"), Tags={"a": "b"}))
    with piped(modelled, "apply", "-f", path, "--yes") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        with world.plane.model.standing():
            read_until(process, "waiting: table: UPDATING")
            (running,) = operations(tablectl, "Music")
            ran = tablectl("operation", "cancel", str(running["OperationId"]))
            assert 0 == ran.returncode
        first, *calls = ran.stdout.splitlines()
        assert f"{running['OperationId']} of table Music stops before its next call; completed: " in first
        assert "  add index GenreIdx (UpdateTable): accepted" in calls
        assert 1 == process.wait(60)
        end = process.stdout.read().splitlines()
        assert "tablectl: tables that do not match their specs: Music\n" == process.stderr.read()
    assert end[-3].startswith("Music cancelled: 1 of 2 calls in ")
    assert [f"  operation {running['OperationId']}", "1 table: 1 cancelled"] == end[-2:]
    assert not no_changes(tablectl, path)
    watched = tablectl("operation", "watch", str(running["OperationId"]))
    assert "tablectl: tables that do not match their specs: Music\n" == one_line(watched, 1)


def test_watching(modelled: dict[str, str], world: World, file: File) -> None:
    """`operation watch` shows what `apply` does; Ctrl-C ends it with 130 and stops nothing."""
    world.made(spec("Music"))
    tablectl = runner(modelled)
    path = file("a.yaml", spec("Music", **index("GenreIdx")))
    with world.plane.model.standing():
        begun = tablectl("apply", "-f", path, "--yes", "--detach")
        operation_id = begun.stdout.split()[-1]
        session = Terminal([str(PROGRAM), "operation", "watch", operation_id], modelled, columns=200)
        session.read_until("1 table: 1 running; Ctrl-C does not stop the operations")
        session.type("\x03")
        assert 130 == session.end()
        again = f"to see them, run 'tablectl operation watch {operation_id}'"
        assert f"stopped watching; the changes continue; {again}" in session.screen
        with piped(modelled, "operation", "watch", operation_id, "-o", "json") as process:
            assert process.stdout is not None
            first = json.loads(process.stdout.readline())
            assert ("OPERATION", operation_id) == (first["type"], first["operation"]["OperationId"])
            process.send_signal(signal.SIGINT)
            assert 130 == process.wait(60)
    assert 0 == tablectl("operation", "watch", operation_id).returncode
    assert no_changes(tablectl, path)


def test_completion(tablectl: Run, applied: str) -> None:
    """A shell is offered the ids of operations, and the states."""
    line = {"COMP_WORDS": f"tablectl operation show {applied[:-4]}", "COMP_CWORD": "3"}
    offered = tablectl(_TABLECTL_COMPLETE="bash_complete", **line)
    assert (f"plain,{applied}\n", "") == (offered.stdout, offered.stderr)


def test_another_service(tablectl: Run, served: dict[str, str], file: File, table: str) -> None:
    """How to come back names the server and endpoint that the command line named."""
    where = ("--server", served["TABLEADMIN_SERVER"], "--endpoint", "embedded")
    path = file("a.yaml", spec(table, Tags={"a": "b"}))
    elsewhere = runner({**served, "TABLEADMIN_SERVER": "127.0.0.1:1"})
    ran = elsewhere("apply", "-f", path, "--yes", "--detach", *where)
    operation_id = ran.stdout.split()[-1]
    command = f"tablectl operation watch {operation_id} {' '.join(where)}"
    assert f"to see them, run '{command}'" in ran.stderr
    assert 0 == elsewhere(*command.split()[1:]).returncode
    assert no_changes(tablectl, path)
