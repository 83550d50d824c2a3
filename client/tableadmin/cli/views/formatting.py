"""Format statuses, keys, projections, sizes and times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

    from tableadmin.v1 import AttributeDefinition, KeySchemaElement, Projection

_KIBI = 1024
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


def word(message: Message, field: str) -> str:
    """Return the AWS value of the enum FIELD of MESSAGE, "" if FIELD is not set."""
    descriptor = message.DESCRIPTOR.fields_by_name[field]
    enum, number = descriptor.enum_type, getattr(message, field)
    if enum is None or not message.HasField(field):
        return ""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    known = enum.values_by_number.get(number)
    return known.name.removeprefix(prefix) if known else str(number)


def key(schema: Iterable[KeySchemaElement], attributes: Iterable[AttributeDefinition]) -> str:
    """Format a key in the shorthand of the command line: `Artist:S / SongTitle:S`, hash key first."""
    types = {each.attribute_name: word(each, "attribute_type") for each in attributes}
    parts: dict[str, list[str]] = {}
    for element in schema:
        name = element.attribute_name
        parts.setdefault(word(element, "key_type"), []).append(f"{name}:{types.get(name, '?')}")
    return " / ".join("+".join(part) for part in parts.values())


def projection(message: Projection) -> str:
    """Format the projection of an index: `ALL`, `KEYS_ONLY` or `INCLUDE:a+b`."""
    return ":".join(filter(None, [word(message, "projection_type"), "+".join(message.non_key_attributes)]))


def size(amount: int) -> str:
    """Format a number of bytes: `0 B`, `1.5 MiB`."""
    value, unit = float(amount), 0
    while value >= _KIBI and unit < len(_SIZES) - 1:
        value, unit = value / _KIBI, unit + 1
    return f"{value:.1f} {_SIZES[unit]}" if unit else f"{amount} B"


def time(stamp: Timestamp) -> str:
    """Format a time in UTC, to the second: `2026-01-31 12:00:00 UTC`."""
    return stamp.ToDatetime().strftime("%Y-%m-%d %H:%M:%S UTC")


def span(seconds: float) -> str:
    """Format a duration: `7 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004 - seconds in an hour
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
