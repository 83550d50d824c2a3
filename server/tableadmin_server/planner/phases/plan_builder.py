"""A plan while it is built: the state that its steps lead to so far, and the target."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.rules.update_table import UpdateKind
from tableadmin_server.planner.state.table_state import TableState


@dataclass
class PlanBuilder:
    """What the phases share.

    `at` is the state after the steps so far, `to` the target. A phase yields its steps and updates `at`.
    """

    name: str
    arn: str
    spec: AwsDict
    at: TableState
    to: TableState

    def update(
        self,
        kind: UpdateKind,
        summary: str,
        members: AwsDict,
        waits: tuple[str, ...] = ("table ACTIVE",),
        cooldown: Cooldown | None = None,
    ) -> Step:
        """An UpdateTable of MEMBERS, which is a change of KIND."""
        params: AwsDict = {"TableName": self.name, **members}
        return Step("UpdateTable", params, summary, waits, cooldown=cooldown, kind=kind)


Phase: TypeAlias = Callable[[PlanBuilder], Iterator[Step]]
