"""The newest values of what the pages show, and the changes that each open page has not seen yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from threading import Condition
from time import sleep
from typing import TypeAlias

from tableadmin.console.http.responses import Refusal

# A kind of thing, such as `tables`, and the name of one.
Key: TypeAlias = tuple[str, str]
# What is shown of it, as JSON; None once it is gone.
Changes: TypeAlias = dict[Key, object]

# More pages than a person opens. Each holds a connection and a thread.
SUBSCRIBERS = 16
# Seconds for which a change waits for others.
_TOGETHER = 0.05


class Board:
    """Values by key. A subscriber is given each value once it has changed, and only its newest state.

    What waits for a slow page is at most one value for each key.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._values: Changes = {}
        self._waiting: dict[object, Changes] = {}
        self._is_closed = False

    @property
    def subscribers(self) -> int:
        """How many pages are open."""
        with self._changed:
            return len(self._waiting)

    def put(self, kind: str, name: str, value: object) -> None:
        """VALUE is what is shown of NAME now."""
        with self._changed:
            if self._values.get((kind, name)) != value:
                self._values[kind, name] = value
                self._tell({(kind, name): value})

    def remove(self, kind: str, name: str) -> None:
        """NAME is gone."""
        with self._changed:
            if self._values.pop((kind, name), None) is not None:
                self._tell({(kind, name): None})

    def of_kind(self, kind: str) -> Mapping[str, object]:
        """The values of KIND by name."""
        with self._changed:
            return {name: value for (each, name), value in self._values.items() if each == kind}

    def close(self) -> None:
        """End all subscriptions."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @contextmanager
    def subscribed(self) -> Iterator[Iterator[Changes]]:
        """All values, then changes whenever there are any; nothing every INTERVAL seconds without changes.

        Raises Refusal for a subscriber too many.
        """
        page = object()
        with self._changed:
            if len(self._waiting) >= SUBSCRIBERS:
                text = f"the console is open in {SUBSCRIBERS} pages: close one of them"
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, text, "TOO_MANY_PAGES")
            self._waiting[page] = dict(self._values)
        try:
            yield self._taken(page)
        finally:
            with self._changed:
                del self._waiting[page]

    def _tell(self, changes: Changes) -> None:
        for each in self._waiting.values():
            each.update(changes)
        self._changed.notify_all()

    def _taken(self, page: object, interval: float = 10.0) -> Iterator[Changes]:
        yield self._take(page)
        while not self._is_closed:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed or self._waiting[page], interval)
            # What changes at the same time is one event.
            sleep(_TOGETHER)
            yield self._take(page)

    def _take(self, page: object) -> Changes:
        with self._changed:
            taken, self._waiting[page] = self._waiting[page], {}
        return taken
