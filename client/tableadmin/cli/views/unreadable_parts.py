"""What the service could not read of tables, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from tableadmin.v1 import TableState, UnreadablePart

DESCRIPTION = "DESCRIPTION"

# What the parts are called.
_PARTS: Mapping[str, str] = {
    DESCRIPTION: "",
    "TIME_TO_LIVE": "time to live",
    "CONTINUOUS_BACKUPS": "point-in-time recovery",
    "TAGS": "tags",
}


def unreadable_parts(state: TableState) -> set[str]:
    """The parts of the table that could not be read: DESCRIPTION, TIME_TO_LIVE, ..."""
    return {word(each, "part") for each in state.unreadable_parts}


def unreadable_lines(states: Iterable[TableState]) -> Iterator[str]:
    """What could not be read of the tables, and why: for each part and reason one line, with one message."""
    found: dict[tuple[str, str], list[tuple[str, UnreadablePart]]] = {}
    for state in states:
        for each in state.unreadable_parts:
            key = (word(each, "part"), each.reason)
            found.setdefault(key, []).append((state.table.table_name, each))
    for (part, _), refusals in found.items():
        name, first = refusals[0]
        what = f"{_PARTS.get(part, part)} of " if part != DESCRIPTION else ""
        which = f"table {name}" if len(refusals) == 1 else f"{len(refusals)} tables, {name} among them"
        yield f"can't read {what}{which}: {first.message}"


def change_words(part: str, *, readable: bool) -> str:
    """That PART can't be read any more, or is READABLE again."""
    return f"{_PARTS.get(part, part)} {'can be read again' if readable else 'can not be read'}".strip()
