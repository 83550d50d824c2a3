"""Where a plan stands while its steps are found: the state reached so far, and the one aimed at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.index import Index
from tableadmin_server.planner.pacing import Pace
from tableadmin_server.planner.state import TableState
from tableadmin_server.planner.step import Step


@dataclass
class Journey:
    """A phase yields the steps that are its own and moves `at` to where they lead."""

    name: str
    arn: str
    spec: AwsDict
    at: TableState
    to: TableState

    def update(
        self,
        summary: str,
        members: AwsDict,
        waits: tuple[str, ...] = ("table ACTIVE",),
        pace: Pace | None = None,
    ) -> Step:
        """An UpdateTable of MEMBERS."""
        return Step("UpdateTable", {"TableName": self.name, **members}, summary, waits, pace=pace)

    @property
    def missing_indexes(self) -> list[tuple[str, Index]]:
        """The global secondary indexes that are still to be created, in the order of the spec."""
        return [(name, index) for name, index in self.to.indexes.items() if name not in self.at.indexes]


Phase: TypeAlias = Callable[[Journey], Iterator[Step]]
