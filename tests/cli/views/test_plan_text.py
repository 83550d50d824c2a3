"""How plans read."""

import pytest

from tableadmin.awsshape import AwsDict, AwsValue, from_aws
from tableadmin.cli.output.terminal_text import Line, wrap_line
from tableadmin.cli.views.plans.plan_text import differences, review
from tableadmin.cli.views.plans.plan_values import compact
from tableadmin.v1 import TablePlan

MUSIC: AwsDict = {
    "TableName": "Music",
    "Action": "UPDATE",
    "Waits": ["the table to be ACTIVE"],
    "Changes": [
        {
            "Path": "GlobalSecondaryIndexes[Old]",
            "Before": '{"KeySchema":[]}',
            "ChangeClass": "DESTRUCTIVE",
        },
        {
            "Path": "ProvisionedThroughput",
            "Before": '{"ReadCapacityUnits":5}',
            "After": '{"ReadCapacityUnits":9}',
            "ChangeClass": "IN_PLACE",
        },
        {"Path": "Tags[team]", "After": '"a b"', "ChangeClass": "IN_PLACE", "Skipped": "not here"},
    ],
    "Steps": [
        {"Summary": "delete index Old", "Waits": ["index Old gone"], "UpdateTable": {"TableName": "Music"}},
        {"Summary": "set the policy", "PutResourcePolicy": {"ResourceArn": "arn"}},
    ],
    "Warnings": [
        {"Path": "ProvisionedThroughput", "Description": "the last decrease of today"},
        {"Description": "all of it"},
    ],
}
FILMS: AwsDict = {
    "TableName": "Films",
    "Action": "CREATE",
    "Changes": [{"Path": "BillingMode", "After": '"PAY_PER_REQUEST"', "ChangeClass": "IN_PLACE"}],
}
STILL: AwsDict = {"TableName": "Still", "Action": "NONE"}
OTHER: AwsDict = {
    "TableName": "Other",
    "Action": "REPLACE",
    "Changes": [{"Path": "KeySchema", "Before": "[]", "After": "[1]", "ChangeClass": "REPLACEMENT"}],
    "Refusal": "it is protected",
}


def plans(*described: AwsDict) -> list[TablePlan]:
    """Plans of which AWS-shaped dicts are given."""
    return [from_aws(each, TablePlan) for each in described]


def plain(lines: list[Line]) -> list[str]:
    """The lines as a pipe gets them."""
    return [text for line in lines for text in wrap_line(line, None)]


def test_a_review_says_everything() -> None:
    """Changes with their class, calls and waits in order, warnings, refusals and a summary at the end."""
    assert [
        "~ Music (update)",
        "  - GlobalSecondaryIndexes[Old]: {KeySchema: []} [destructive]",
        "  ~ ProvisionedThroughput: {ReadCapacityUnits: 5} -> {ReadCapacityUnits: 9} [in place]",
        "  + Tags[team]: a b [skipped: not here]",
        "  ! first wait for: the table to be ACTIVE",
        "  1. delete index Old (UpdateTable)",
        "     wait for: index Old gone",
        "  2. set the policy (PutResourcePolicy)",
        "  ! ProvisionedThroughput: the last decrease of today",
        "  ! all of it",
        "",
        "+ Films (create)",
        "  + BillingMode: PAY_PER_REQUEST",
        "",
        "= Still (no changes)",
        "-/+ Other (replace)",
        "  ~ KeySchema: [] -> [1] [replacement]",
        "  refused: it is protected",
        "",
        "1 to create, 1 to change, 1 to replace",
    ] == plain([*review(plans(MUSIC, FILMS, STILL, OTHER))])


def test_a_diff_says_what_differs_alone() -> None:
    """Neither calls nor warnings, nor tables that are as they should be."""
    assert [
        "+ Films (create)",
        "  + BillingMode: PAY_PER_REQUEST",
        "",
        "-/+ Other (replace)",
        "  ~ KeySchema: [] -> [1] [replacement]",
    ] == plain([*differences(plans(STILL, FILMS, OTHER))])


def test_a_table_whose_changes_are_all_skipped_has_nothing_to_do() -> None:
    """It is not called unchanged: its skipped changes stand below."""
    skipped: AwsDict = {"Path": "Tags[a]", "After": '"b"', "ChangeClass": "IN_PLACE", "Skipped": "no tags"}
    table: AwsDict = {**STILL, "Changes": [skipped]}
    assert ["= Still (nothing to do)", "  + Tags[a]: b [skipped: no tags]"] == plain(
        [*differences(plans(table))]
    )


def test_what_is_not_managed_is_one_line() -> None:
    """The members stand behind each other with their bounds, and reasons are not repeated."""
    scaled: AwsDict = {"Reason": "Application Auto Scaling", "Minimum": 5, "Maximum": 50}
    members: list[AwsDict] = [
        {"Path": "Tags", "Reason": "not in the file"},
        {"Path": "ProvisionedThroughput.ReadCapacityUnits", **scaled},
        {"Path": "ResourcePolicy", "Reason": "not in the file"},
        {"Path": "TableClass"},
    ]
    line = (
        "Tags, ResourcePolicy (not in the file); "
        "ProvisionedThroughput.ReadCapacityUnits from 5 to 50 (Application Auto Scaling); TableClass"
    )
    still, films = plans({**STILL, "Unmanaged": members}, {**FILMS, "Unmanaged": members})
    assert ["= Still (no changes)", f"  not managed: {line}"] == plain([*differences([still])])
    assert f"  not managed, created with AWS's defaults unless given above: {line}" in plain(
        [*review([films])]
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"A":[1,true,null],"B":"x"}', "{A: [1, true, null], B: x}"),
        ('"1"', '"1"'),
        ('"true"', '"true"'),
        ('"a, b"', '"a, b"'),
        ('""', '""'),
        ('"{\\"Version\\":\\"2012-10-17\\"}"', "{Version: 2012-10-17}"),
        ("not JSON", "not JSON"),
    ],
)
def test_values_are_written_as_people_do(text: str, shown: str) -> None:
    """Quotes stay where text might be taken for something else; a policy is the document that it is."""
    assert shown == compact(text)


@pytest.mark.parametrize("width", [20, 40])
def test_lines_fold_below_their_beginning(width: int) -> None:
    """No line is wider than the terminal; what is folded stands further in, and nothing is lost."""
    line = Line("+ GlobalSecondaryIndexes[GenreIndex]: {KeySchema: [{KeyType: HASH}]} [in place]", 2)
    lines = wrap_line(line, width)
    assert [] == [each for each in lines if len(each) > width]
    assert {"    "} == {each[:4] for each in lines[1:]}
    assert line.text.replace(" ", "") == "".join("".join(lines).split())


def test_nothing_steers_the_terminal() -> None:
    """What can't be printed is replaced, line breaks included."""
    assert ["a ?[31mb c"] == wrap_line(Line("a\n\x1b[31mb\tc"), None)


def test_denied_steps() -> None:
    """A step that policies do not permit says which action is denied, by which policy, and what to do."""
    denials: list[AwsDict] = [
        {"Action": "DeleteIndex", "Policies": ["keep"], "Advice": ["Ask #dynamodb."]},
        {"Action": "DeleteIndex"},
    ]
    steps: list[AwsValue] = [{"Summary": "delete index Old", "Denial": each} for each in denials]
    lines = plain(list(review(plans({**MUSIC, "Steps": steps}))))
    assert [line.strip() for line in lines if "denied" in line] == [
        "denied: the policy keep forbids DeleteIndex. Ask #dynamodb.",
        "denied: no policy permits DeleteIndex.",
    ]
