"""Plans that bring a live table to its spec: pure functions of AWS-shaped dicts, without I/O.

`validate` returns what is wrong with a spec. `plan` returns the changes and calls that bring a live table to
a spec. The first step of a plan is right in any state of the table. To apply a spec, the caller reads the
table, makes a plan, waits until nothing blocks the first call, makes the call, and repeats this until the
plan is empty.
"""

from tableadmin_server.planner.aws import repetitions
from tableadmin_server.planner.billing import NOT_BILLED, Billed, billed_live, billed_tables, cost_increase
from tableadmin_server.planner.changes import Change, ChangeClass
from tableadmin_server.planner.fingerprint import changed_settings
from tableadmin_server.planner.phases.step import CREATIONS, Step, Wait
from tableadmin_server.planner.plan_warnings import PlanWarning
from tableadmin_server.planner.planning import Action, Plan, plan, without_steps
from tableadmin_server.planner.rules.constraint import Violation
from tableadmin_server.planner.rules.validation import validate
from tableadmin_server.planner.state.ignored_members import ignored_by_creation, members_of_update
from tableadmin_server.planner.wait_times import time_waits

__all__ = [
    "CREATIONS",
    "NOT_BILLED",
    "Action",
    "Billed",
    "Change",
    "ChangeClass",
    "Plan",
    "PlanWarning",
    "Step",
    "Violation",
    "Wait",
    "billed_live",
    "billed_tables",
    "changed_settings",
    "cost_increase",
    "ignored_by_creation",
    "members_of_update",
    "plan",
    "repetitions",
    "time_waits",
    "validate",
    "without_steps",
]
