"""Sizes and digests of items."""

import pytest

from tableadmin_server.copying.items import Item, digest, size_of

_WHOLE: Item = {
    "Artist": {"S": "Ärzte"},
    "Year": {"N": "1984"},
    "Cover": {"B": b"\x00\x01"},
    "Tags": {"SS": ["a", "bc"]},
    "Charts": {"NS": ["1", "2.5"]},
    "Parts": {"L": [{"M": {"n": {"N": "1"}}}, {"NULL": True}]},
}


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"a": {"S": "Ärzte"}}, 1 + 6),
        ({"a": {"N": "0"}}, 1 + 2),
        ({"a": {"N": "1234"}}, 1 + 3),
        ({"a": {"N": "-12345e100"}}, 1 + 4),
        ({"a": {"N": "12000"}}, 1 + 2),
        ({"a": {"B": b"123"}}, 1 + 3),
        ({"a": {"BOOL": False}}, 1 + 1),
        ({"a": {"NULL": True}}, 1 + 1),
        ({"a": {"SS": ["x", "yz"]}}, 1 + 3),
        ({"a": {"L": [{"S": "x"}, {"BOOL": True}]}}, 1 + 3 + 2 + 2),
        ({"a": {"M": {"bb": {"S": "x"}}}}, 1 + 3 + 3 + 1),
    ],
)
def test_sizes(item: Item, size: int) -> None:
    """Names and values count in UTF-8, numbers by pairs of digits, lists and maps with 3 bytes more."""
    assert size == size_of(item)


@pytest.mark.parametrize(
    "changed",
    [
        {"Tags": {"SS": ["bc", "a"]}},
        {"Charts": {"NS": ["2.50", "1.0"]}},
        {"Year": {"N": "1.984E3"}},
    ],
)
def test_equal_items(changed: Item) -> None:
    """The order of attributes and of sets, and the form of numbers, do not change a digest."""
    assert digest(_WHOLE) == digest({**{name: _WHOLE[name] for name in reversed([*_WHOLE])}, **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"Year": {"S": "1984"}},
        {"Year": {"N": "1984.00000000000000000000000000000000001"}},
        {"Cover": {"B": b"\x00\x02"}},
        {"Cover": {"S": "AAE="}},
        {"Tags": {"L": [{"S": "a"}, {"S": "bc"}]}},
        {"Parts": {"L": [{"NULL": True}, {"M": {"n": {"N": "1"}}}]}},
        {"More": {"NULL": True}},
    ],
)
def test_other_items(changed: Item) -> None:
    """Another type, value or order in a list, and one attribute more, change a digest."""
    assert digest(_WHOLE) != digest({**_WHOLE, **changed})


def test_big_numbers() -> None:
    """Numbers of DynamoDB's whole range have a digest."""
    for number in ("9" * 38 + "E87", "1E-130", "-9.9999999999999999999999999999999999999E+125"):
        assert digest({"n": {"N": number}}) == digest({"n": {"N": number}})
