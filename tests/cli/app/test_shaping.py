"""What -o, --query and --no-headers make of an answer."""

import json

import pytest

from tests.cli.answered import Answered, Exchange

TABLES: Exchange = ("ListTables", {"TableNames": ["Books", "Films", "Music"]})
TAGS: Exchange = (
    "ListTagsOfResource",
    {"Tags": [{"Key": "team", "Value": "audio"}, {"Key": "stage", "Value": "test"}]},
)
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/Music"


@pytest.mark.parametrize(
    ("arguments", "answer", "out"),
    [
        (["table", "list", "-o", "jsonl"], TABLES, '"Books"\n"Films"\n"Music"\n'),
        (["table", "list", "-o", "name"], TABLES, "Books\nFilms\nMusic\n"),
        (["table", "list", "--prefix", "F"], TABLES, "Films\n"),
        (
            ["table", "list", "--prefix", "F", "-o", "json", "--query", "TableNames"],
            TABLES,
            '[\n  "Films"\n]\n',
        ),
        (["table", "list", "--query", "TableNames[1:]"], TABLES, "Films\nMusic\n"),
        (["table", "list", "--query", "length(TableNames)"], TABLES, "3\n"),
        (["tag", "list", ARN, "--no-headers"], TAGS, "stage  test\nteam   audio\n"),
        (["tag", "list", ARN, "-o", "name"], TAGS, "stage\nteam\n"),
        (["tag", "list", ARN, "--query", "Tags[?Key=='team']"], TAGS, "KEY   VALUE\nteam  audio\n"),
        (["tag", "list", ARN, "--query", "Tags[].[Key, Value]"], TAGS, "team\taudio\nstage\ttest\n"),
        (["tag", "list", ARN, "--query", "Tags[0]", "-o", "yaml"], TAGS, "Key: team\nValue: audio\n"),
        (["tag", "list", ARN, "-o", "jsonl", "--prefix", "st"], TAGS, '{"Key":"stage","Value":"test"}\n'),
        (["call", "ListTables", "--query", "TableNames[0]"], TABLES, "Books\n"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_answers_are_shaped(answered: Answered, arguments: list[str], answer: Exchange, out: str) -> None:
    """Names, lines of JSON, rows without heads, and what a JMESPath expression finds."""
    ran = answered(*arguments, answers=[answer])
    assert (0, out, "") == (ran.code, ran.out, ran.err)


def test_several_tables(answered: Answered) -> None:
    """Several tables are a list of the responses; one is its response alone."""
    answers: list[Exchange] = [("DescribeTable", {"Table": {"TableName": each}}) for each in ("A", "B")]
    ran = answered("table", "describe", "A", "B", "-o", "json", answers=answers)
    assert [{"Table": {"TableName": "A"}}, {"Table": {"TableName": "B"}}] == json.loads(ran.out)
    assert [{"TableName": "A"}, {"TableName": "B"}] == [request for _, request in ran.asked]
    ran = answered("table", "describe", "A", "B", "-o", "name", answers=answers)
    assert "A\nB\n" == ran.out


def test_the_file_is_taken_as_it_is(answered: Answered) -> None:
    """A local index without a hash key, and an attribute twice, are for AWS to refuse."""
    request = {
        "TableName": "Music",
        "AttributeDefinitions": [{"AttributeName": "A", "AttributeType": "S"}] * 2,
        "KeySchema": [{"AttributeName": "A", "KeyType": "HASH"}],
        "LocalSecondaryIndexes": [
            {"IndexName": "I", "KeySchema": [{"AttributeName": "B", "KeyType": "RANGE"}]}
        ],
    }
    ran = answered("table", "create", "--cli-input-json", json.dumps(request), answers=[("CreateTable", {})])
    assert [("CreateTable", request)] == ran.asked


def test_expressions_are_checked(answered: Answered) -> None:
    """What is no JMESPath expression is refused before anything is called."""
    ran = answered("table", "list", "--query", "TableNames[", answers=[TABLES])
    assert (64, "", []) == (ran.code, ran.out, ran.asked)
    assert "not a JMESPath expression" in ran.err


def test_several_names_where_one_is_shown(answered: Answered) -> None:
    """Commands that show what a table has take several tables."""
    answers: list[Exchange] = [
        ("DescribeTimeToLive", {"TimeToLiveDescription": {"TimeToLiveStatus": each}})
        for each in ("ENABLED", "DISABLED")
    ]
    ran = answered(
        "ttl", "show", "A", "B", "--query", "[].TimeToLiveDescription.TimeToLiveStatus", answers=answers
    )
    assert (0, "ENABLED\nDISABLED\n") == (ran.code, ran.out)
    assert [{"TableName": "A"}, {"TableName": "B"}] == [request for _, request in ran.asked]
