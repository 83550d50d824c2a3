"""One AWS call of a plan, and what it has to wait for."""

from dataclasses import dataclass

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.pacing import Pace
from tableadmin_server.planner.parts import Part


@dataclass(frozen=True)
class Wait:
    """What has to pass before a call is accepted: in words, and for how many seconds if that is known."""

    description: str
    seconds: float | None = None


@dataclass(frozen=True)
class Step:
    """A call of OPERATION with PARAMS; `waits` says what is waited for after it, in words.

    `part` is the part it changes, None for the table itself. `pace` is what it has to keep its distance from:
    whoever makes the call notes under it when that was, for CreateTable when the table was first seen ACTIVE,
    and tells later plans (`Live.changed`).
    """

    operation: str
    params: AwsDict
    summary: str
    waits: tuple[str, ...] = ()
    part: Part | None = None
    pace: Pace | None = None
