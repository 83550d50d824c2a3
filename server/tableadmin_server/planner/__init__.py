"""What a table needs to become what its spec says: pure decisions over AWS-shaped dicts, without I/O.

`validate` says what is wrong with a spec, `plan` what it takes to bring a live table to it. The plan's first
step is the right one from any state a table can be in: whoever carries it out observes, plans, takes the
first step, waits until nothing blocks the next, and begins again until the plan is empty.
"""

from tableadmin_server.planner.aws import repetitions
from tableadmin_server.planner.changes import Change, ChangeClass
from tableadmin_server.planner.fingerprint import moved
from tableadmin_server.planner.phases.step import Step, Wait
from tableadmin_server.planner.plan_warnings import PlanWarning
from tableadmin_server.planner.planning import Action, Plan, plan
from tableadmin_server.planner.rules.constraint import Violation
from tableadmin_server.planner.rules.validation import validate
from tableadmin_server.planner.state.blockers import part_blockers
from tableadmin_server.planner.state.cooldown import Cooldown
from tableadmin_server.planner.state.live import AutoScaled, Live, Part

__all__ = [
    "Action",
    "AutoScaled",
    "Change",
    "ChangeClass",
    "Cooldown",
    "Live",
    "Part",
    "Plan",
    "PlanWarning",
    "Step",
    "Violation",
    "Wait",
    "moved",
    "part_blockers",
    "plan",
    "repetitions",
    "validate",
]
