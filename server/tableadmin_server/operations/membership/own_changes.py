"""The tables that this server has just changed; pure."""

from collections.abc import Collection, Mapping
from itertools import count

# Seconds for which a change stays in the item after it was written, and changes in an item at most.
CHANGE_RETENTION = 20.0
MAX_CHANGES = 100


class OwnChanges:
    """The tables that this server changed last, by numbers that grow by one."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._tables: dict[int, str] = {}
        # When each was first written.
        self._written: dict[int, float] = {}

    def add(self, table: str) -> None:
        """TABLE may have been changed."""
        self._tables[next(self._numbers)] = table
        if len(self._tables) > MAX_CHANGES:
            self._drop(next(iter(self._tables)))

    def current(self, moment: float) -> Mapping[int, str]:
        """The changes to write at MOMENT: those that were not written long ago."""
        for number in [each for each, at in self._written.items() if at <= moment - CHANGE_RETENTION]:
            self._drop(number)
        return dict(self._tables)

    def written(self, numbers: Collection[int], moment: float) -> None:
        """The changes of these NUMBERS were written at MOMENT."""
        for number in numbers:
            if number in self._tables:
                self._written.setdefault(number, moment)

    def _drop(self, number: int) -> None:
        del self._tables[number]
        self._written.pop(number, None)
