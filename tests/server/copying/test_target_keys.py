"""What a table requires of its items."""

from typing import Any

from tableadmin.v1 import ItemProblemType
from tableadmin_server.copying.target_keys import Problem, TargetKeys

_KEY = {"Artist": {"S": "Acme"}, "Title": {"S": "One"}}


def _table(projection: dict[str, Any]) -> dict[str, Any]:
    """A table with a local index, and a global index whose key has two attributes for RANGE."""
    return {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("Artist", "S"), ("Title", "S"), ("Year", "N"), ("Label", "B"))
        ],
        "KeySchema": [
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "Title", "KeyType": "RANGE"},
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "Local",
                "KeySchema": [
                    {"AttributeName": "Artist", "KeyType": "HASH"},
                    {"AttributeName": "Year", "KeyType": "RANGE"},
                ],
                "Projection": projection,
            }
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "Global",
                "KeySchema": [
                    {"AttributeName": "Label", "KeyType": "HASH"},
                    {"AttributeName": "Title", "KeyType": "RANGE"},
                    {"AttributeName": "Year", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }


def _problems(item: dict[str, Any], size: int = 100, projection: str = "ALL") -> set[Problem]:
    named = {"NonKeyAttributes": ["Text"]} if projection == "INCLUDE" else {}
    keys = TargetKeys.of(_table({"ProjectionType": projection, **named}))
    return set(keys.problems(item, size))


def _problem(name: str, *rest: str) -> Problem:
    return Problem(ItemProblemType.Value(f"ITEM_PROBLEM_TYPE_{name}"), *rest)


def test_no_index_has_the_item() -> None:
    """An item may lack the keys of all indexes."""
    assert set() == _problems(_KEY)


def test_keys_of_the_table() -> None:
    """A missing key attribute and one of another type are problems of the table, not of its indexes."""
    assert {
        _problem("ATTRIBUTE_MISSING", "Artist", "", "S"),
        _problem("WRONG_TYPE", "Title", "", "S", "BOOL"),
    } == _problems({"Title": {"BOOL": False}})


def test_keys_of_indexes() -> None:
    """A key attribute of an index must have its type, and a value that is neither empty nor too long."""
    assert {
        _problem("WRONG_TYPE", "Year", "Local", "N", "S"),
        _problem("WRONG_TYPE", "Year", "Global", "N", "S"),
        _problem("EMPTY_VALUE", "Label", "Global", "B"),
    } == _problems({**_KEY, "Year": {"S": "1984"}, "Label": {"B": b""}})
    assert {_problem("VALUE_TOO_LONG", "Label", "Global", "B")} == _problems(
        {**_KEY, "Label": {"B": bytes(2049)}}
    )


def test_lengths() -> None:
    """HASH takes 2,048 bytes, RANGE takes 1,024."""
    assert set() == _problems({"Artist": {"S": "x" * 2048}, "Title": {"S": "é" * 512}})
    assert {
        _problem("VALUE_TOO_LONG", "Artist", "", "S"),
        _problem("VALUE_TOO_LONG", "Title", "", "S"),
    } == _problems({"Artist": {"S": "x" * 2049}, "Title": {"S": "é" * 513}})


def test_size_with_local_indexes() -> None:
    """The entry in a local index counts as far as the index projects the item, if it has the item."""
    large = {**_KEY, "Text": {"S": "x" * 210_000}, "Rest": {"S": "x" * 50_000}}
    indexed = {**large, "Year": {"N": "1984"}}
    too_large = {_problem("ITEM_TOO_LARGE")}
    assert set() == _problems(large, 260_000)
    assert too_large == _problems(indexed, 260_000)
    assert too_large == _problems(indexed, 260_000, "INCLUDE")
    assert set() == _problems(indexed, 260_000, "KEYS_ONLY")
