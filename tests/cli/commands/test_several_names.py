"""Commands that take several names, and lists that are narrowed."""

import json

import click
import pytest

from tableadmin.awsshape import AwsDict
from tests.cli.answered import Answered
from tests.cli.app.test_every_command import LEAVES
from tests.cli.app.test_help import _find as find
from tests.cli.running import Run

_KINESIS: AwsDict = {
    "KinesisDataStreamDestinations": [
        {"StreamArn": f"arn:aws:kinesis:eu-west-1:1:stream/{name}", "DestinationStatus": "ACTIVE"}
        for name in ("films", "films-copy", "music")
    ]
}
_TABLES: dict[str, AwsDict] = {
    name: {
        "Table": {
            "TableName": name,
            "TableStatus": "ACTIVE",
            "GlobalSecondaryIndexes": [{"IndexName": "GenreIdx"}, {"IndexName": "YearIdx"}],
            "LocalSecondaryIndexes": [{"IndexName": "GenreAndYear"}],
            "Replicas": [{"RegionName": region} for region in ("eu-west-1", "eu-north-1", "us-east-1")],
        }
    }
    for name in ("Music", "Films")
}


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["kinesis", "list", "Music", "--prefix", "films"], 2),
        (["kinesis", "list", "Music", "--max-items", "1"], 1),
        (["index", "list", "Music", "--prefix", "Genre"], 2),
        (["index", "list", "Music", "--max-items", "2"], 2),
        (["index", "list", "Music", "--prefix", "Genre", "--max-items", "1"], 1),
        (["replica", "list", "Music", "--prefix", "eu-"], 2),
        (["replica", "list", "Music", "--max-items", "1"], 1),
    ],
)
def test_narrowed(answered: Answered, arguments: list[str], names: int) -> None:
    """Lists within a table take --prefix and --max-items; JSON has no more than the rows."""
    of = ("DescribeKinesisStreamingDestination", _KINESIS)
    answer = of if arguments[0] == "kinesis" else ("DescribeTable", _TABLES["Music"])
    rows = answered(*arguments, "--no-headers", answers=[answer]).out.splitlines()
    assert names == len(rows)
    shown = json.loads(answered(*arguments, "-o", "json", answers=[answer]).out)
    found = shown.get("Table", shown)
    lists = {
        "kinesis": ["KinesisDataStreamDestinations"],
        "index": ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"],
        "replica": ["Replicas"],
    }
    assert names == sum(len(found.get(each, [])) for each in lists[arguments[0]])


@pytest.mark.parametrize("group", ["index", "replica"])
def test_lists_of_several_tables(answered: Answered, group: str) -> None:
    """The rows of several tables have the name of the table; names are of indexes or Regions."""
    answers = [("DescribeTable", each) for each in _TABLES.values()]
    rows = answered(group, "list", *_TABLES, answers=answers).out.splitlines()
    assert rows[0].startswith("TABLE")
    assert ["Music"] * 3 + ["Films"] * 3 == [row.split()[0] for row in rows[1:]]
    names = answered(group, "list", *_TABLES, "-o", "name", answers=answers).out.splitlines()
    assert [row.split()[1] for row in rows[1:]] == names
    assert 2 == len(json.loads(answered(group, "list", *_TABLES, "-o", "json", answers=answers).out))


def test_policies(answered: Answered) -> None:
    """The policies of several tables are shown and removed."""
    arns = {name: f"arn:aws:dynamodb:eu-west-1:1:table/{name}" for name in ("Music", "Films")}
    policy: AwsDict = {"Policy": '{"Version": "2012-10-17"}', "RevisionId": "1"}
    shown = answered("policy", "show", *arns.values(), answers=[("GetResourcePolicy", policy)] * 2)
    assert 2 == shown.out.count("2012-10-17")
    gone = [("DeleteResourcePolicy", {"RevisionId": "2"})] * 2
    removed = answered("policy", "remove", *arns.values(), "--yes", answers=gone)
    assert [{"ResourceArn": arn} for arn in arns.values()] == [asked for _, asked in removed.asked]
    refused = answered("policy", "remove", *arns.values(), "--yes", "--revision", "1", answers=[])
    assert (64, True) == (refused.code, "--revision is of the policy of one table" in refused.err)


@pytest.mark.parametrize(
    ("arguments", "rpc", "members"),
    [
        (["insights", "enable"], "UpdateContributorInsights", {"ContributorInsightsAction": "ENABLE"}),
        (
            ["insights", "disable", "--yes"],
            "UpdateContributorInsights",
            {"ContributorInsightsAction": "DISABLE"},
        ),
        (["insights", "show"], "DescribeContributorInsights", {}),
        (
            ["pitr", "enable", "--yes"],
            "UpdateContinuousBackups",
            {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
        ),
        (
            ["pitr", "disable", "--yes"],
            "UpdateContinuousBackups",
            {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
        ),
    ],
)
def test_settings(answered: Answered, arguments: list[str], rpc: str, members: AwsDict) -> None:
    """A setting of several tables is changed or shown by one command."""
    ran = answered(*arguments, "Music", "Films", answers=[(rpc, {})] * 2)
    assert (0, "") == (ran.code, ran.err)
    assert [(rpc, {"TableName": name, **members}) for name in ("Music", "Films")] == list(ran.asked)


def test_indexes(tablectl: Run, table: str) -> None:
    """Several indexes are deleted one after the other, which takes --wait."""
    for name in ("One", "Two"):
        gsi = (name, "--hash-key", "G:S", "--read", "1", "--write", "1", "--wait")
        assert 0 == tablectl("index", "create", table, *gsi).returncode
    refused = tablectl("index", "delete", table, "One", "Two", "--yes")
    assert (64, True) == (refused.returncode, "use --wait" in refused.stderr)
    assert 0 == tablectl("index", "delete", table, "One", "Two", "--yes", "--wait").returncode
    assert "" == tablectl("index", "list", table).stdout


@pytest.mark.parametrize("path", [path for path in LEAVES if path[-1] == "list"], ids=" ".join)
def test_every_list_is_narrowed(path: tuple[str, ...]) -> None:
    """Each list takes --prefix and --max-items."""
    assert {"--prefix", "--max-items"} <= {name for each in _command(path).params for name in each.opts}


@pytest.mark.parametrize("path", [path for path in LEAVES if path[-1] in {"describe", "show"}], ids=" ".join)
def test_every_description_is_of_several(path: tuple[str, ...]) -> None:
    """Each command that shows something by name takes several names."""
    arguments = [each for each in _command(path).params if isinstance(each, click.Argument)]
    assert [] == [each.name for each in arguments if each.nargs != -1]


def _command(path: tuple[str, ...]) -> click.Command:
    command = find(path)
    assert command
    return command


def test_tags_of_several_tables(answered: Answered) -> None:
    """The tags of several tables are in one list with a column for the table."""
    arns = [f"arn:aws:dynamodb:eu-west-1:1:table/{name}" for name in ("Music", "Films")]
    tags: AwsDict = {"Tags": [{"Key": key, "Value": "x"} for key in ("team", "tier", "cost")]}
    listed = answered("tag", "list", *arns, "--prefix", "t", answers=[("ListTagsOfResource", tags)] * 2)
    assert ["TABLE", *[arns[0]] * 2, *[arns[1]] * 2] == [row.split()[0] for row in listed.out.splitlines()]


def test_contexts(offline: Run) -> None:
    """Contexts are narrowed, and several are deleted at once or not at all."""
    for name in ("prod", "prod-eu", "test"):
        assert 0 == offline("context", "set", name, "--server", "h:1").returncode
    listed = offline("context", "list", "-o", "name", "--prefix", "prod")
    assert ["prod", "prod-eu"] == listed.stdout.split()
    assert "prod\n" == offline("context", "list", "-o", "name", "--max-items", "1").stdout
    assert 64 == offline("context", "delete", "prod", "nowhere").returncode
    assert (
        "deleted context prod\ndeleted context test\n" == offline("context", "delete", "prod", "test").stdout
    )
    assert "prod-eu\n" == offline("context", "list", "-o", "name").stdout
