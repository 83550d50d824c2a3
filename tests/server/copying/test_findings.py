"""What is said of items that cannot be copied."""

import pytest

from tableadmin.v1 import ItemProblem, ItemProblemType
from tableadmin_server.copying.findings import describe


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("ATTRIBUTE_MISSING", "without the key attribute Year of index ByYear"),
        ("WRONG_TYPE", "with the key attribute Year of index ByYear of type S, not N"),
        ("EMPTY_VALUE", "with an empty key attribute Year of index ByYear"),
        ("VALUE_TOO_LONG", "with a key attribute Year of index ByYear that is too long"),
        ("DUPLICATE_KEY", "with the same new key as another item"),
        ("ITEM_TOO_LARGE", "larger than 400 KB with the entries in local secondary indexes"),
    ],
)
def test_problems(kind: str, text: str) -> None:
    """Each kind of problem has a text with the attribute, the index and the types."""
    problem = ItemProblem(
        type=ItemProblemType.Value(f"ITEM_PROBLEM_TYPE_{kind}"),
        attribute_name="Year",
        index_name="ByYear",
        expected_type="N",
        found_type="S",
        items=1200,
    )
    assert text == describe(problem)
