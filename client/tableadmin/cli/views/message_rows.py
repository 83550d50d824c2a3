"""Messages as fields and rows. Columns select the fields, and a field's type selects its format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from tableadmin.cli.output.blocks import Fields, Rows
from tableadmin.cli.views.formatting import size, time, word

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

# Labels and the paths of their fields, such as `backup_details.backup_name`.
Columns: TypeAlias = Sequence[tuple[str, str]]


def fields(columns: Columns, message: Message) -> Fields:
    """Return a line for each of COLUMNS that is set in MESSAGE."""
    cells = [(label, cell(message, path)) for label, path in columns]
    return Fields([(label, text) for label, text in cells if text])


def rows(columns: Columns, messages: Iterable[Message], none: str = "") -> Rows:
    """Return a row for each of MESSAGES. NONE is the message if there are none.

    Empty columns are left out.
    """
    found = [[cell(message, path) for _, path in columns] for message in messages]
    return full_columns([label for label, _ in columns], found, none)


def full_columns(labels: Sequence[str], found: Sequence[Sequence[str]], none: str = "") -> Rows:
    """Return the rows FOUND without empty columns."""
    kept = [number for number in range(len(labels)) if any(row[number] for row in found)]
    return Rows(
        [labels[number] for number in kept], [[row[number] for number in kept] for row in found], none
    )


def cell(message: Message, path: str) -> str:
    """Format the field at PATH of MESSAGE, "" if the field is not set."""
    *parents, name = path.split(".")
    for parent in parents:
        message = getattr(message, parent)
    field = message.DESCRIPTOR.fields_by_name[name]
    value = getattr(message, name)
    if field.is_repeated:
        return ", ".join(map(str, value))
    if not message.HasField(name):
        return ""
    if field.enum_type:
        return word(message, name)
    if field.message_type:
        return time(cast("Timestamp", value))
    return _plain(name, value)


def _plain(name: str, value: str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_bytes"):
        return size(cast("int", value))
    return f"{value:g}" if isinstance(value, float) else str(value)
