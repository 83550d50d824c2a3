"""What a table needs to become what its spec says: pure decisions over AWS-shaped dicts, without I/O.

`validate` says what is wrong with a spec, `plan` what it takes to bring a live table to it. The plan's first
step is the right one from any state a table can be in: whoever carries it out observes, plans, takes the
first step, waits until nothing blocks the next, and begins again until the plan is empty.
"""

from tableadmin_server.planner.aws import repetitions
from tableadmin_server.planner.caution import Caution
from tableadmin_server.planner.changes import Change, ChangeClass
from tableadmin_server.planner.fingerprint import moved
from tableadmin_server.planner.live import AutoScaled, Live
from tableadmin_server.planner.pacing import Pace
from tableadmin_server.planner.parts import Part
from tableadmin_server.planner.planning import Action, Plan, plan
from tableadmin_server.planner.step import Step, Wait
from tableadmin_server.planner.transitions import part_transitions
from tableadmin_server.planner.validation import validate
from tableadmin_server.planner.violation import Violation

__all__ = [
    "Action",
    "AutoScaled",
    "Caution",
    "Change",
    "ChangeClass",
    "Live",
    "Pace",
    "Part",
    "Plan",
    "Step",
    "Violation",
    "Wait",
    "moved",
    "part_transitions",
    "plan",
    "repetitions",
    "validate",
]
