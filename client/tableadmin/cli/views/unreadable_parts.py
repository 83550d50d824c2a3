"""The parts of tables that the service could not read, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from tableadmin.cli.views.formatting import word

if TYPE_CHECKING:
    from tableadmin.v1 import TableState, UnreadablePart

DESCRIPTION = "DESCRIPTION"

# The names of the parts in messages.
_PARTS: Mapping[str, str] = {
    DESCRIPTION: "",
    "TIME_TO_LIVE": "time to live",
    "CONTINUOUS_BACKUPS": "point-in-time recovery",
    "TAGS": "tags",
}


def unreadable_parts(state: TableState) -> set[str]:
    """Return the parts of the table that could not be read, such as DESCRIPTION and TIME_TO_LIVE."""
    return {word(each, "part") for each in state.unreadable_parts}


def unreadable_lines(states: Iterable[TableState]) -> Iterator[str]:
    """Return a line for each part and reason of failed reads, with one of the error messages."""
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
    """Return the message that PART can no longer be read, or can be read again if READABLE."""
    return f"{_PARTS.get(part, part)} {'can be read again' if readable else 'can not be read'}".strip()
