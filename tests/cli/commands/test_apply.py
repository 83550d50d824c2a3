"""`tablectl apply`, through a real server."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tableadmin.cli.specs.applying import requester
from tableadmin.cli.views.operations.operation_text import STATES
from tests.cli.commands.test_plan import file, spec
from tests.cli.piping import piped, read_until
from tests.cli.running import PROGRAM, Run, runner
from tests.cli.terminal import Terminal
from tests.engines import Engine
from tests.operations.harness.world import World, replicated
from tests.planner.model.port import Asked, Given
from tests.server_process import running_server

__all__ = ["file"]

File = Callable[..., str]
StartTerminal = Callable[..., Terminal]

UNITS = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 5}
# Model seconds in a second: an index takes at least 500 of them to build, a table about 8.
SPEED = 150.0


def index(name: str) -> dict[str, object]:
    """Members that give a table the index NAME."""
    attributes = ("Artist", "SongTitle", "Genre")
    return {
        "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in attributes],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": name,
                "KeySchema": [{"AttributeName": "Genre", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            }
        ],
    }


def one_line(ran: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The one line that RAN wrote on standard error, after ending with CODE."""
    assert code == ran.returncode, ran.stderr
    assert 1 == len(ran.stderr.splitlines()), ran.stderr
    return ran.stderr


def no_changes(tablectl: Run, path: str) -> bool:
    """Whether the specs at PATH are how the tables are."""
    return tablectl("plan", "-f", path, "--exit-code").returncode == 0


def operations(tablectl: Run, table: str) -> list[dict[str, object]]:
    """The operations of TABLE, newest first."""
    listed = json.loads(tablectl("operation", "list", "--table", table, "-o", "json").stdout)
    found: list[dict[str, object]] = listed["Operations"]
    return found


def test_apply_in_a_pipe(tablectl: Run, file: File, table: str) -> None:
    """The plan, a line for each change of each table, and what came of each; then there is nothing to do."""
    new = f"{table}-2"
    path = file("a.yaml", spec(table, ProvisionedThroughput=UNITS, Tags={"a": "b"}), spec(new))
    planned = tablectl("plan", "-f", path).stdout
    ran = tablectl("apply", "-f", path, "--yes")
    assert (0, "") == (ran.returncode, ran.stderr)
    assert ran.stdout.startswith(planned)
    lines = ran.stdout.removeprefix(planned).splitlines()
    for name in (table, new):  # which calls show on the way is a matter of how fast they are
        its = [line.partition(f" s: {name}: ")[2] for line in lines if f" s: {name}: " in line]
        assert its[0].startswith("running")
        assert "succeeded" == its[-1]
    assert lines[-3].startswith(f"{table} succeeded: 2 calls in ")
    assert lines[-2].startswith(f"{new} succeeded: 1 call in ")
    assert "2 tables: 2 succeeded" == lines[-1]
    assert no_changes(tablectl, path)
    again = tablectl("apply", "-f", path)
    assert (0, "all tables already match their specs\n") == (again.returncode, again.stderr)
    assert (1, 1) == (len(operations(tablectl, table)), len(operations(tablectl, new)))
    assert 0 == tablectl("table", "delete", new, "--yes").returncode


def test_a_pipe_needs_yes(tablectl: Run, file: File, table: str) -> None:
    """Where nobody can be asked, --yes is wanted: nothing is done, and the exit code is 2."""
    path = file("a.yaml", spec(table, Tags={"a": "b"}))
    ran = tablectl("apply", "-f", path)
    assert "tablectl: This changes 1 table. Without a terminal, tablectl requires --yes\n" == one_line(
        ran, 64
    )
    assert f"~ {table} (update)" == ran.stdout.splitlines()[0]
    assert [] == operations(tablectl, table)


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_documents(tablectl: Run, file: File, table: str, output: str) -> None:
    """With -o json each line is an object: the plan, then operations as they change; YAML is documents."""
    path = file("a.yaml", spec(table, Tags={"a": "b"}))
    ran = tablectl("apply", "-f", path, "--yes", "-o", output)
    assert (0, "") == (ran.returncode, ran.stderr)
    json_lines = [json.loads(line) for line in ran.stdout.splitlines()] if output == "json" else None
    plan, *changes = json_lines or yaml.safe_load_all(ran.stdout)
    assert ["time", "type", "plans"] == list(plan)
    assert ("PLAN", table) == (plan["type"], plan["plans"][0]["TableName"])
    assert {"OPERATION"} == {each["type"] for each in changes}
    assert ["time", "type", "operation"] == list(changes[-1])
    states = [each["operation"]["State"] for each in changes]
    assert ("SUCCEEDED", sorted(states, key=STATES.index)) == (states[-1], states)


@pytest.mark.parametrize("typed", ["y\n", "YES\n"])
def test_yes_on_a_terminal(
    terminal: StartTerminal, tablectl: Run, file: File, table: str, typed: str
) -> None:
    """On a terminal the plan is shown and asked about; after yes the tables stand side by side until done."""
    path = file("a.yaml", spec(table, Tags={"a": "b"}))
    session = terminal("apply", "-f", path, columns=120)
    asked = session.read_until("Apply these changes? [y/N] ")
    assert f"~ {table} (update)" in asked
    session.type(typed)
    assert 0 == session.end()
    assert "1 table: 1 succeeded" == session.screen.splitlines()[-1]
    assert no_changes(tablectl, path)


@pytest.mark.parametrize(
    ("typed", "code"), [("n\n", 1), ("\n", 1), ("\x04", 1), ("yep\n", 1), ("\x03", 130)], ids=repr
)
def test_anything_else_does_nothing(
    terminal: StartTerminal, tablectl: Run, file: File, table: str, typed: str, code: int
) -> None:
    """Any other answer changes nothing."""
    session = terminal("apply", "-f", file("a.yaml", spec(table, Tags={"a": "b"})))
    session.read_until("[y/N] ")
    session.type(typed)
    assert code == session.end()
    assert ("tablectl: nothing changed" in session.screen) == (code == 1)
    assert [] == operations(tablectl, table)


def test_destruction_wants_a_flag(tablectl: Run, file: File, table: str) -> None:
    """What goes for good is named with the flag that lets it go; nothing at all is done without it."""
    made = file("a.yaml", spec(table, **index("GenreIdx")))
    assert 0 == tablectl("apply", "-f", made, "--yes").returncode
    path = file("b.yaml", spec(table, Tags={"a": "b"}), spec(f"{table}-2"))
    ran = tablectl("apply", "-f", path, "--yes")
    needs = f"{table} needs --allow-destructive (GlobalSecondaryIndexes[GenreIdx])"
    assert f"tablectl: nothing changed: {needs}\n" == one_line(ran, 1)
    assert (1, []) == (len(operations(tablectl, table)), operations(tablectl, f"{table}-2"))
    alone = file("c.yaml", spec(table, Tags={"a": "b"}))
    assert 0 == tablectl("apply", "-f", alone, "--yes", "--allow-destructive").returncode
    assert no_changes(tablectl, alone)


def test_replacement_wants_a_flag(tablectl: Run, file: File, table: str) -> None:
    """A table is made anew with the flag alone, and never where it is protected."""
    key = [{"AttributeName": "SongTitle", "KeyType": "HASH"}]
    definitions = [{"AttributeName": "SongTitle", "AttributeType": "S"}]
    path = file("a.yaml", spec(table, KeySchema=key, AttributeDefinitions=definitions))
    ran = tablectl("apply", "-f", path, "--yes", "--allow-destructive")
    assert f"tablectl: nothing changed: {table} needs --allow-replacement (KeySchema)\n" == one_line(ran, 1)
    tablectl("table", "update", table, "--deletion-protection", "--wait")
    refused = tablectl("apply", "-f", path, "--yes", "--allow-replacement")
    assert f"nothing changed: {table}: deletion protection is on" in one_line(refused, 1)
    tablectl("table", "update", table, "--no-deletion-protection", "--wait")
    done = tablectl("apply", "-f", path, "--yes", "--allow-replacement")
    assert (0, "") == (done.returncode, done.stderr)
    assert no_changes(tablectl, path)


def test_specs_that_cannot_be(tablectl: Run, file: File, table: str) -> None:
    """All violations, and typos in files, are said as by `plan`, and nothing is done."""
    path = file("a.yaml", spec(table, Tags={"a": "b"}), spec("Mu", ProvisionedThroughput=None))
    ran = tablectl("apply", "-f", path, "--yes")
    assert (1, "") == (ran.returncode, ran.stdout)
    assert "tablectl: 2 violations in 1 of 2 tables" == ran.stderr.splitlines()[-1]
    typo = tablectl("apply", "-f", file("b.yaml", spec(table, Tgas={"a": "b"})), "--yes")
    assert "did you mean 'Tags'?" in one_line(typo, 1)
    missing = tablectl("apply", "-f", "missing.yaml", "--yes")
    assert "tablectl: missing.yaml: No such file or directory\n" == one_line(missing, 1)
    assert [] == operations(tablectl, table)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give -f FILE or a PLAN"),
        (["a.plan", "-f", "a.yaml"], "give -f FILE or a PLAN"),
        (["a.plan", "--param", "A=B"], "--param requires -f FILE"),
    ],
)
def test_wrong_usage(offline: Run, arguments: list[str], said: str) -> None:
    """Files or a plan: anything else is refused as wrong usage."""
    ran = offline("apply", *arguments)
    assert said in one_line(ran, 64)


def test_no_server(offline: Run, file: File) -> None:
    """Where no server answers, a line says how to start one."""
    ran = offline("apply", "-f", file("a.yaml", spec("Music")), "--yes")
    assert "is the server running?" in one_line(ran, 1)


def test_a_plan_that_is_kept(tablectl: Run, file: File, table: str, tmp_path: Path) -> None:
    """`plan --out` keeps what `apply` then does without the files; once it is done there is nothing to do."""
    kept = str(tmp_path / "music.plan")
    specs = file("a.yaml", spec(table, Tags={"a": "b"}), spec(f"{table}-2"))
    planned = tablectl("plan", "-f", specs, "--out", kept, "--exit-code")
    assert (2, f"plan saved; apply it with 'tablectl apply {kept}'\n") == (planned.returncode, planned.stderr)
    ran = tablectl("apply", kept, "--yes")
    assert (0, planned.stdout) == (ran.returncode, ran.stdout[: len(planned.stdout)])
    assert no_changes(tablectl, specs)
    assert "all tables already match their specs\n" == one_line(tablectl("apply", kept, "--yes"), 0)
    tablectl("table", "delete", f"{table}-2", "--yes")


def test_a_plan_of_what_has_changed(tablectl: Run, file: File, table: str, tmp_path: Path) -> None:
    """Where a table has changed since it was planned, nothing is done to any, and what differs is said."""
    kept = str(tmp_path / "music.plan")
    tablectl("plan", "-f", file("a.yaml", spec(table, Tags={"a": "b"}), spec(f"{table}-2")), "--out", kept)
    tablectl("tag", "set", table, "c=d")
    ran = tablectl("apply", kept, "--yes")
    changed = f"changed since the plan was made: {table} (Tags[c]); make a new plan"
    assert f"tablectl: nothing changed: {changed}\n" == one_line(ran, 1)
    assert "- Tags[c]: d" in ran.stdout
    assert ([], []) == (operations(tablectl, table), operations(tablectl, f"{table}-2"))


def test_a_table_that_changes_under_the_question(
    terminal: StartTerminal, tablectl: Run, file: File, table: str
) -> None:
    """What changes between the plan and the answer is seen by the service: nothing is done."""
    session = terminal("apply", "-f", file("a.yaml", spec(table, Tags={"a": "b"})), columns=200)
    session.read_until("[y/N] ")
    tablectl("tag", "set", table, "c=d")
    session.type("y\n")
    assert 1 == session.end()
    assert (
        f"tablectl: {table}: the table has changed since it was planned: Tags[c] (TABLE_HAS_MOVED_ON"
        in session.screen
    )
    assert [] == operations(tablectl, table)


def test_a_plan_is_for_its_endpoint(tablectl: Run, file: File, tmp_path: Path) -> None:
    """A plan that was made for one endpoint is not applied to another."""
    kept = str(tmp_path / "music.plan")
    planned = tablectl("plan", "-f", file("a.yaml", spec("Music")), "--out", kept, "--endpoint", "embedded")
    assert f"plan saved; apply it with 'tablectl apply {kept} --endpoint embedded'\n" == planned.stderr
    ran = tablectl("apply", kept, "--yes")
    said = f"nothing changed: {kept} is for endpoint 'embedded', not for the default endpoint"
    assert f"tablectl: {said}\n" == one_line(ran, 64)


def test_what_is_no_plan(tablectl: Run, file: File, table: str) -> None:
    """A file of specs is neither read as a plan nor overwritten by one; a refused plan is not kept."""
    specs = file("a.yaml", spec(table, KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}]))
    ran = tablectl("apply", specs, "--yes")
    assert f"{specs}: not a plan file of 'tablectl plan --out' (give spec files with -f)" in one_line(ran, 1)
    before = Path(specs).read_text()
    ran = tablectl("plan", "-f", specs, "--out", specs)
    assert f"tablectl: {specs}: exists and is not a plan file; nothing was written\n" == one_line(ran, 64)
    assert before == Path(specs).read_text()
    tablectl("table", "update", table, "--deletion-protection", "--wait")
    kept = Path(specs).with_name("refused.plan")
    definitions = [{"AttributeName": "Artist", "AttributeType": "S"}]
    other = file(
        "b.yaml",
        spec(
            table,
            KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}],
            AttributeDefinitions=definitions,
        ),
    )
    assert f"tablectl: plans that cannot be applied: {table}\n" == one_line(
        tablectl("plan", "-f", other, "--out", str(kept)), 1
    )
    assert not kept.exists()


def test_detached(tablectl: Run, file: File, table: str) -> None:
    """--detach names the operations and how to come back to them, and they go on."""
    path = file("a.yaml", spec(table, Tags={"a": "b"}))
    ran = tablectl("apply", "-f", path, "--yes", "--detach")
    assert 0 == ran.returncode
    line = ran.stdout.splitlines()[-1]
    table_said, _, operation_id = line.partition(": operation ")
    assert table == table_said
    watch, cancel = (f"'tablectl operation {verb} {operation_id}'" for verb in ("watch", "cancel"))
    assert f"the changes continue; to see them, run {watch}; to stop them, run {cancel}\n" == ran.stderr
    watched = tablectl("operation", "watch", operation_id)
    assert (0, "1 table: 1 succeeded") == (watched.returncode, watched.stdout.splitlines()[-1])
    assert no_changes(tablectl, path)


def test_many_are_named_by_their_request(tablectl: Run, file: File, table_name: str) -> None:
    """Of many tables the request is named, by which they are watched and cancelled too."""
    names = [f"{table_name}-{number}" for number in range(5)]
    path = file("a.yaml", *map(spec, names))
    ran = tablectl("apply", "-f", path, "--yes", "--detach", "--request-id", table_name)
    assert f"to see them, run 'tablectl operation watch --request-id {table_name}'" in ran.stderr
    watched = tablectl("operation", "watch", "--request-id", table_name)
    assert (0, "5 tables: 5 succeeded") == (watched.returncode, watched.stdout.splitlines()[-1])
    assert names == [line.partition(" ")[0] for line in watched.stdout.splitlines()[-6:-1]]
    for name in names:
        tablectl("table", "delete", name, "--yes")


def test_a_request_is_made_once(tablectl: Run, file: File, table: str) -> None:
    """What was asked under a name is shown, not done, when it is asked again; other specs are refused."""
    path, name = file("a.yaml", spec(table, Tags={"a": "b"})), f"request-{table}"
    assert 0 == tablectl("apply", "-f", path, "--yes", "--request-id", name).returncode
    tablectl("tag", "set", table, "c=d")
    again = tablectl("apply", "-f", path, "--yes", "--request-id", name)
    assert f"{name} was requested before\n" == one_line(again, 0)
    assert "1 table: 1 succeeded" == again.stdout.splitlines()[-1]
    assert 1 == len(operations(tablectl, table))
    other = tablectl("apply", "-f", file("b.yaml", spec(table)), "--yes", "--request-id", name)
    assert f"tablectl: nothing changed: {name} is the ID of a request with other specs\n" == one_line(
        other, 1
    )


@pytest.fixture
def world(start_engine: Callable[[str], Engine]) -> Iterator[World]:
    """A server in front of the model, where changes take their time."""
    with replicated(start_engine("ministack"), "--operation-lease", "3", count=1, speed=SPEED) as running:
        yield running


@pytest.fixture
def modelled(environment: dict[str, str], world: World) -> dict[str, str]:
    """The environment of a user of that server."""
    return {**environment, "TABLEADMIN_SERVER": world.replicas[0].process.address}


def test_tables_side_by_side(modelled: dict[str, str], world: World, file: File) -> None:
    """On a terminal each table has a line with its call and what is awaited, while both go on."""
    world.made(spec("Music"), spec("Films"))
    path = file("a.yaml", spec("Music", **index("GenreIdx")), spec("Films", Tags={"a": "b"}))
    with world.plane.model.standing():
        session = Terminal([str(PROGRAM), "apply", "-f", path, "--yes"], modelled, columns=100)
        session.read_until("waiting: table: UPDATING; index GenreIdx: CREATING, backfilling")
        session.read_until("2 tables: 1 running, 1 succeeded; Ctrl-C does not stop the operations")
    rows = [line.split()[:5] for line in session.screen.splitlines()]
    assert ["TABLE", "STATE", "CALL", "TIME", "NOW"] in rows
    assert ["Music", "RUNNING", "1", "of", "1"] in rows
    assert 0 == session.end()
    assert session.raw.rstrip().endswith("2 tables: 2 succeeded")


@pytest.mark.parametrize("on_terminal", [True, False], ids=["terminal", "pipe"])
def test_ctrl_c(modelled: dict[str, str], world: World, file: File, *, on_terminal: bool) -> None:
    """Ctrl-C ends the watching with 130 and says how to come back; the changes go on."""
    world.made(spec("Music"))
    path = file("a.yaml", spec("Music", **index("GenreIdx")))
    command = ("apply", "-f", path, "--yes")
    with world.plane.model.standing():
        if on_terminal:
            session = Terminal([str(PROGRAM), *command], modelled, columns=300)
            session.read_until("waiting: ")
            session.type("\x03")
            assert 130 == session.end()
            said = session.screen
        else:
            with piped(modelled, *command) as process:
                assert process.stdout is not None
                assert process.stderr is not None
                read_until(process, "waiting: ")
                process.send_signal(signal.SIGINT)
                assert 130 == process.wait(60)
                said = process.stderr.read()
    (operation,) = world.operations_of("Music")
    assert "Traceback" not in said
    watch, cancel = (f"'tablectl operation {verb} {operation.operation_id}'" for verb in ("watch", "cancel"))
    back = f"the changes continue; to see them, run {watch}; to stop them, run {cancel}"
    assert f"tablectl: stopped watching; {back}" in said
    tablectl = runner(modelled)
    assert 0 == tablectl("operation", "watch", operation.operation_id).returncode
    assert no_changes(tablectl, path)


def test_a_failure(modelled: dict[str, str], world: World, file: File) -> None:
    """What AWS refuses for good ends with 1: the call, AWS's words, code and request, and what was left."""

    def forbidden(asked: Asked) -> Given | None:
        if asked.operation != "UpdateTimeToLive" or b'"Music"' not in asked.body:
            return None
        body = json.dumps({"__type": "AccessDeniedException", "message": "not for you"})
        return Given(400, body.encode(), "4711")

    world.made(spec("Music"))
    world.plane.instead = forbidden
    expiry = {"AttributeName": "Expires", "Enabled": True}
    path = file("a.yaml", spec("Music", Tags={"a": "b"}, TimeToLiveSpecification=expiry), spec("Films"))
    ran = runner(modelled)("apply", "-f", path, "--yes")
    assert "tablectl: tables that do not match their specs: Music\n" == one_line(ran, 1)
    end = ran.stdout.splitlines()[-7:]
    assert end[0].startswith("Music failed: ")
    assert "AccessDeniedException, AWS request 4711)" in end[1]
    assert "not for you" in end[1]
    assert end[1].startswith("  turn time to live on, by Expires: ")
    assert "  left: the table is ACTIVE" == end[2]
    assert "  left: not yet changed: TimeToLiveSpecification" == end[3]
    assert end[4].startswith("  operation 2")
    assert end[5].startswith("Films succeeded: 1 call in ")
    assert "2 tables: 1 succeeded, 1 failed" == end[6]


def test_a_table_that_is_being_changed(modelled: dict[str, str], world: World, file: File) -> None:
    """While one operation changes a table another is refused, and the first is named."""
    world.made(spec("Music"))
    tablectl = runner(modelled)
    with world.plane.model.standing():
        begun = tablectl(
            "apply", "-f", file("a.yaml", spec("Music", **index("GenreIdx"))), "--yes", "--detach"
        )
        operation_id = begun.stdout.split()[-1]
        more = spec("Music", **index("GenreIdx"), Tags={"a": "b"})
        ran = tablectl("apply", "-f", file("b.yaml", more), "--yes")
    assert f"tablectl: Music: the operation {operation_id} is changing the table (" in one_line(ran, 1)
    tablectl("operation", "cancel", operation_id)


def test_a_server_that_goes_under_the_question(modelled: dict[str, str], world: World, file: File) -> None:
    """Where no answer comes nobody knows whether the changes began: the line says how to find out."""
    world.made(spec("Music"))
    path = file("a.yaml", spec("Music", Tags={"a": "b"}))
    # The apply is sent again until its deadline.
    command = [str(PROGRAM), "apply", "-f", path, "--request-id", "mine", "--timeout", "5s"]
    session = Terminal(command, modelled, columns=300)
    session.read_until("[y/N] ")
    world.replicas[0].kill()
    session.type("y\n")
    assert 1 == session.end()
    doubt = (
        "the changes may or may not have started; to check, run 'tablectl operation list --request-id mine'"
    )
    assert doubt in session.screen


def test_a_server_that_comes_back(modelled: dict[str, str], world: World, file: File) -> None:
    """A server that is killed and started again under an apply is nothing that its user notices."""
    world.made(spec("Music"))
    path = file("a.yaml", spec("Music", **index("GenreIdx")))
    (replica,) = world.replicas
    with piped(modelled, "apply", "-f", path, "--yes") as process:
        assert process.stdout is not None
        read_until(process, "waiting: ")
        address = replica.process.address
        replica.kill()
        flags = (*replica._flags, "--listen", address)
        with running_server(*flags):
            assert 0 == process.wait(60)
            assert "1 table: 1 succeeded\n" == process.stdout.readlines()[-1]


def test_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """User and machine are written down with the operations, if need be without the user."""
    monkeypatch.setattr("socket.gethostname", lambda: "laptop")
    monkeypatch.setenv("LOGNAME", "alice")
    assert "alice@laptop" == requester()

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert "unknown@laptop" == requester()


def test_a_terminal_of_40_columns(terminal: StartTerminal, file: File, table_name: str) -> None:
    """Nothing is wider than the terminal, the board included."""
    path = file("a.yaml", *(spec(f"{table_name}-{number}") for number in range(2)))
    session = terminal("apply", "-f", path, "--yes", columns=40)
    assert 0 == session.end()
    assert [] == [line for line in session.screen.splitlines() if len(line) > 40]
