"""What looks familiar and is in no format that is read."""

import pytest

from tests.formats.refusing import refusal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"Count": 1, "Items": [{"id": {"S": "1"}}]}', "f: has items, not tables; give what"),
        ("TABLE\t1700000000\torders\n", "f: is in the AWS CLI's format `table` or `text`"),
        ("-------\n|  DescribeTable  |\n+-------+\n", "f: is in the AWS CLI's format `table` or `text`"),
        ("import * as cdk from 'aws-cdk-lib';\n", "f: is source code; give what the program generates"),
        ("module.exports = { tables: [ {} ] };\n", "f: is source code; give what the program generates"),
        ("TableName: {{ name }}\n", "f: has tags of a template engine, such as {{ name }}"),
        ("{% for t in tables %}\nTableName: x\n{% endfor %}\n", "f: has tags of a template engine"),
        ("# of dev\n[default]\nx = 1\n", "f: is a file of parameters, not a template; give the template"),
        (
            '{"Policy": "{}", "RevisionId": "1"}',
            "f: is what GetResourcePolicy returns; give what `aws dynamodb",
        ),
        ("[{a: 1}, {services: {}}]", "f: is in no format that is read, such as table specs"),
        ('{"TableName": "a" /* of dev */ "Tags": []}', "f:1: not JSON"),
        (
            "{'Table': {'ItemCount': Decimal('1')}}",
            "f: is what Python prints of an object; give what json.dumps",
        ),
        ('{"Stacks": []}', "describes stacks; give what `aws cloudformation get-template"),
        ('{"TableNames": ["orders"]}', "is a list of table names; give what `aws dynamodb describe-table`"),
    ],
)
def test_what_looks_familiar_is_named(text: str, said: str) -> None:
    """The error says what a file is, and what to give instead."""
    assert said in refusal(text)


def test_what_a_file_has_inside_is_not_what_the_file_is() -> None:
    """A file that is broken is refused at its line, whatever script it has inside."""
    said = refusal("Script: |\n  aws dynamodb list-tables\nA: [\n")

    assert "not YAML" in said


def test_text_that_is_read_is_not_named() -> None:
    """Text that can be read is judged by what it says, whatever it looks like."""
    said = refusal("TableName: orders\nTags: {a: '{{ name }}'}\nNope: 1\n")

    assert "Nope: unknown member of TableSpec" in said
