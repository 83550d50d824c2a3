"""Hypothesis strategies: any message of the contract, and any dict that botocore's service model allows.

Both keep a few members of what has many, fewer the deeper they are, so that a value stays small; which
ones is drawn. `every_member` gives all members of everything instead, with recursion cut short.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TypeAlias, TypeVar, cast

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import strategies as st

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin.awsshape.rules import EMPTY_MEMBERS, is_map, is_timestamp, map_value, members_of

T = TypeVar("T")
Values: TypeAlias = st.SearchStrategy[T]

# How many members a structure gets at most, by its depth; deeper ones have none.
_BREADTH = (8, 4, 3, 2, 2)
# How deep something that holds itself is nested where every member is there.
_RECURSION = 2

INT32 = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([-(2**31), -1, 0, 1, 2**31 - 1])
INT64 = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-(2**63), -1, 0, 1, 2**63 - 1])
# The largest finite doubles are drawn, but not nan: it differs from itself.
DOUBLES = st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, 5e-324, 1.7976931348623157e308, math.inf])
TEXT = st.text(max_size=8)
BYTES = st.binary(max_size=8)
# Whole microseconds, in all the years that a datetime has; in UTC no hour comes twice.
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(fold=0))


def messages(descriptor: Descriptor) -> Values[Message]:
    """Any message of DESCRIPTOR."""
    return _messages(descriptor, 0)


def shaped(shape: StructureShape) -> Values[AwsDict]:
    """Any dict that botocore could take or return for SHAPE, whatever lengths and ranges AWS allows."""
    return _structures(shape, 0)


def every_member(shape: StructureShape) -> Values[AwsDict]:
    """A dict for SHAPE with all members of everything in it."""
    return cast("Values[AwsDict]", _every(shape, ()))


@cache
def _messages(descriptor: Descriptor, depth: int) -> Values[Message]:
    return _message(descriptor, depth)


@st.composite
def _message(draw: st.DrawFn, descriptor: Descriptor, depth: int) -> Message:
    kwargs = {field.name: draw(_field(field, depth)) for field in draw(_some_fields(descriptor, depth))}
    repeated = (field.name for field in members_of(descriptor) if field.is_repeated)
    absent = tuple(name for name in repeated if not kwargs.get(name))
    if absent and EMPTY_MEMBERS in descriptor.fields_by_name:
        kwargs[EMPTY_MEMBERS] = sorted(draw(_few_names(absent)))
    return GetMessageClass(descriptor)(**kwargs)


# Making a strategy takes longer than drawing from it.


@cache
def _some_fields(descriptor: Descriptor, depth: int) -> Values[list[FieldDescriptor]]:
    return _some(members_of(descriptor), depth)


@cache
def _some_members(shape: StructureShape, depth: int) -> Values[list[str]]:
    return _some(list(shape.members), depth)


@cache
def _few_names(names: tuple[str, ...]) -> Values[set[str]]:
    return st.sets(st.sampled_from(names), max_size=3)


def _some(items: Sequence[T], depth: int) -> Values[list[T]]:
    if not items or depth >= len(_BREADTH):
        return st.just([])
    return st.lists(st.sampled_from(items), unique=True, max_size=_BREADTH[depth])


@cache
def _field(field: FieldDescriptor, depth: int) -> Values[object]:
    if is_map(field):
        return st.dictionaries(TEXT, _single(map_value(field), depth), max_size=2)
    return st.lists(_single(field, depth), max_size=3) if field.is_repeated else _single(field, depth)


def _single(field: FieldDescriptor, depth: int) -> Values[object]:
    if is_timestamp(field):
        return TIMES.map(_timestamp)
    if field.message_type is not None:
        return _messages(field.message_type, depth + 1)
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values]) | INT32
    return _FIELD_SCALARS[field.type]


def _timestamp(time: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp


@cache
def _structures(shape: StructureShape, depth: int) -> Values[AwsDict]:
    return _structure(shape, depth)


@st.composite
def _structure(draw: st.DrawFn, shape: StructureShape, depth: int) -> AwsDict:
    return {name: draw(_value(shape.members[name], depth)) for name in draw(_some_members(shape, depth))}


@cache
def _value(shape: Shape, depth: int) -> Values[AwsValue]:
    if isinstance(shape, ListShape):
        return st.lists(_value(shape.member, depth), max_size=3)
    if isinstance(shape, MapShape):
        return st.dictionaries(TEXT, _value(shape.value, depth), max_size=2)
    return _structures(shape, depth + 1) if isinstance(shape, StructureShape) else _scalar(shape)


def _every(shape: Shape, within: tuple[str, ...]) -> Values[AwsValue]:
    if isinstance(shape, ListShape):
        return st.lists(_every(shape.member, within), min_size=1, max_size=1)
    if isinstance(shape, MapShape):
        return st.dictionaries(TEXT, _every(shape.value, within), min_size=1, max_size=1)
    if isinstance(shape, StructureShape):
        inside = (*within, shape.name)
        members = shape.members if inside.count(shape.name) <= _RECURSION else {}
        return st.fixed_dictionaries({name: _every(member, inside) for name, member in members.items()})
    return _scalar(shape)


def _scalar(shape: Shape) -> Values[AwsValue]:
    if isinstance(shape, StringShape) and shape.enum:
        return st.sampled_from(shape.enum)
    return _SHAPE_SCALARS[shape.type_name]


_FIELD_SCALARS: Mapping[int, Values[object]] = {
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_BYTES: BYTES,
    FieldDescriptor.TYPE_DOUBLE: DOUBLES,
    FieldDescriptor.TYPE_INT32: INT32,
    FieldDescriptor.TYPE_INT64: INT64,
    FieldDescriptor.TYPE_STRING: TEXT,
}
_SHAPE_SCALARS: Mapping[str, Values[AwsValue]] = {
    "blob": BYTES,
    "boolean": st.booleans(),
    "double": DOUBLES,
    "integer": INT32,
    "long": INT64,
    "string": TEXT,
    "timestamp": TIMES,
}
