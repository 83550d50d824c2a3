"""Plans as blocks, as Markdown and as JSON."""

import json

import pytest

from tableadmin.awsshape import AwsDict, from_aws, to_aws
from tableadmin.cli.output.terminal_text import wrap_line
from tableadmin.cli.views.plans.plan_markdown import LIMIT, markdown
from tableadmin.cli.views.plans.plan_text import review
from tableadmin.cli.views.plans.plan_values import with_values
from tableadmin.v1 import TablePlan

INDEX = {
    "KeySchema": [
        {"AttributeName": "Genre", "KeyType": "HASH"},
        {"AttributeName": "Year", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Title", "Label"]},
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": "*"},
        {"Sid": "Write", "Effect": "Allow", "Action": ["dynamodb:PutItem"], "Resource": "*"},
    ],
}
OTHER = {
    **POLICY,
    "Statement": [{**POLICY["Statement"][0], "Action": ["dynamodb:Query"]}, POLICY["Statement"][1]],  # type: ignore[dict-item] # of dicts
}


def plan(name: str, *changes: AwsDict) -> TablePlan:
    """A plan to update the table NAME."""
    return from_aws({"TableName": name, "Action": "UPDATE", "Changes": [*changes]}, TablePlan)


def added(path: str, value: object) -> AwsDict:
    """A change that adds VALUE."""
    return {"Path": path, "After": json.dumps(value), "ChangeClass": "IN_PLACE"}


def changed(path: str, before: object, after: object) -> AwsDict:
    """A change from one value to another."""
    return {"Path": path, "Before": json.dumps(before), **added(path, after)}


def lines(described: TablePlan, width: int | None = None) -> list[str]:
    """The lines of a review of it."""
    return [text for line in review([described]) for text in wrap_line(line, width)]


def test_a_nested_value_is_a_block() -> None:
    """A value that is long and nested is written over several lines, like YAML."""
    assert [
        "~ Music (update)",
        "  + GlobalSecondaryIndexes[Genre]: [in place]",
        "      KeySchema:",
        "        - AttributeName: Genre",
        "          KeyType: HASH",
        "        - AttributeName: Year",
        "          KeyType: RANGE",
        "      Projection:",
        "        ProjectionType: INCLUDE",
        "        NonKeyAttributes: [Title, Label]",
    ] == lines(plan("Music", added("GlobalSecondaryIndexes[Genre]", INDEX)))[:10]


def test_what_is_the_same_is_folded() -> None:
    """Of two long values only what differs is written, and what is the same is named."""
    assert [
        "~ Music (update)",
        "  ~ ResourcePolicy: [in place]",
        "      ~ Statement:",
        "        ~ Read:",
        "          ~ Action: [dynamodb:GetItem] -> [dynamodb:Query]",
        "          (3 members unchanged: Sid, Effect, Resource)",
        "        (1 member unchanged: Write)",
        "      (1 member unchanged: Version)",
    ] == lines(plan("Music", changed("ResourcePolicy", json.dumps(POLICY), json.dumps(OTHER))))[:8]


@pytest.mark.parametrize("width", [60, 120])
def test_blocks_fit_the_terminal(width: int) -> None:
    """No line is wider than the terminal."""
    tags = {f"key-{number}": "a value of some length " * 8 for number in range(3)}
    wide = plan("Music", added("Anything", {"Tags": tags}), added("GlobalSecondaryIndexes[Genre]", INDEX))
    assert [] == [each for each in lines(wide, width) if len(each) > width]


def test_json_has_no_json_in_text() -> None:
    """Values are JSON themselves, policies too."""
    shown = with_values(to_aws(plan("Music", changed("ResourcePolicy", json.dumps(POLICY), "none"))))
    (change,) = json.loads(json.dumps(shown))["Changes"]
    assert (POLICY, "none") == (change["Before"], change["After"])


def test_json_without_a_value() -> None:
    """A value that is not there is null."""
    shown = with_values(to_aws(plan("Music", {"Before": "", **added("Tags[team]", "films")})))
    (change,) = json.loads(json.dumps(shown))["Changes"]
    assert (None, "films") == (change["Before"], change["After"])


def test_markdown_has_a_section_for_each_table() -> None:
    """Each table that changes can be unfolded; the marks stand where a diff has them."""
    still = from_aws({"TableName": "Still", "Action": "NONE"}, TablePlan)
    text = markdown([plan("Music", added("Tags[a]", "<b>~~~~</b>")), still])
    assert [
        "### tablectl plan: 0 to create, 1 to change, 0 to replace",
        "",
        "1 table has no changes.",
        "",
        "<details><summary><b>Music: update</b> (1 in place)</summary>",
        "",
        "~~~~diff",
        '+ Tags[a]: "<b>~ ~ ~ ~</b>" [in place]',
        "~~~~",
        "</details>",
    ] == text.splitlines()


@pytest.mark.parametrize(("tables", "changes"), [(1, 3000), (60, 100), (3000, 1)])
def test_markdown_fits_a_comment(tables: int, changes: int) -> None:
    """However much changes, the text is not longer than GitHub takes, and says what is missing."""
    plans = [
        plan(f"Table-{n}", *(added(f"Tags[key-{k}]", "ü" * 20) for k in range(changes)))
        for n in range(tables)
    ]
    text = markdown(plans)
    assert LIMIT // 2 < len(text.encode()) <= LIMIT
    assert "more lines: run tablectl plan" in text or "not shown: run `tablectl plan`" in text
    assert text.count("<details>") == text.count("</details>")
