"""Constraints on a single value, and the violations of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from tableadmin.awsshape import AwsValue


@dataclass(frozen=True)
class Violation:
    """One error in a spec.

    `path` is the member, in AWS member names such as `GlobalSecondaryIndexes[0].KeySchema`. `description`
    says what is wrong with it.
    """

    path: str
    description: str


class Constraint(Protocol):
    """A rule for one value."""

    def broken(self, value: AwsValue, path: str) -> Iterator[Violation]:
        """The violations of VALUE, which is the member PATH of the spec."""
        ...


@dataclass(frozen=True)
class Text:
    """A text of `least` to `most` bytes in UTF-8 (or characters), each character matching `pattern`."""

    least: int = 0
    most: int | None = None
    pattern: str | None = None
    unit: Literal["bytes", "characters"] = "bytes"

    def broken(self, value: AwsValue, path: str) -> Iterator[Violation]:
        """See Constraint."""
        if not isinstance(value, str):
            yield Violation(path, "must be a text")
            return
        size = len(value.encode() if self.unit == "bytes" else value)
        if size < self.least or (self.most is not None and size > self.most):
            yield Violation(path, f"must be {_range(self.least, self.most)} {self.unit} long, and is {size}")
        if self.pattern and not re.fullmatch(f"{self.pattern}*", value):
            yield Violation(path, f"must consist of {self.pattern}")


@dataclass(frozen=True)
class Number:
    """A whole number of `least` to `most`, or one of `besides`."""

    least: int
    most: int | None = None
    besides: tuple[int, ...] = ()

    def broken(self, value: AwsValue, path: str) -> Iterator[Violation]:
        """See Constraint."""
        if isinstance(value, bool) or not isinstance(value, int):
            yield Violation(path, "must be a whole number")
        elif value not in self.besides and (
            value < self.least or (self.most is not None and value > self.most)
        ):
            others = "".join(f", or {each}" for each in self.besides)
            yield Violation(path, f"must be {_range(self.least, self.most)}{others}, and is {value}")


@dataclass(frozen=True)
class Choice:
    """One of the values."""

    values: tuple[str, ...]

    def broken(self, value: AwsValue, path: str) -> Iterator[Violation]:
        """See Constraint."""
        if value not in self.values:
            yield Violation(path, f"must be {' or '.join(self.values)}")


@dataclass(frozen=True)
class Boolean:
    """True or false."""

    def broken(self, value: AwsValue, path: str) -> Iterator[Violation]:
        """See Constraint."""
        if not isinstance(value, bool):
            yield Violation(path, "must be true or false")


@dataclass(frozen=True)
class Time:
    """A time."""

    def broken(self, value: AwsValue, path: str) -> Iterator[Violation]:
        """See Constraint."""
        if not isinstance(value, datetime):
            yield Violation(path, "must be a time")


@dataclass(frozen=True)
class Listed:
    """A list of `least` to `most` elements. An empty list means the same as no list where `least` is 0."""

    element: Constraint
    least: int = 0
    most: int | None = None

    def broken(self, value: AwsValue, path: str) -> Iterator[Violation]:
        """See Constraint."""
        if not isinstance(value, list | tuple):
            yield Violation(path, "must be a list")
            return
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            yield Violation(path, f"must have {_range(self.least, self.most)} elements, and has {len(value)}")
        for number, element in enumerate(value):
            yield from self.element.broken(element, f"{path}[{number}]")


@dataclass(frozen=True)
class Structure:
    """A structure of `members`, some of them `required`; with `some`, at least one has to be present."""

    members: Mapping[str, Constraint]
    required: tuple[str, ...] = ()
    some: bool = False

    def broken(self, value: AwsValue, path: str) -> Iterator[Violation]:
        """See Constraint."""
        if not isinstance(value, dict):
            yield Violation(path, "must be a structure")
            return
        if self.some and not value:
            yield Violation(path, f"must have {' or '.join(self.members)}")
        for member in self.required:
            if member not in value:
                yield Violation(_joined(path, member), "is required")
        for member, inner in value.items():
            if member in self.members:
                yield from self.members[member].broken(inner, _joined(path, member))
            else:
                yield Violation(_joined(path, member), "is not known")


def _joined(path: str, member: str) -> str:
    return f"{path}.{member}" if path else member


def _range(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"{least}" if least == most else f"{least} to {most}"
