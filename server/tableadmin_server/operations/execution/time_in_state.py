"""For how long things have been in the state they are in, by this server's own clock."""

from collections.abc import Callable, Collection, Hashable


class TimeInState:
    """Remembers the states that things were seen in, and since when, by the seconds of CLOCK.

    Times that another server wrote are states like any other: they are never compared with CLOCK.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[Hashable, float]] = {}

    def seconds(self, name: str, state: Hashable) -> float:
        """For how long the thing NAME has been seen in STATE, which is what it is in now."""
        now = self._clock()
        before, since = self._seen.get(name, (None, now))
        self._seen[name] = state, (since if before == state else now)
        return now - self._seen[name][1]

    def forget_others(self, names: Collection[str]) -> None:
        """Remember only the things NAMES."""
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
