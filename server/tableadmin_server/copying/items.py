"""Sizes and digests of items in DynamoDB's JSON, as boto3 has them. No I/O.

Sizes follow https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
"""

import secrets
from collections.abc import Iterable, Mapping
from decimal import Context
from hashlib import blake2b
from typing import Any, TypeAlias

import msgspec

# A type, such as `S`, and its value.
Value: TypeAlias = Mapping[str, Any]
Item: TypeAlias = Mapping[str, Value]

# Digests are compared within a process only. With the key, nobody can make two items with the same digest.
_KEY = secrets.token_bytes(32)
_encode = msgspec.json.Encoder(order="deterministic").encode
# DynamoDB's numbers have up to 38 digits.
_EXACT = Context(prec=50)
_SETS = frozenset({"SS", "NS", "BS"})
# The bytes of a list or map beside its elements, and of an element beside its value.
_COLLECTION, _ELEMENT = 3, 1


def type_and_value(value: Value) -> tuple[str, Any]:
    """Return the type of VALUE, such as `S`, and what it contains."""
    ((kind, content),) = value.items()
    return kind, content


def digest(attributes: Item) -> bytes:
    """Return the same digest for equal ATTRIBUTES, whatever the order in sets and the form of numbers."""
    return blake2b(_encode(_normal_map(attributes)), digest_size=16, key=_KEY).digest()


def size_of(item: Item) -> int:
    """Return the size of ITEM in bytes, approximately for numbers."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    """Return the size of VALUE in bytes, without the name of its attribute."""
    kind, content = type_and_value(value)
    if kind in {"S", "B", "N"}:
        return _scalar_size(kind, content)
    if kind in _SETS:
        return sum(_scalar_size(kind[0], each) for each in content)
    if kind == "M":
        return _COLLECTION + size_of(content) + _ELEMENT * len(content)
    if kind == "L":
        return _COLLECTION + sum(value_size(each) + _ELEMENT for each in content)
    return 1  # BOOL and NULL


def _scalar_size(kind: str, content: Any) -> int:  # noqa: ANN401  # text or bytes
    if kind == "N":
        _, digits, _ = _EXACT.create_decimal(content).normalize(_EXACT).as_tuple()
        return (len(digits) + 1) // 2 + 1
    return len(content.encode() if kind == "S" else content)


def _normal_map(attributes: Item) -> dict[str, Any]:
    return {name: _normal(value) for name, value in attributes.items()}


def _normal(value: Value) -> tuple[str, Any]:
    kind, content = type_and_value(value)
    if kind == "N":
        return kind, _number(content)
    if kind == "NS":
        return kind, sorted(map(_number, content))
    if kind in _SETS:
        return kind, sorted(content)
    if kind == "M":
        return kind, _normal_map(content)
    if kind == "L":
        return kind, _normal_list(content)
    return kind, content


def _normal_list(values: Iterable[Value]) -> list[Any]:
    return [_normal(each) for each in values]


def _number(text: str) -> str:
    return str(_EXACT.create_decimal(text).normalize(_EXACT))
