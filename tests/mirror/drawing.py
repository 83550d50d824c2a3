"""Random dicts for shapes of botocore's service model, many a second and the same ones each time.

Hypothesis shrinks what fails; these are drawn by the thousand instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeAlias

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from tableadmin.awsshape import AwsDict, AwsValue

# How deep something that holds itself is nested.
_RECURSION = 3


@dataclass(frozen=True)
class Manner:
    """How values are drawn: the chance that a member is there, and the sizes of lists and maps.

    What is `valid` has what the model requires and keeps to its minimums, which is all that boto3 validates.
    What is not goes to the ends of what the types hold.
    """

    chance: float
    sizes: tuple[int, ...]
    valid: bool


EVERY_MEMBER = Manner(chance=1, sizes=(1,), valid=True)
SOME_MEMBERS = Manner(chance=0.4, sizes=(0, 1, 2), valid=True)
EXTREMES = Manner(chance=0.5, sizes=(0, 0, 1, 3), valid=False)


def drawn(shape: StructureShape | None, manner: Manner, random: Random) -> AwsDict:
    """A dict for SHAPE, which is None for an operation without output."""
    return _structure(shape, manner, random, (shape.name,)) if shape is not None else {}


def _value(shape: Shape, manner: Manner, random: Random, within: tuple[str, ...]) -> AwsValue:
    if isinstance(shape, StructureShape):
        return _structure(shape, manner, random, (*within, shape.name))
    if isinstance(shape, ListShape):
        size = _size(shape, manner, random)
        return [_value(shape.member, manner, random, within) for _ in range(size)]
    if isinstance(shape, MapShape):
        size = _size(shape, manner, random)
        keys = [_text(shape.key, manner, random) for _ in range(size)]
        return {key: _value(shape.value, manner, random, within) for key in keys}
    if isinstance(shape, StringShape) and shape.enum:
        return random.choice(shape.enum)
    return _EXTREME[shape.type_name](random) if not manner.valid else _VALID[shape.type_name](shape, random)


def _structure(shape: StructureShape, manner: Manner, random: Random, within: tuple[str, ...]) -> AwsDict:
    if within.count(shape.name) > _RECURSION:
        return {}
    required = shape.required_members if manner.valid else ()
    return {
        name: _value(member, manner, random, within)
        for name, member in shape.members.items()
        if name in required or random.random() < manner.chance
    }


def _size(shape: Shape, manner: Manner, random: Random) -> int:
    size = random.choice(manner.sizes)
    return max(size, _minimum(shape)) if manner.valid else size


def _minimum(shape: Shape) -> int:
    return int(shape.metadata.get("min", 0))


_Draw: TypeAlias = Callable[[Shape, Random], AwsValue]
_Extreme: TypeAlias = Callable[[Random], AwsValue]
_ALPHABET = "abcXYZ019-_. /äß漢"
# The longest is the longest name that the service takes.
_EXTREME_TEXTS = ("", " ", "\0", '"\\/\n\t', "\u2028\ufeff\U0010ffff", "null", "1e3", "x" * 2_048)
_YEAR_2000 = datetime(2000, 1, 1, tzinfo=UTC)


def _text(shape: Shape, manner: Manner, random: Random) -> str:
    return _valid_text(shape, random) if manner.valid else _extreme_text(random)


def _valid_text(shape: Shape, random: Random) -> str:
    return "".join(random.choices(_ALPHABET, k=_minimum(shape) + random.randrange(8)))


def _extreme_text(random: Random) -> str:
    return random.choice(_EXTREME_TEXTS)


def _whole(bits: int) -> _Draw:
    return lambda shape, random: random.randrange(max(_minimum(shape), 0), 2**bits)


def _ends(bits: int) -> _Extreme:
    return lambda random: random.choice((-(2**bits), -1, 0, 1, 2**53 if bits > 53 else 0, 2**bits - 1))


# AWS gives and takes milliseconds.
def _milliseconds(_: Shape, random: Random) -> datetime:
    return _YEAR_2000 + timedelta(milliseconds=random.randrange(100 * 365 * 24 * 3600 * 1000))


# A double, as which JSON has it, holds microseconds until the year 2255 and whole seconds for ever.
_TIMES = (
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1901, 12, 13, 20, 45, 51, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 8, 1, tzinfo=UTC),
    datetime(2255, 6, 5, 23, 47, 34, 740_992, tzinfo=UTC),
    datetime(1, 1, 2, tzinfo=UTC),
    datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC),
)

_VALID: Mapping[str, _Draw] = {
    "blob": lambda _, random: random.randbytes(random.randrange(1, 9)),
    "boolean": lambda _, random: random.random() < 0.5,
    "double": lambda _, random: random.uniform(0, 100),
    "integer": _whole(31),
    "long": _whole(63),
    "string": _valid_text,
    "timestamp": _milliseconds,
}
_EXTREME: Mapping[str, _Extreme] = {
    "blob": lambda random: random.choice((b"", b"\0", bytes(range(256)))),
    "boolean": lambda random: random.random() < 0.5,
    "double": lambda random: random.choice((0.0, -0.0, 0.1, 5e-324, 1.7976931348623157e308, -1e16)),
    "integer": _ends(31),
    "long": _ends(63),
    "string": _extreme_text,
    "timestamp": lambda random: random.choice(_TIMES),
}
