"""`validate`, `plan` and `diff -f`, through a real server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tableadmin.awsshape import AwsDict
from tests.cli.running import Run
from tests.cli.terminal import Terminal


def spec(name: str, **members: object) -> dict[str, object]:
    """The table that the fixture `table` makes, and MEMBERS; None leaves one out."""
    members = {
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": "Artist", "AttributeType": "S"},
            {"AttributeName": "SongTitle", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "SongTitle", "KeyType": "RANGE"},
        ],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        **members,
    }
    return {member: value for member, value in members.items() if value is not None}


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    """Write specs into a file of that name; its path."""

    def write(name: str, *specs: dict[str, object]) -> str:
        path = tmp_path / name
        path.write_text(yaml.safe_dump_all(specs))
        return str(path)

    return write


def test_valid_specs(tablectl: Run, file: Callable[..., str]) -> None:
    """One line says that all is well; specs come from standard input too."""
    path = file("a.yaml", spec("Music"), spec("Films"))
    ran = tablectl("validate", "-f", path, "-f", "-", stdin=json.dumps(spec("Books")))
    assert (0, "3 tables are valid\n", "") == (ran.returncode, ran.stdout, ran.stderr)
    assert {"Violations": []} == json.loads(tablectl("validate", "-f", path, "-o", "json").stdout)


def test_everything_wrong_is_said(tablectl: Run, file: Callable[..., str]) -> None:
    """Each violation has file, table and path, whichever command finds it; the exit code is 1."""
    files = [
        file("a.yaml", spec("Mu", ProvisionedThroughput=None)),
        file("b.yaml", spec("Music", Tags={"aws:x": "1"}), spec("Good")),
    ]
    options = [part for each in files for part in ("-f", each)]
    validated = tablectl("validate", *options)
    lines = validated.stdout.splitlines()
    assert [
        (files[0], " table Mu", " TableName"),
        (files[0], " table Mu", " ProvisionedThroughput"),
        (files[1], " table Music", " Tags[0].Key"),
    ] == [tuple(line.split(":")[:3]) for line in lines]
    count = "tablectl: 3 violations in 2 of 3 tables\n"
    assert (1, count) == (validated.returncode, validated.stderr)
    planned = tablectl("plan", *options, "--exit-code")
    assert (1, "", validated.stdout + count) == (planned.returncode, planned.stdout, planned.stderr)
    found = json.loads(tablectl("validate", *options, "-o", "json").stdout)["Violations"]
    assert (files[0], "Mu", "TableName") == tuple(found[0][key] for key in ("File", "TableName", "Path"))


def test_more_violations_than_are_listed(tablectl: Run, file: Callable[..., str]) -> None:
    """The last line has the number of all violations, also of those that the service does not list."""
    path = file("a.yaml", *(spec(f"Music{number}", ProvisionedThroughput=None) for number in range(101)))
    ran = tablectl("validate", "-f", path)
    assert 100 == len(ran.stdout.splitlines())
    assert (1, "tablectl: 101 violations, of which 100 are listed\n") == (ran.returncode, ran.stderr)


@pytest.mark.parametrize("command", ["validate", "plan", "diff"])
def test_files_that_are_no_specs(tablectl: Run, file: Callable[..., str], command: str) -> None:
    """A file that is missing or wrong, and a table in two files, is one line and exit code 1."""
    one, two = file("a.yaml", spec("Music")), file("b.yaml", spec("Music"))
    wrong = file("c.yaml", spec("Music", BilingMode="PAY_PER_REQUEST"))
    for files, said in (
        (["missing.yaml"], "missing.yaml: No such file or directory"),
        ([wrong], "did you mean 'BillingMode'?"),
        ([one, two], f"{two}: table Music: is also in {one}"),
    ):
        ran = tablectl(command, *(part for each in files for part in ("-f", each)))
        assert (1, "") == (ran.returncode, ran.stdout)
        assert said in ran.stderr
        assert 1 == len(ran.stderr.splitlines())


def test_a_plan_and_its_exit_code(tablectl: Run, file: Callable[..., str], table: str) -> None:
    """Changes are 0, and 2 where that is asked for; without changes it is 0 either way."""
    capacity = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 5}
    changed = file("a.yaml", spec(table, ProvisionedThroughput=capacity, Tags={"a": "b"}), spec(f"{table}-2"))
    ran = tablectl("plan", "-f", changed)
    lines = ran.stdout.splitlines()
    assert (0, "", "1 to create, 1 to change, 0 to replace") == (ran.returncode, ran.stderr, lines[-1])
    before, after = (f"{{ReadCapacityUnits: {units}, WriteCapacityUnits: 5}}" for units in (5, 9))
    for line in (
        f"~ {table} (update)",
        f"  ~ ProvisionedThroughput: {before} -> {after} [in place]",
        "  + Tags[a]: b [in place]",
        "  1. change throughput (UpdateTable)",
        f"+ {table}-2 (create)",
        "  1. create the table (CreateTable)",
    ):
        assert line in lines
    assert 2 == tablectl("plan", "-f", changed, "--exit-code").returncode
    same = tablectl("plan", "-f", file("b.yaml", spec(table)), "--exit-code")
    summary = "0 to create, 0 to change, 0 to replace"
    assert (0, f"= {table} (no changes)\n{summary}\n") == (same.returncode, same.stdout)


def test_a_plan_as_json(tablectl: Run, file: Callable[..., str], table: str) -> None:
    """JSON is the answer of PlanTables, requests included."""
    path = file("a.yaml", spec(table, Tags={"a": "b"}))
    ran = tablectl("plan", "-f", path, "-o", "json", "--exit-code")
    (plan,) = json.loads(ran.stdout)["Plans"]
    assert (2, table, "UPDATE") == (ran.returncode, plan["TableName"], plan["Action"])
    assert [{"Key": "a", "Value": "b"}] == plan["Steps"][0]["TagResource"]["Tags"]


def test_a_template_takes_parameters(tablectl: Run, tmp_path: Path) -> None:
    """Parameters reach the template, and what a spec can't hold is a line on standard error."""
    template: AwsDict = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {**_properties(), "TableName": {"Ref": "Name"}},
            }
        },
    }
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    ran = tablectl("plan", "-f", str(path), "--param", "Name=Templated")
    assert (0, "+ Templated (create)") == (ran.returncode, ran.stdout.splitlines()[0])
    missing = tablectl("plan", "-f", str(path))
    assert (1, True) == (missing.returncode, "Name" in missing.stderr)
    wrong = tablectl("plan", "-f", str(path), "--param", "Name")
    assert (64, True) == (wrong.returncode, "'Name' is not KEY=VALUE" in wrong.stderr)


def _properties() -> AwsDict:
    return {
        "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


def test_a_refused_plan(tablectl: Run, file: Callable[..., str], table: str) -> None:
    """A protected table that would have to be replaced says why that can't be, with exit code 1."""
    tablectl("table", "update", table, "--deletion-protection", "--wait")
    path = file("a.yaml", {"TableName": table, **_properties()})
    ran = tablectl("plan", "-f", path, "--exit-code")
    assert (1, f"tablectl: plans that cannot be applied: {table}\n") == (ran.returncode, ran.stderr)
    assert "  refused: deletion protection is on" in ran.stdout
    assert 2 == tablectl("diff", "-f", path, "--exit-code").returncode


def test_a_diff_with_files(tablectl: Run, file: Callable[..., str], table: str) -> None:
    """Changes alone are shown; without any a line on standard error says so."""
    ran = tablectl("diff", "-f", file("a.yaml", spec(table, Tags={"a": "b"})), "--exit-code")
    assert (2, f"~ {table} (update)\n  + Tags[a]: b [in place]\n") == (ran.returncode, ran.stdout)
    same = tablectl("diff", "-f", file("b.yaml", spec(table)), "--exit-code")
    assert (0, "", "no differences\n") == (same.returncode, same.stdout, same.stderr)


@pytest.mark.parametrize(
    "arguments",
    [[], ["Music"], ["Music", "--from", "a"], ["Music", "-f", "a"], ["-f", "a", "--from", "b", "--to", "c"]],
)
def test_a_diff_has_one_of_two_forms(offline: Run, arguments: list[str]) -> None:
    """Files, or a table and two endpoints: anything else is refused as wrong usage."""
    ran = offline("diff", *arguments)
    assert (64, True) == (ran.returncode, "give -f FILE, or TABLE with --from" in ran.stderr)


def test_a_terminal(terminal: Callable[..., Terminal], file: Callable[..., str]) -> None:
    """On 40 columns nothing is wider, and additions are green unless NO_COLOR is set."""
    path = file("a.yaml", spec("Colourful", Tags={"a": "b"}))
    session = terminal("plan", "-f", path, columns=40)
    assert 0 == session.end()
    assert [] == [line for line in session.screen.splitlines() if len(line) > 40]
    assert "\x1b[32m+ Colourful (create)" in session.raw
    plain = terminal("plan", "-f", path, columns=40, NO_COLOR="1")
    assert (0, False) == (plain.end(), "\x1b[" in plain.raw)


def test_progress(terminal: Callable[..., Terminal], tablectl: Run, file: Callable[..., str]) -> None:
    """A terminal shows how many tables are planned; a pipe gets the plans alone."""
    path = file("a.yaml", spec("Music"), spec("Films"))
    session = terminal("plan", "-f", path)
    assert (0, True) == (session.end(), "2/2" in session.raw)
    assert "" == tablectl("plan", "-f", path).stderr


def test_protection_that_a_team_forgot(tablectl: Run, file: Callable[..., str]) -> None:
    """--protect adds deletion protection and point-in-time recovery to the plan, and says so."""
    path = file("a.yaml", spec("Protected"))
    assert "DeletionProtectionEnabled" not in tablectl("plan", "-f", path).stdout
    ran = tablectl("plan", "-f", path, "--protect")
    assert 0 == ran.returncode
    assert "+ DeletionProtectionEnabled: true" in ran.stdout
    assert "PointInTimeRecoverySpecification" in ran.stdout
    assert "note: table Protected: DeletionProtectionEnabled is on by --protect" in ran.stderr
