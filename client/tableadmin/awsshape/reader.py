"""Convert dicts to messages. The reader of a message type is compiled on its first use.

A reader fails on invalid data without the path. `shape_checker` finds the path.
"""

import base64
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape.rules import (
    EMPTY_MEMBERS,
    enum_values,
    is_map,
    is_timestamp,
    map_value,
    member_name,
    members_of,
)
from tableadmin.awsshape.times import timestamp_fields
from tableadmin.awsshape.values import AwsValue

# The errors of readers and message constructors for data of another shape.
DOES_NOT_FIT = (AttributeError, KeyError, OverflowError, TypeError, ValueError)


# A reader returns the keyword arguments of the message's constructor, including nested messages. One call of
# the constructor then builds the whole tree in C.
_Kwargs: TypeAlias = dict[str, Any]
_Read: TypeAlias = Callable[[Mapping[str, AwsValue]], _Kwargs]


@cache
def reader(descriptor: Descriptor) -> _Read:
    """Return the function that reads data of DESCRIPTOR. Invalid data raises one of DOES_NOT_FIT."""
    return _compile_reader(descriptor, {})


def _compile_reader(descriptor: Descriptor, known: dict[Descriptor, _Read]) -> _Read:
    fields: dict[str, tuple[str, Callable[..., object] | None]] = {}
    collections = {field.name for field in members_of(descriptor) if field.is_repeated}

    def read(data: Mapping[str, AwsValue]) -> _Kwargs:
        kwargs: _Kwargs = {}
        for member, value in data.items():
            name, convert = fields[member]
            if not value and name in collections:
                kwargs.setdefault(EMPTY_MEMBERS, []).append(name)
            else:
                kwargs[name] = value if convert is None else convert(value)
        return kwargs

    known[descriptor] = read
    fields.update((member_name(field), (field.name, _in(field, known))) for field in members_of(descriptor))
    return read


def _in(field: FieldDescriptor, known: dict[Descriptor, _Read]) -> Callable[..., object] | None:
    if is_map(field):
        return _in_map(map_value(field), known)
    convert = _in_single(field, known)
    if field.is_repeated and convert is not None:
        return lambda items: [convert(item) for item in items]
    return convert


def _in_map(value: FieldDescriptor, known: dict[Descriptor, _Read]) -> Callable[..., object] | None:
    if value.message_type is None:
        return _in_single(value, known)
    # The values of a map must be messages: the constructor accepts no keyword arguments for them.
    make, read = GetMessageClass(value.message_type), _nested_reader(value.message_type, known)
    return lambda entries: {key: make(**read(entry)) for key, entry in entries.items()}


def _in_single(field: FieldDescriptor, known: dict[Descriptor, _Read]) -> Callable[..., object] | None:
    if field.message_type is not None and not is_timestamp(field):
        return _nested_reader(field.message_type, known)
    if field.enum_type is not None:
        return _Numbers(enum_values(field.enum_type)).__getitem__
    return scalar_reader(field)


def scalar_reader(field: FieldDescriptor) -> Callable[..., object] | None:
    """Return the function that converts a value for FIELD, None if protobuf accepts the value as it is."""
    if is_timestamp(field):
        return timestamp_fields
    return _from_bytes if field.type == FieldDescriptor.TYPE_BYTES else None


class _Numbers(dict[str | int, int]):
    """The numbers of an enum by AWS value. A number without a name maps to itself."""

    def __missing__(self, key: str | int) -> int:
        if isinstance(key, int):
            return key
        raise KeyError(key)


def _nested_reader(descriptor: Descriptor, known: dict[Descriptor, _Read]) -> _Read:
    return known.get(descriptor) or _compile_reader(descriptor, known)


def _from_bytes(value: str | bytes | bytearray | memoryview) -> bytes:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else bytes(memoryview(value))
