"""A slow walk over data: what is unknown to the contract, and what is of the wrong type, with its path."""

import difflib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from tableadmin.awsshape.reader import scalar_reader
from tableadmin.awsshape.rules import (
    enum_values,
    is_map,
    is_timestamp,
    map_key,
    map_value,
    member_name,
    members_of,
)
from tableadmin.awsshape.values import AwsDict, AwsValue, ShapeError, Unknown


def inspected(data: object, descriptor: Descriptor) -> AwsDict:
    """DATA, if all of it is of the shape of DESCRIPTOR; raises ShapeError for the first thing that is not."""
    return Inspection(None).mapping(data, descriptor, "")


class Inspection:
    """Walks data that a reader refused, or that comes from a person.

    What is unknown is appended to the list and left out; without a list it raises ShapeError, as does a
    value of the wrong type.
    """

    def __init__(self, unknown: list[Unknown] | None) -> None:
        self._unknown = unknown

    def mapping(self, data: object, descriptor: Descriptor, path: str) -> AwsDict:
        """DATA without what is unknown; PATH is where it was found."""
        if not isinstance(data, Mapping):
            raise _mismatch(path, "an object", data)
        fields = {member_name(field): field for field in members_of(descriptor)}
        clean: AwsDict = {}
        for member, value in data.items():
            where = f"{path}.{member}" if path else str(member)
            if member in fields:
                clean[member] = self._member(value, fields[member], where)
            else:
                self._report(
                    Unknown(where, value), f"unknown member of {descriptor.name}", str(member), fields
                )
        return clean

    def _member(self, value: object, field: FieldDescriptor, path: str) -> AwsValue:
        if is_map(field):
            if not isinstance(value, Mapping):
                raise _mismatch(path, "an object", value)
            of = map_value(field)
            for key in value:
                _check(str(key), map_key(field), path)
            return {str(key): self._single(item, of, f"{path}.{key}") for key, item in value.items()}
        if field.is_repeated:
            if not isinstance(value, list | tuple):
                raise _mismatch(path, "a list", value)
            return [self._single(item, field, f"{path}[{index}]") for index, item in enumerate(value)]
        return self._single(value, field, path)

    def _single(self, value: object, field: FieldDescriptor, path: str) -> AwsValue:
        if field.message_type is not None and not is_timestamp(field):
            return self.mapping(value, field.message_type, path)
        if field.enum_type is not None:
            return self._enum(value, field, field.enum_type, path)
        _check(value, field, path)
        return cast("AwsValue", value)

    def _enum(self, value: object, field: FieldDescriptor, enum: EnumDescriptor, path: str) -> AwsValue:
        if isinstance(value, int) and not isinstance(value, bool):
            _check(value, field, path)
            return value
        if not isinstance(value, str):
            raise _mismatch(path, "text", value)
        values = enum_values(enum)
        if value in values:
            return value
        self._report(Unknown(path, value), f"{value!r} is not a {enum.name}", value, values)
        return "UNSPECIFIED"

    def _report(self, unknown: Unknown, reason: str, name: str, known: Mapping[str, object]) -> None:
        if self._unknown is None:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            raise ShapeError(unknown.path, f"{reason}, did you mean {near[0]!r}?" if near else reason)
        self._unknown.append(unknown)


def _check(value: object, field: FieldDescriptor, path: str) -> None:
    """Refuse what protobuf would convert, by type; the rest it knows best, so VALUE is tried on a message."""
    expected, types = _SCALARS.get(field.type, _TIMESTAMP)
    # For Python a bool is an int.
    of_type = bool in types if isinstance(value, bool) else isinstance(value, types)
    if not of_type or not _fits(value, field):
        raise _mismatch(path, expected, value)


def _fits(value: object, field: FieldDescriptor) -> bool:
    convert = scalar_reader(field)
    try:
        plain = convert(value) if convert else value
        holder = GetMessageClass(cast("Descriptor", field.containing_type))
        holder(**{field.name: [plain] if field.is_repeated else plain})
    except (TypeError, ValueError, OverflowError):
        return False
    return True


_TIMESTAMP: tuple[str, tuple[type, ...]] = ("a timestamp", (datetime, str, int, float))
_SCALARS: Mapping[int, tuple[str, tuple[type, ...]]] = {
    FieldDescriptor.TYPE_STRING: ("text", (str,)),
    FieldDescriptor.TYPE_BYTES: ("bytes or base64 text", (bytes, bytearray, memoryview, str)),
    FieldDescriptor.TYPE_BOOL: ("true or false", (bool,)),
    FieldDescriptor.TYPE_INT32: ("a whole number of 32 bits", (int,)),
    FieldDescriptor.TYPE_INT64: ("a whole number of 64 bits", (int,)),
    FieldDescriptor.TYPE_DOUBLE: ("a number", (int, float)),
    FieldDescriptor.TYPE_ENUM: ("a whole number of 32 bits", (int,)),
}
# How many characters of a wrong value are shown.
_SHOWN = 40
_KINDS: Mapping[type, str] = {
    bytes: "bytes",
    list: "a list",
    tuple: "a list",
    dict: "an object",
    type(None): "null",
}


def _mismatch(path: str, expected: str, value: object) -> ShapeError:
    return ShapeError(path, f"must be {expected}, not {_KINDS.get(type(value)) or _shown(value)}")


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
