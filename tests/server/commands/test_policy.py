"""`tableadmin-server policy` checks and tests policies without a server."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tableadmin_server.command import command

EXAMPLE = Path(__file__).parents[1] / "security" / "authorization" / "example.cedar"
CONFIG = """
default_endpoint = "staging"
[authenticators.corp]
kind = "token"
principals = "User"
tokens = [{{ name = "x", sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }}]
[authenticators.mesh]
kind = "token"
principals = "Service"
tokens = [{{ name = "x", sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" }}]
[policies]
folder = "{folder}"
[endpoints.staging]
region = "eu-central-1"
[endpoints.production]
region = "eu-central-1"
"""
CASES = """
[[cases]]
name = "operators delete what is empty"
principal = "User::corp/olga"
groups = ["corp/platform"]
endpoint = "production"
rpc = "DeleteTable"
request = { table_name = "music-albums" }
items = 0
now = 2026-06-01T00:00:00Z
expect = "allow"
policy = "operators"

[[cases]]
name = "nobody deletes items"
principal = "User::corp/olga"
groups = ["corp/platform"]
endpoint = "production"
rpc = "DeleteTable"
request = { table_name = "music-albums" }
items = 7
now = 2026-06-01T00:00:00Z
expect = "deny"
policy = "no-delete-with-items"

[[cases]]
name = "own operations"
principal = "User::corp/ana"
groups = ["corp/music"]
endpoint = "staging"
rpc = "GetOperation"
operation_of = "films"
expect = "deny"

[[cases]]
name = "the robot calls from inside"
principal = "Service::mesh/robot"
endpoint = "staging"
rpc = "DescribeTable"
request = { table_name = "films" }
peer = "10.1.2.3"
expect = "allow"
policy = "inside"

[[cases]]
name = "the robot has no address"
principal = "Service::mesh/robot"
endpoint = "staging"
rpc = "DescribeTable"
request = { table_name = "films" }
expect = "deny"
"""
TAGGED = """
[[cases]]
name = "the owner by tag"
principal = "User::corp/jazz"
groups = ["corp/owners"]
endpoint = "production"
rpc = "DescribeTable"
request = { table_name = "films" }
tags = { owner = "jazz" }
expect = "allow"
policy = "owners-by-tag"

[[cases]]
name = "the owner of another table"
principal = "User::corp/jazz"
groups = ["corp/owners"]
endpoint = "production"
rpc = "DescribeTable"
request = { table_name = "films" }
tags = { owner = "rock" }
expect = "deny"
"""
INSIDE = """@id("inside") permit (principal == Service::"mesh/robot", action in Action::"read", resource)
when { context has peer && context.peer.isInRange(ip("10.0.0.0/8")) };"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of a server with the example policies."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "example.cedar").write_text(EXAMPLE.read_text())
    file = tmp_path / "config.toml"
    file.write_text(CONFIG.format(folder=folder))
    return file


def run(*args: object) -> Result:
    """The result of `tableadmin-server policy ARGS`."""
    return CliRunner().invoke(command, ["policy", *map(str, args)])


def test_check(config: Path) -> None:
    """Valid policies are counted; each problem of invalid ones is a line, and the exit code is 1."""
    result = run("check", "--config", config)
    assert (0, True) == (result.exit_code, result.output.startswith("10 policies are valid, sha256 "))
    bad = config.parent / "policies" / "bad.cedar"
    bad.write_text("permit (principal, action, resource);")
    result = run("check", "--config", config)
    assert (1, True) == (result.exit_code, result.output.startswith("bad.cedar:1: policy without @id: needs"))


def test_cases(config: Path) -> None:
    """Cases that are decided as expected end with 0; each other one is a line, and the exit code is 1."""
    cases = config.parent / "cases.toml"
    cases.write_text(CASES)
    (config.parent / "policies" / "inside.cedar").write_text(INSIDE)
    result = run("test", "--config", config, cases)
    assert (0, "5 of 5 cases are decided as expected\n") == (result.exit_code, result.output)
    cases.write_text(CASES.replace("items = 7", "items = 0"))
    result = run("test", "--config", config, cases)
    assert result.exit_code == 1
    assert (
        "nobody deletes items: DeleteTable: expected deny, but policies allow by operators" in result.output
    )


def test_the_deciding_policy(config: Path) -> None:
    """A case that another policy decides than the one it names is not as expected."""
    cases = config.parent / "cases.toml"
    cases.write_text(CASES.replace('policy = "operators"', 'policy = "inside"'))
    result = run("test", "--config", config, cases)
    problem = (
        "operators delete what is empty: DeleteTable: expected the policy inside, but decided by operators"
    )
    assert (1, True) == (result.exit_code, problem in result.output)


def test_tags_of_the_table(config: Path) -> None:
    """The tags of a case are those of the table."""
    cases = config.parent / "cases.toml"
    cases.write_text(TAGGED)
    result = run("test", "--config", config, cases)
    assert (0, "2 of 2 cases are decided as expected\n") == (result.exit_code, result.output)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('rpc = "DeleteTable"', 'rpc = "DropTable"', "there is no RPC 'DropTable'"),
        ("{ table_name =", "{ tabel_name =", "no field named"),
        ('"music-albums"', '"music/albums"', "must be a table name"),
        ('endpoint = "production"', 'endpoint = "produktion"', "'produktion' is not configured"),
        ("expect =", "expected =", "unknown field"),
        ('"10.1.2.3"', '"10.1.2"', "peer: '10.1.2' is not an IP address"),
    ],
)
def test_wrong_cases(config: Path, old: str, new: str, problem: str) -> None:
    """A case that is none is never taken for one that passes."""
    cases = config.parent / "cases.toml"
    cases.write_text(CASES.replace(old, new))
    result = run("test", "--config", config, cases)
    assert (2, True) == (result.exit_code, problem in result.output), result.output


APPROVED = """
@id("music-destroy") @approval("corp/platform")
permit (principal in Group::"corp/music", action in Action::"destroy", resource in Endpoint::"production")
when { resource.name like "music-*" && context.weekday <= 5 };
"""
WITH_APPROVAL = """
[[cases]]
name = "the music team deletes with approval"
principal = "User::corp/ana"
groups = ["corp/music"]
endpoint = "production"
rpc = "DeleteTable"
request = { table_name = "music-albums" }
now = 2026-06-01T00:00:00Z
expect = "approval"
policy = "music-destroy"
"""


def test_approval(config: Path) -> None:
    """A case can expect that policies require an approval, at the time that the case says."""
    (config.parent / "policies" / "approval.cedar").write_text(APPROVED)
    cases = config.parent / "cases.toml"
    cases.write_text(WITH_APPROVAL)
    assert 0 == run("test", "--config", config, cases).exit_code
    for old, new, problem in (
        (
            '"approval"',
            '"allow"',
            "expected allow, but policies require approval by a member of corp/platform",
        ),
        ("2026-06-01", "2026-06-07", "expected approval, but policies deny"),
    ):
        cases.write_text(WITH_APPROVAL.replace(old, new))
        result = run("test", "--config", config, cases)
        assert (1, True) == (result.exit_code, problem in result.output), result.output


CLASSES = """@id("any") permit (principal, action, resource);
@id("quiet") forbid (principal, action, resource)
when { context has changeClass && context.changeClass != ChangeClass::"IN_PLACE" };"""
CHANGE = """
[[cases]]
name = "%s"
principal = "User::corp/ana"
endpoint = "staging"
rpc = "%s"
request = { table_name = "films"%s }
expect = "%s"
"""


def test_the_class_of_a_change(config: Path) -> None:
    """Policies see the class of a call that changes a table; a class that does not exist is refused."""
    policies = config.parent / "classes"
    policies.mkdir()
    (policies / "main.cedar").write_text(CLASSES)
    index = ', global_secondary_index_updates = [{ delete = { index_name = "genre" } }]'
    cases = config.parent / "cases.toml"
    cases.write_text(
        CHANGE % ("in place", "UpdateTable", ", deletion_protection_enabled = true", "allow")
        + CHANGE % ("destructive", "UpdateTable", index, "deny")
        + CHANGE
        % ("disruptive", "UpdateTable", ", stream_specification = { stream_enabled = false }", "deny")
        + CHANGE % ("a table", "DeleteTable", "", "deny")
        + CHANGE % ("a read", "DescribeTable", "", "allow")
    )
    tested = run("test", "--config", config, "--folder", policies, cases)
    assert (0, "5 of 5 cases are decided as expected\n") == (tested.exit_code, tested.output)
    (policies / "main.cedar").write_text(CLASSES.replace("IN_PLACE", "INPLACE"))
    refused = run("check", "--config", config, "--folder", policies)
    assert (1, True) == (
        refused.exit_code,
        'main.cedar:2: policy quiet: entity `ChangeClass::"INPLACE"`' in refused.output,
    )


def test_schema(config: Path) -> None:
    """The schema names the endpoints and the actions."""
    output = run("schema", "--config", config).output
    assert 'entity Endpoint enum ["staging", "production"];' in output
    assert 'action "DeleteIndex" in [Action::"destroy"]' in output


def test_without_a_folder(config: Path) -> None:
    """A configuration without policies, and no folder, is an error."""
    config.write_text(config.read_text().replace("[policies]\nfolder", "# folder"))
    assert run("check", "--config", config).exit_code == 2


def test_a_folder_that_is_not_there(config: Path) -> None:
    """A missing folder is an error of the configuration, whose key or flag the message names."""
    absent = config.parent / "absent"
    flag = run("check", "--config", config, "--folder", absent)
    assert (2, True) == (flag.exit_code, f"--folder: {absent} is not a folder" in flag.output)
    config.write_text(CONFIG.format(folder=absent))
    key = run("check", "--config", config)
    assert (2, True) == (key.exit_code, f"policies.folder: {absent} is not a folder" in key.output)


COSTS = """@id("cheap") permit (principal, action, resource)
unless { context has monthlyCostIncrease && context.monthlyCostIncrease.greaterThan(decimal("500.0")) };
@id("costly") @approval("corp/platform") permit (principal, action, resource);
@id("planned") forbid (principal, action == Action::"UpdateTable", resource) when { !context.planned };"""
COST = """
[[cases]]
name = "%s"
principal = "User::corp/ana"
endpoint = "staging"
rpc = "UpdateTable"
request = { table_name = "films" }
%s
expect = "%s"
"""


def test_the_cost_of_a_plan(config: Path) -> None:
    """Policies see the increase of the monthly cost in dollars, and whether a call is one of a plan."""
    policies = config.parent / "costs"
    policies.mkdir()
    (policies / "main.cedar").write_text(COSTS)
    cases = config.parent / "cases.toml"
    cases.write_text(
        COST % ("cheap", "planned = true\nmonthly_cost_increase = 500", "allow")
        + COST % ("costly", "planned = true\nmonthly_cost_increase = 500.01", "approval")
        + COST % ("cheaper", "planned = true\nmonthly_cost_increase = -7", "allow")
        + COST % ("largest", "planned = true\nmonthly_cost_increase = 1e30", "approval")
        + COST % ("unknown", "planned = true", "allow")
        + COST % ("direct", "", "deny")
    )
    tested = run("test", "--config", config, "--folder", policies, cases)
    assert (0, "6 of 6 cases are decided as expected\n") == (tested.exit_code, tested.output)


@pytest.mark.parametrize(
    ("rpc", "members", "problem"),
    [
        ("UpdateTable", "monthly_cost_increase = 1", "monthly_cost_increase: needs planned = true"),
        ("DescribeTable", "planned = true", "planned: plans do not call DescribeTable"),
        ("DeleteTable", "planned = true\nmonthly_cost_increase = 1", ""),
    ],
)
def test_cases_of_plans_that_cannot_be(config: Path, rpc: str, members: str, problem: str) -> None:
    """Only calls that plans make can be calls of a plan, and only these have an increase."""
    policies = config.parent / "costs"
    policies.mkdir()
    (policies / "main.cedar").write_text(COSTS)
    cases = config.parent / "cases.toml"
    cases.write_text((COST % ("it", members, "allow")).replace("UpdateTable", rpc))
    tested = run("test", "--config", config, "--folder", policies, cases)
    assert (2 if problem else 0) == tested.exit_code, tested.output
    assert problem in tested.output
