"""The comparison of tables by digests."""

from tableadmin.v1 import TableComparison
from tableadmin_server.copying.contents import Contents, comparison


def test_comparison() -> None:
    """Each item is equal, missing, different or extra."""
    source = {b"1": b"a", b"2": b"b", b"3": b"c"}
    target = {b"1": b"a", b"3": b"other", b"4": b"d", b"5": b"e"}
    assert comparison(source, target) == TableComparison(
        equal_items=1, missing_items=1, different_items=1, extra_items=2
    )


def test_shared_keys() -> None:
    """All items with the key of another item are counted, the first of them too."""
    contents = Contents()
    for key in (b"1", b"2", b"1", b"3", b"1", b"2"):
        contents.add(key, b"")
    assert contents.items_with_shared_keys == 5
