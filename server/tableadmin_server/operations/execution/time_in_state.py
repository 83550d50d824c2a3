"""Measures by this server's clock for how long things have been in their current state."""

from collections.abc import Callable, Collection, Hashable


class TimeInState:
    """Remembers the state of each thing, and since when it was seen, in seconds of CLOCK.

    A state may be a time that another server wrote. Such a time is never compared with CLOCK.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[Hashable, float]] = {}

    def seconds(self, name: str, state: Hashable) -> float:
        """Return for how many seconds the thing NAME has been seen in STATE, its current state."""
        now = self._clock()
        before, since = self._seen.get(name, (None, now))
        self._seen[name] = state, (since if before == state else now)
        return now - self._seen[name][1]

    def forget_others(self, names: Collection[str]) -> None:
        """Forget all things except NAMES."""
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
