"""What a site has behind the gate: routes that answer once, and events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias

from tableadmin.console.http.routes import Route

# Answers a route: called with the query, the body, and what the names in the path stand for.
Function: TypeAlias = Callable[..., object]
Events: TypeAlias = Callable[[Mapping[str, str]], AbstractContextManager[Iterable[bytes]]]


@dataclass(frozen=True)
class Site:
    """ROUTES, and the EVENTS that the address EVENTS_PATH streams."""

    routes: Sequence[Route[Function]]
    events_path: str
    events: Events
