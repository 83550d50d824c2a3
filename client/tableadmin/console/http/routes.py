"""Addresses and methods: which function answers a request, and which address streams events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import unquote

from tableadmin.console.http.responses import Refusal

# Answers a route: called with the query, the body, and what the names in the path stand for.
Function: TypeAlias = Callable[..., object]
# Streams the events for a query.
Events: TypeAlias = Callable[[Mapping[str, str]], AbstractContextManager[Iterable[bytes]]]


@dataclass(frozen=True)
class Route:
    """A METHOD on a PATH, and the function that answers. A part `{name}` of PATH stands for any text."""

    method: str
    path: str
    function: Function

    def matched(self, path: str) -> dict[str, str] | None:
        """What stands for the names in PATH, None if PATH is another one."""
        expected, given = self.path.split("/"), path.split("/")
        if len(expected) != len(given):
            return None
        values: dict[str, str] = {}
        for want, have in zip(expected, given, strict=True):
            if want.startswith("{"):
                values[want[1:-1]] = unquote(have)
            elif want != have:
                return None
        return values


@dataclass(frozen=True)
class Site:
    """ROUTES, and the EVENTS that the address EVENTS_PATH streams."""

    routes: Sequence[Route]
    events_path: str
    events: Events


def route(routes: Sequence[Route], method: str, path: str) -> tuple[Function, Mapping[str, str]]:
    """The function for METHOD on PATH, and what the names in the path stand for; raises Refusal."""
    found = [(each, values) for each in routes if (values := each.matched(path)) is not None]
    for each, values in found:
        if each.method == method:
            return each.function, values
    if found:
        raise not_allowed(each.method for each, _ in found)
    raise Refusal(HTTPStatus.NOT_FOUND, "the console has no such address", "NO_SUCH_ADDRESS")


def not_allowed(methods: Iterable[str]) -> Refusal:
    """The refusal of a method that is none of METHODS."""
    allowed = ", ".join(sorted(set(methods)))
    return Refusal(
        HTTPStatus.METHOD_NOT_ALLOWED, f"the address takes {allowed}", "METHOD_NOT_ALLOWED", Allow=allowed
    )
