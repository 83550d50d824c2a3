"""The items of a table by digests of their keys, and the comparison of two tables. No I/O."""

from collections import Counter
from collections.abc import Mapping

from tableadmin.v1 import TableComparison


class Contents:
    """The digests of items by the digests of their keys: about 200 bytes an item."""

    def __init__(self) -> None:
        self.digests: dict[bytes, bytes] = {}
        # The numbers of items of the keys that several items have.
        self._repeated: Counter[bytes] = Counter()

    def add(self, key: bytes, digest: bytes) -> None:
        """Add an item. Of items with the same key, the last one counts."""
        if key in self.digests:
            self._repeated[key] += 1 if key in self._repeated else 2
        self.digests[key] = digest

    @property
    def items_with_shared_keys(self) -> int:
        """The number of items whose key another item has too."""
        return self._repeated.total()


def comparison(source: Mapping[bytes, bytes], target: Mapping[bytes, bytes]) -> TableComparison:
    """Compare the items of SOURCE and TARGET, digests by digests of keys."""
    equal = sum(target.get(key) == digest for key, digest in source.items())
    missing = sum(key not in target for key in source)
    return TableComparison(
        equal_items=equal,
        missing_items=missing,
        different_items=len(source) - equal - missing,
        extra_items=len(target) - (len(source) - missing),
    )
