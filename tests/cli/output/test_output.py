"""The forms of an answer."""

import json
from datetime import UTC, datetime

import pytest
import yaml

from tableadmin.awsshape import AwsDict
from tableadmin.cli.output.blocks import Fields, Lines, Rows, plain_lines
from tableadmin.cli.output.output_formats import print_response
from tableadmin.cli.views.formatting import key, size, span, word
from tableadmin.v1 import (
    AttributeDefinition,
    KeySchemaElement,
    KeyType,
    ScalarAttributeType,
    TableDescription,
    TableStatus,
)

_ANSWER: AwsDict = {
    "Table": {"At": datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "Raw": b"\x00\x01", "Name": "Mü", "N": 0}
}


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has times in ISO 8601, bytes in base64, letters as they are, members in their order."""
    print_response(_ANSWER, "json")
    text = capsys.readouterr().out
    assert "Mü" in text
    assert {
        "Table": {"At": "2026-01-02T03:04:05.000006+00:00", "Raw": "AAE=", "Name": "Mü", "N": 0}
    } == json.loads(text)
    assert ["At", "Raw", "Name", "N"] == list(json.loads(text)["Table"])


def test_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    """YAML says the same as JSON, in the same order."""
    print_response(_ANSWER, "yaml")
    read = yaml.safe_load(capsys.readouterr().out)
    assert {"Table": {"At": "2026-01-02T03:04:05.000006+00:00", "Raw": "AAE=", "Name": "Mü", "N": 0}} == read
    assert ["At", "Raw", "Name", "N"] == list(read["Table"])


def test_columns_are_aligned() -> None:
    """Columns are as wide as their widest cell, and no line ends in blanks."""
    rows = Rows(("Key", "Value"), [("a", "b"), ("long", "")])
    assert ["KEY   VALUE", "a     b", "long"] == list(plain_lines(rows))
    assert ["a    1", "bcd  2"] == list(plain_lines(Fields([("a", "1"), ("bcd", "2")])))


def test_nothing_is_said_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty answer leaves standard output empty; that there is none is said beside it."""
    print_response([Rows(("Key",), [], "no tags"), Lines([], "no tables")], "table")
    assert ("", "no tags\nno tables\n") == capsys.readouterr()


def test_a_terminal_is_not_steered(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters in what the service answers do not reach the terminal."""
    print_response([Rows(("Key",), [("\x1b[2Jx",)])], "table")
    assert "KEY\n?[2Jx\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 1024**4, "5.0 TiB")]
)
def test_size(amount: int, text: str) -> None:
    """Sizes are in binary units."""
    assert text == size(amount)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (7500, "2 h 05 min")]
)
def test_span(seconds: float, text: str) -> None:
    """Spans are in the two units that matter."""
    assert text == span(seconds)


def test_words() -> None:
    """An enum reads as AWS writes it, a number without a name as itself, and what is not set as nothing."""
    assert "ACTIVE" == word(TableDescription(table_status=TableStatus.TABLE_STATUS_ACTIVE), "table_status")
    assert "99" == word(TableDescription(table_status=99), "table_status")  # type: ignore[arg-type] # from a newer service
    assert "" == word(TableDescription(), "table_status")


def test_key() -> None:
    """A key reads as it is written on the command line."""
    schema = [
        KeySchemaElement(attribute_name="A", key_type=KeyType.KEY_TYPE_HASH),
        KeySchemaElement(attribute_name="B", key_type=KeyType.KEY_TYPE_HASH),
        KeySchemaElement(attribute_name="C", key_type=KeyType.KEY_TYPE_RANGE),
    ]
    types = [
        AttributeDefinition(attribute_name=name, attribute_type=ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S)
        for name in "ABC"
    ]
    assert "A:S+B:S / C:S" == key(schema, types)
