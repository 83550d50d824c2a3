"""Convert messages to dicts. The writer of a message type is compiled on its first use."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial
from typing import TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tableadmin.awsshape.rules import (
    EMPTY_MEMBERS,
    enum_values,
    is_map,
    is_timestamp,
    map_value,
    member_name,
    members_of,
)
from tableadmin.awsshape.times import datetime_of
from tableadmin.awsshape.values import AwsDict, AwsValue, ShapeError

_Convert: TypeAlias = Callable[..., AwsValue]
_Write: TypeAlias = Callable[[Message], AwsDict]


@cache
def writer(descriptor: Descriptor) -> _Write:
    """Return the function that converts messages of DESCRIPTOR. The function raises ShapeError."""
    return _compile_writer(descriptor, {})


def _compile_writer(descriptor: Descriptor, known: dict[Descriptor, _Write]) -> _Write:
    members: dict[str, tuple[str, _Convert | None]] = {}
    empty: dict[str, tuple[str, Callable[[], AwsValue]]] = {
        field.name: (member_name(field), dict if is_map(field) else list)
        for field in members_of(descriptor)
        if field.is_repeated
    }

    def write(message: Message) -> AwsDict:
        data: AwsDict = {}
        for field, value in message.ListFields():
            name = field.name
            if name == EMPTY_MEMBERS:
                data.update(emptied(message, value))
            else:
                member, convert = members[name]
                data[member] = value if convert is None else convert(value)
        return data

    def emptied(message: Message, names: Sequence[str]) -> Iterator[tuple[str, AwsValue]]:
        for name in names:
            if name not in empty or getattr(message, name):
                raise ShapeError(EMPTY_MEMBERS, f"{name!r} is not an empty list or map of {descriptor.name}")
            member, make = empty[name]
            yield member, make()

    # Registered before its members, because a message may contain itself.
    known[descriptor] = write
    members.update((field.name, (member_name(field), _out(field, known))) for field in members_of(descriptor))
    return write


def _out(field: FieldDescriptor, known: dict[Descriptor, _Write]) -> _Convert | None:
    if is_map(field):
        value = _out_single(map_value(field), known)
        return dict if value is None else lambda entries: {k: value(v) for k, v in entries.items()}
    convert = _out_single(field, known)
    if field.is_repeated:
        return list if convert is None else lambda items: [convert(item) for item in items]
    return convert


def _out_single(field: FieldDescriptor, known: dict[Descriptor, _Write]) -> _Convert | None:
    if is_timestamp(field):
        return partial(_to_datetime, member_name(field))
    if field.message_type is not None:
        return known.get(field.message_type) or _compile_writer(field.message_type, known)
    if field.enum_type is not None:
        names = {number: name for name, number in enum_values(field.enum_type).items()}
        return lambda number: names.get(number, number)
    return None


def _to_datetime(member: str, timestamp: Timestamp) -> datetime:
    try:
        return datetime_of(timestamp)
    except OverflowError:
        raise ShapeError(member, "must be a timestamp in the years 1 to 9999") from None
