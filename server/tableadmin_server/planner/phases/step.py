"""One AWS call of a plan, and the reasons to wait before it."""

from dataclasses import dataclass

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.planner.rules.update_table import INDEPENDENT, UpdateKind
from tableadmin_server.tables.parts import Part

# The operations that create the table of a plan.
CREATIONS = frozenset({"CreateTable", "RestoreTableFromBackup", "RestoreTableToPointInTime"})


@dataclass(frozen=True)
class Wait:
    """A reason why AWS would refuse a call now, in words, and for how many seconds if that is known."""

    description: str
    seconds: float | None = None


@dataclass(frozen=True)
class Step:
    """A call of OPERATION with PARAMS; `waits` says in words what the caller waits for after the call.

    `part` is the part that the call changes, None for the table itself. `cooldown` is the kind of change that
    AWS allows only some time after the last, None where there is no such limit. The caller records under
    `cooldown` when the call was made (for CREATIONS: when the table was first seen ACTIVE) and passes the
    time to later plans to `plan`. `kind` says what an UpdateTable changes, None for other operations.
    """

    operation: str
    params: AwsDict
    summary: str
    waits: tuple[str, ...] = ()
    part: Part | None = None
    cooldown: Cooldown | None = None
    kind: UpdateKind | None = None

    def needs(self, other: "Step") -> bool:
        """Whether this step can't be made before OTHER, which comes earlier in the plan."""
        if other.operation in (*CREATIONS, "DeleteTable"):
            return True
        if self.part is not None or other.part is not None:
            return self.part is other.part
        return self.kind not in INDEPENDENT and other.kind not in INDEPENDENT
