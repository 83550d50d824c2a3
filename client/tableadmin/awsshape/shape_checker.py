"""Find the paths of unknown members and of values of the wrong type in data. Slower than a reader."""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import TypeVar, cast

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

K = TypeVar("K")


def check_shape(data: object, descriptor: Descriptor) -> AwsDict:
    """Return DATA if it has the shape of DESCRIPTOR. Raises ShapeError for the first value that does not."""
    return ShapeChecker(None).mapping(data, descriptor, "")


class ShapeChecker:
    """Checks data that a reader refused, or user input.

    Unknown members and values of the wrong type are left out and appended to the list. Without a list, they
    raise ShapeError.
    """

    def __init__(self, unknown: list[Unknown] | None) -> None:
        self._unknown = unknown

    def mapping(self, data: object, descriptor: Descriptor, path: str) -> AwsDict:
        """Return DATA, found at PATH, without invalid parts. Raises ShapeError if DATA is not a mapping."""
        if not isinstance(data, Mapping):
            raise _mismatch(path, "an object", data)
        fields = {member_name(field): field for field in members_of(descriptor)}
        clean: AwsDict = {}
        for member, value in data.items():
            where = f"{path}.{member}" if path else str(member)
            if member in fields:
                clean.update(self._kept((member, where, value), partial(self._member, field=fields[member])))
            else:
                self._report(
                    Unknown(where, value), f"unknown member of {descriptor.name}", str(member), fields
                )
        return clean

    def _kept(self, entry: tuple[K, str, object], look: Callable[..., AwsValue]) -> dict[K, AwsValue]:
        """Return the key of ENTRY and its value checked by LOOK, nothing if the value is left out."""
        key, path, value = entry
        try:
            return {key: look(value, path=path)}
        except ShapeError:
            if self._unknown is None:
                raise
            self._unknown.append(Unknown(path, cast("AwsValue", value)))
            return {}

    def _member(self, value: object, field: FieldDescriptor, path: str) -> AwsValue:
        if is_map(field):
            if not isinstance(value, Mapping):
                raise _mismatch(path, "an object", value)
            for key in value:
                _check(str(key), map_key(field), path)
            look = partial(self._single, field=map_value(field))
            entries = [(str(key), f"{path}.{key}", item) for key, item in value.items()]
            return {key: item for entry in entries for key, item in self._kept(entry, look).items()}
        if field.is_repeated:
            if not isinstance(value, list | tuple):
                raise _mismatch(path, "a list", value)
            look = partial(self._single, field=field)
            items = [(index, f"{path}[{index}]", item) for index, item in enumerate(value)]
            return [item for each in items for item in self._kept(each, look).values()]
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
        self._report(Unknown(path, value), f"{value!r} is not a {enum.name}", value, values, _few(values))
        return "UNSPECIFIED"

    def _report(
        self, unknown: Unknown, reason: str, name: str, known: Mapping[str, object], otherwise: str = ""
    ) -> None:
        """Report UNKNOWN for REASON, with the nearest of the KNOWN names, otherwise with OTHERWISE."""
        if self._unknown is None:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            raise ShapeError(unknown.path, reason + (f", did you mean {near[0]!r}?" if near else otherwise))
        self._unknown.append(unknown)


def _few(values: Iterable[str]) -> str:
    """List the VALUES of an enum for an error message, "" if there are many."""
    names = sorted(name for name in values if name != "UNSPECIFIED")
    return f"; the values are {', '.join(names)}" if len(names) <= _FEW else ""


def _check(value: object, field: FieldDescriptor, path: str) -> None:
    """Raise an error for a VALUE that protobuf refuses, or that protobuf would convert to another type."""
    expected, types = _SCALARS.get(field.type, _TIMESTAMP)
    # In Python, a bool is an int.
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
# How many characters of a wrong value an error shows.
_SHOWN = 40
# How many values of an enum an error lists.
_FEW = 4
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
