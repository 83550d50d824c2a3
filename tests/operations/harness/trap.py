"""Something that happens at a chosen write of an apply, in the middle of it."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.operations.harness.plane import Lost, Plane, Write, nothing
from tests.operations.harness.replica import Replica


class Trap:
    """Does ACT once, at the first write by REPLICA about the table NAME for which AT holds.

    LOST: before the write is done, which it never is. Otherwise when it is done and not answered yet, or
    DELAY seconds later. `over` is set when the apply has ended, or ACT was done. Another replica ends the
    apply where REPLICA was too slow to keep its lease.
    """

    def __init__(
        self,
        plane: Plane,
        replica: Replica,
        name: str,
        at: Callable[[Write], bool],
        act: Callable[[], object],
        *,
        lost: bool = False,
        delay: float = 0.0,
    ) -> None:
        self.sprung = threading.Event()
        self.over = threading.Event()
        self._plane = plane
        self._replica = replica
        self._name = name
        self._at = at
        self._act = act
        self._lost = lost
        self._delay = delay
        self._ids: list[str] = []
        self._found = threading.Lock()

    def __enter__(self) -> Self:
        """Lie in wait."""
        self._plane.before, self._plane.after = self._before, self._after
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave writes alone."""
        self._plane.before = self._plane.after = nothing

    def _before(self, write: Write) -> None:
        if not self._concerns(write):
            return
        if self._lost and self._is_at(write):
            self._spring()
            raise Lost

    def _after(self, write: Write) -> None:
        if not self._concerns(write):
            return
        if not self._lost and self._is_at(write):
            if self._delay:
                threading.Timer(self._delay, self._spring).start()
            else:
                self._spring()
        elif write.accepted and write.key[0] == "operation" and write.ends:
            self.over.set()

    def _concerns(self, write: Write) -> bool:
        """Whether WRITE is of the apply, by whichever replica."""
        if not write.about(self._name, *self._ids):
            return False
        kind, identity = write.key
        if kind == "operation" and identity not in self._ids:
            self._ids.append(identity)
        return True

    def _is_at(self, write: Write) -> bool:
        """Whether WRITE is the one; nothing is, after the first."""
        with self._found:
            if write.through != self._replica.name or not self._at(write):
                return False
            self._at = lambda _: False
            return True

    def _spring(self) -> None:
        if not self.over.is_set():
            self._act()
            self.sprung.set()
            self.over.set()


def nth(number: int) -> Callable[[Write], bool]:
    """Holds for the NUMBER-th write that is looked at, counted from 1."""
    seen = 0

    def at(_: Write) -> bool:
        nonlocal seen
        seen += 1
        return seen == number

    return at
