"""The types of AWS-shaped data, and the errors of invalid data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

AwsValue: TypeAlias = (
    "str | bytes | int | float | bool | datetime | Sequence[AwsValue] | Mapping[str, AwsValue] | None"
)
AwsDict: TypeAlias = dict[str, AwsValue]


class ShapeError(ValueError):
    """Data without the shape of a message. `path` is the path of AWS members, `reason` the problem."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class Unknown:
    """A member or an enum value of AWS that the contract does not have."""

    path: str
    value: AwsValue
