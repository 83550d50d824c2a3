"""YAML that would surprise, and YAML that means harm."""

import time

import pytest

from tableadmin.formats import read
from tests.formats.refusing import refusal
from tests.measuring import is_cpu_time_less


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TableName: A\nTableName: B", "f:2: the member 'TableName' is specified twice"),
        ('{"TableName": "A", "TableName": "B"}', "f: the member 'TableName' is specified twice"),
        ("TableName: A\nTags: {a: 1, a: 2}", "f:2: the member 'a' is specified twice"),
        (
            "TableName: !!python/object/apply:os.system [id]",
            "f:1: the tag !!python/object/apply:os.system is not known here",
        ),
        ("TableName: !!timestamp 2024-01-01", "f:1: the tag !!timestamp is not known here"),
        ("TableName: !Nope x", "f:1: the tag !Nope is not known here"),
        ("? [a, b]\n: c", "f:1: the name of a member must be text"),
        ("TableName: [", "f:2: not YAML: "),
        ("TableName: *gone", "f:1: not YAML: found undefined alias"),
        ("TableName: \x00", "f: not YAML: "),
        ('{"TableName": "A" "B"}', "f:1: not JSON: "),
        ('{"TableName": NaN, "x": "y"}', "f: NaN is not JSON"),
        ("&a [*a]", "f: unfolds to more than"),
        ("<<: 5", "f:1: << must name an object"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    """What is ambiguous, unknown or endless is refused, with its line where that is known."""
    assert refusal(text).startswith(said)


@pytest.mark.parametrize("opening", ["[", '{"a":', "- "])
def test_depth_is_bounded(opening: str) -> None:
    """A document nested a hundred thousand deep is refused, and neither crashes nor hangs the reader."""
    assert "nested" in refusal(opening * 100_000)


@pytest.mark.parametrize("depth", [101, 500, 900])
def test_the_depth_of_json_is_bounded(depth: int) -> None:
    """JSON is no deeper than YAML may be, in whichever format it is."""
    deep = '{"a": ' * depth + "1" + "}" * depth
    for text in (deep, f'{{"Resources": {deep}}}', f'{{"Table": {deep}}}', "[" * depth + "]" * depth):
        assert "is nested more than 100 deep" in refusal(text)


def test_aliases_are_bounded() -> None:
    """A document of some hundred bytes that unfolds to billions of values is refused at once."""
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10))
    merges = "\n".join(f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 10)}]}}" for n in range(1, 10))
    start = time.thread_time()

    assert "unfolds to more than" in refusal(f"l0: &l0 [x]\n{levels}")
    assert "unfolds to more than" in refusal(f"l0: &l0 {{x: y}}\n{merges}")
    assert is_cpu_time_less(time.thread_time() - start, 2)


def test_a_byte_order_mark() -> None:
    """A byte order mark is no part of the text, in YAML and JSON."""
    assert ["A1b"] == [spec.table_name for spec in read("\ufeffTableName: A1b", name="f")]
    assert ["A1b"] == [spec.table_name for spec in read('\ufeff{"TableName": "A1b"}', name="f")]


def test_flow_style_is_no_json() -> None:
    """YAML that begins with a brace is YAML."""
    (spec,) = read("{TableName: A1b, # the name\n DeletionProtectionEnabled: true}", name="f")

    assert spec.deletion_protection_enabled
