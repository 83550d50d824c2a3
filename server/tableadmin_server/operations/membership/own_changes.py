"""The tables that this server has just changed. Pure."""

from collections.abc import Collection, Mapping
from itertools import count

# A change stays in the item for so many seconds after its first write. An item has at most so many changes.
CHANGE_RETENTION = 20.0
MAX_CHANGES = 100


class OwnChanges:
    """The last changes of this server: tables by the number of the change."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._tables: dict[int, str] = {}
        # When each change was first written.
        self._written: dict[int, float] = {}

    def add(self, table: str) -> None:
        """Add a change of TABLE."""
        self._tables[next(self._numbers)] = table
        if len(self._tables) > MAX_CHANGES:
            self._drop(next(iter(self._tables)))

    def current(self, moment: float) -> Mapping[int, str]:
        """Return the changes to write at MOMENT, without those first written CHANGE_RETENTION ago."""
        for number in [each for each, at in self._written.items() if at <= moment - CHANGE_RETENTION]:
            self._drop(number)
        return dict(self._tables)

    def written(self, numbers: Collection[int], moment: float) -> None:
        """Note that the changes NUMBERS were written at MOMENT."""
        for number in numbers:
            if number in self._tables:
                self._written.setdefault(number, moment)

    def _drop(self, number: int) -> None:
        del self._tables[number]
        self._written.pop(number, None)
