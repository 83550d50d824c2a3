"""Something to know before a plan is applied."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caution:
    """Where in the spec, empty for the table as a whole, and one line."""

    path: str
    description: str
