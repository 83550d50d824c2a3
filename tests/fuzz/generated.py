"""Requests that nobody would write: random bytes; random, extreme and far too many values in messages."""

import random
from collections.abc import Callable, Iterator, Mapping

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_TEXTS = (
    "",
    "\0",
    "Music",
    "tableadmin-operations",
    "arn:aws:dynamodb:us-west-2:000000000000:table/Music",
    "../../etc/passwd",
    "%s%n{0}${x}",
    "\u202e\ud7ff\U0001f600\uffff",
    "a" * 255,
    "a" * 300,
    "\n" * 3_000,
    "[" * 1_000 + "]" * 1_000,
    '{"a":' * 5_000 + "1" + "}" * 5_000,
    "9" * 5_000,
    "a" * 70_000,
)
_NUMBERS = (0, 1, -1, 5, 2**31 - 1, -(2**31))
_LARGE_NUMBERS = (*_NUMBERS, 2**63 - 1, -(2**63))
_DEEPEST = 12
# Bytes of a message that is not repeated too often: what holds itself would fill the memory.
_LARGE = 1_000

_SCALARS: Mapping[int, Callable[[random.Random], object]] = {
    FieldDescriptor.TYPE_BOOL: lambda chance: chance.random() < 0.5,
    FieldDescriptor.TYPE_BYTES: lambda chance: chance.randbytes(chance.choice((0, 1, 32, 33, 5_000))),
    FieldDescriptor.TYPE_DOUBLE: lambda chance: chance.choice((0.0, -1.0, 1e308, float("inf"), float("nan"))),
    FieldDescriptor.TYPE_ENUM: lambda chance: chance.choice((0, 1, 2, 3, 8, 12, 999, -1)),
    FieldDescriptor.TYPE_INT32: lambda chance: chance.choice(_NUMBERS),
    FieldDescriptor.TYPE_INT64: lambda chance: chance.choice(_LARGE_NUMBERS),
    FieldDescriptor.TYPE_STRING: lambda chance: chance.choice(_TEXTS),
}


def payloads(descriptor: Descriptor, seed: int) -> Iterator[bytes]:
    """Requests for an RPC that takes DESCRIPTOR, without end."""
    chance = random.Random(f"{descriptor.full_name} {seed}")
    yield b""
    while True:
        payload = _message(descriptor, chance, 0).SerializeToString()
        kind = chance.random()
        if kind < 0.1:  # one of ten
            payload = chance.randbytes(chance.choice((1, 10, 1_000)))
        elif kind < 0.2 and payload:  # and another one
            at = chance.randrange(len(payload))
            payload = payload[:at] + chance.randbytes(1) + payload[at + 1 :]
        yield payload


def _message(descriptor: Descriptor, chance: random.Random, depth: int) -> Message:
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if depth < _DEEPEST and chance.random() < (0.6 if depth < 3 else 0.25):  # fewer further down
            _fill(message, field, chance, depth)
    return message


def _fill(message: Message, field: FieldDescriptor, chance: random.Random, depth: int) -> None:
    count = chance.choice((0, 1, 1, 2, 3)) if chance.random() < 0.97 else 1_500  # few are far too many
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        _fill_map(message, field, chance, min(count, 3))
    elif field.is_repeated:
        values = [_value(field, chance, depth) for _ in range(min(count, 3))]
        if any(isinstance(value, Message) and value.ByteSize() > _LARGE for value in values):
            count = len(values)
        getattr(message, field.name).extend((values * count)[:count])
    elif field.message_type is not None:
        getattr(message, field.name).CopyFrom(_message(field.message_type, chance, depth + 1))
    else:
        setattr(message, field.name, _value(field, chance, depth))


def _fill_map(message: Message, field: FieldDescriptor, chance: random.Random, count: int) -> None:
    assert field.message_type is not None
    value = field.message_type.fields_by_name["value"]
    held = getattr(message, field.name)
    for _ in range(count):
        key = chance.choice(_TEXTS)
        if value.message_type is not None:
            held[key].SetInParent()
        else:
            held[key] = _value(value, chance, 0)


def _value(field: FieldDescriptor, chance: random.Random, depth: int) -> object:
    if field.message_type is not None:
        return _message(field.message_type, chance, depth + 1)
    return _SCALARS[field.type](chance)
