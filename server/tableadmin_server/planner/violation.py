"""One thing that is wrong with a spec."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """Where in the spec, in AWS member names such as `GlobalSecondaryIndexes[0].KeySchema`, and what."""

    path: str
    description: str
