"""What AWS-shaped data is made of, and the errors of data that is not of a shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

AwsValue: TypeAlias = (
    "str | bytes | int | float | bool | datetime | Sequence[AwsValue] | Mapping[str, AwsValue] | None"
)
AwsDict: TypeAlias = dict[str, AwsValue]


class ShapeError(ValueError):
    """Data that is not of the shape of a message: `path` says where (AWS members), `reason` what."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class Unknown:
    """A member, or the value of an enum, that AWS has and the contract has not."""

    path: str
    value: AwsValue
