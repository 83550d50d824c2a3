"""Spec files in the canonical form: the same specs and the same comments, whatever form the file had."""

import json
import random
import re
from collections import Counter
from typing import cast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tableadmin.awsshape import to_aws
from tableadmin.formats import SpecError, format_text, read, write
from tableadmin.formats.text.tree import Tree
from tableadmin.v1 import TableSpec
from tests.formats.canonical.author import Author
from tests.formats.specs import specs

few = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
several = st.lists(specs(), min_size=1, max_size=2, unique_by=lambda spec: spec.table_name)
chances = st.integers(0, 2**32).map(random.Random)
# What comments name beside members: tags by key have no Key and no Value.
_NO_MEMBERS = {"it", "file", "Key", "Value"}
_COMMENT = re.compile(r"(?:#|//) \d+ of \w+")
# A member that create-table's input lacks makes JSON a spec.
_EXPIRY = {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expiry"}}


def canonical(text: str, name: str = "tables.yaml") -> str:
    """TEXT in the canonical form, which is a form of specs, and which stays as it is."""
    made = format_text(text, name=name)
    assert "" == made.left_alone
    assert made == format_text(made.text, name=name)
    return made.text


def _trees(tables: list[TableSpec]) -> list[Tree]:
    return [cast("Tree", json.loads(json.dumps({**_EXPIRY, **to_aws(table)}))) for table in tables]


@few
@given(chances, several)
def test_yaml_of_any_form(chance: random.Random, tables: list[TableSpec]) -> None:
    """Any YAML becomes one form, which has the same specs, and each comment once."""
    author = Author(chance, "#")
    text = "---\n".join(author.yaml(tree) for tree in _trees(tables))

    made = canonical(text)

    assert read(text, name="f") == read(made, name="f")
    assert Counter(author.comments) == Counter(_COMMENT.findall(made))


@few
@given(chances, several)
def test_json_of_any_form(chance: random.Random, tables: list[TableSpec]) -> None:
    """Any JSON becomes one form, which is JSON with the same specs, and each comment once."""
    author = Author(chance, "//")
    text = author.json(_trees(tables))

    made = canonical(text, "tables.json")

    assert read(text, name="f") == read(made, name="f")
    assert Counter(author.comments) == Counter(_COMMENT.findall(made))


@few
@given(several)
def test_exports_are_canonical(tables: list[TableSpec]) -> None:
    """What export writes is in the canonical form."""
    text = write(tables, "spec").text
    # PyYAML writes the key of a tag in this way if the key has a line break, which AWS permits in none.
    assume("? " not in {line.strip()[:2] for line in text.splitlines()})
    assert text == canonical(text)


@few
@given(chances, several)
def test_comments_are_beside_their_members(chance: random.Random, tables: list[TableSpec]) -> None:
    """A comment is in the line of its member, or in the lines above, or inside of the member."""
    author = Author(chance, "#")
    lines = canonical("---\n".join(author.yaml(tree) for tree in _trees(tables))).splitlines()
    for number, line in enumerate(lines):
        for name in re.findall(r"# \d+ of (\w+)", line):
            near = [each.split("#")[0] for each in _from_above(lines, number)]
            assert name in _NO_MEMBERS or any(f"{name}:" in each for each in near), (name, lines)


def _from_above(lines: list[str], number: int) -> list[str]:
    """Line NUMBER, the members that it is in, and the next line below that is no comment."""
    found = [each for each in lines[number:] if each.split("#")[0].strip()][:1]
    indent = _indent(lines[number])
    for line in reversed(lines[:number]):
        if line.split("#")[0].strip() and _indent(line) < indent:
            found.append(line)
            indent = _indent(line)
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


ORDERS = """\
# Copyright Example
# yaml-language-server: $schema=tables.schema.json
# on demand is cheaper
BillingMode: "PAY_PER_REQUEST"   #why


KeySchema: [ # keys
  {AttributeName: id, KeyType: HASH}, # one
  # two
]
TableName: 'orders'
AttributeDefinitions:
- AttributeType: S
  # inner
  AttributeName: id
  # at the end
# who
Tags:
  - {Key: yes, Value: NO}  # country
  - Key: policy
    Value: |  # literal
      a
        b

TimeToLiveSpecification: {Enabled: True, AttributeName: exp}
# end
"""


def test_a_file_by_hand() -> None:
    """Comments for tools stay at the top, others move with members; text that looks like more is quoted."""
    assert """\
# Copyright Example
# yaml-language-server: $schema=tables.schema.json
TableName: orders
AttributeDefinitions:
  # inner
  - AttributeName: id
    AttributeType: S
    # at the end

KeySchema:  # keys
  # one
  - AttributeName: id
    KeyType: HASH
  # two
# on demand is cheaper
BillingMode: PAY_PER_REQUEST  #why
# who
Tags:
  'yes': 'NO'  # country
  policy: |  # literal
    a
      b

TimeToLiveSpecification:
  Enabled: true
  AttributeName: exp
# end
""" == canonical(ORDERS)


def test_line_breaks_are_kept() -> None:
    """If all lines of a file end with CRLF, the canonical form is the same with CRLF."""
    plain, crlf = (format_text(each, name="a.yaml") for each in (ORDERS, ORDERS.replace("\n", "\r\n")))
    assert plain.text.replace("\n", "\r\n") == crlf.text
    assert plain == format_text(ORDERS.replace("\n", "\r\n", 1), name="a.yaml")


def test_other_encodings() -> None:
    """A file in another encoding has the same canonical form."""
    assert format_text(ORDERS, name="a.yaml") == format_text(ORDERS.encode("utf-16"), name="a.yaml")


def test_anchors_and_merges() -> None:
    """An anchor is where its value comes first in the new order; merge keys come before members."""
    text = (
        "TableName: a\n"
        "ProvisionedThroughput: &few {WriteCapacityUnits: 1, ReadCapacityUnits: &n 2}\n"
        "Tags: {n: *n}\n"
        "GlobalSecondaryIndexes:\n"
        "  - {ProvisionedThroughput: {WriteCapacityUnits: 3, <<: *few}, IndexName: i} # index\n"
    )
    made = canonical(text)
    assert read(text, name="f") == read(made, name="f")
    assert (
        "TableName: a\n"
        "GlobalSecondaryIndexes:\n"
        "  # index\n"
        "  - IndexName: i\n"
        "    ProvisionedThroughput:\n"
        "      <<: &few\n"
        "        ReadCapacityUnits: &n 2\n"
        "        WriteCapacityUnits: 1\n"
        "      WriteCapacityUnits: 3\n"
        "ProvisionedThroughput: *few\n"
        "Tags:\n"
        "  n: *n\n"
    ) == made


def test_documents() -> None:
    """Empty documents go, their comments stay, and a comment above --- is at the end of its document."""
    text = "--- # first\nTableName: a\n# above\n---\n# empty\n---\n# second\nTableName: b\n...\n---\n# last\n"
    assert "# first\nTableName: a\n# above\n---\n# empty\n# second\nTableName: b\n# last\n" == canonical(text)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.json", "TableName: a\n", "a.json: is YAML in a file with a name of JSON; rename the file"),
        ("a.json", "{TableName: a}\n", "a.json:1: is YAML in a file with a name of JSON; rename the file"),
        ("a.yaml", "TableName: &a x\nTags: {b: &a y, c: *a}\n", "a.yaml:2: not YAML: second occurrence"),
        ("a.yaml", "%TAG ! tag:x,1:\n---\nTableName: a\n", "a.yaml: has a line %TAG"),
        ("a.yaml", "TableName: a\nBilingMode: x\n", "a.yaml:2: table a: BilingMode: unknown member"),
        ("a.yaml", "TableName: [\n", "a.yaml:2: not YAML"),
    ],
)
def test_what_is_refused(name: str, text: str, why: str) -> None:
    """What can't be read, or can't be kept, is refused in one line."""
    with pytest.raises(SpecError) as refused:
        format_text(text, name=name)
    assert str(refused.value).startswith(why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Resources: {}\n", "is in the format CloudFormation"),
        ('resource "aws_dynamodb_table" "a" {}\n', "is in the format Terraform"),
        ("on: push\n", "is in no format that is read"),
        ("TableName: a\n---\nResources: {}\n", "is in the format CloudFormation"),
        ('{"TableName": "a", "KeySchema": []}', "is in the format create-table inputs"),
    ],
)
def test_other_formats(text: str, why: str) -> None:
    """Files in other formats are left as they are."""
    made = format_text(text, name="a")
    assert text == made.text
    assert made.left_alone.startswith(why)
