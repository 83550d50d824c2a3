"""Brings a table of the model to a spec, as whoever applies plans does: observe, plan, one step, wait."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner import Cooldown, Live, Plan, plan
from tests.planner.model.control_plane import ControlPlane
from tests.planner.model.table import EPOCH, Data, Rejected

# Seconds between two looks, and looks after which a plan that does not end has failed.
_POLL, _LOOKS = 20.0, 2000


@dataclass
class Driver:
    """One table of CONTROL, and what whoever changes it remembers."""

    control: ControlPlane
    name: str
    changed: dict[Cooldown, datetime] = field(default_factory=dict)
    was_active: bool = False

    def now(self) -> datetime:
        """The moment on the model's clock."""
        return datetime.fromtimestamp(EPOCH + self.control.clock, UTC)

    def plan(self, spec: Data) -> Plan:
        """The plan for SPEC from what there is now."""
        return plan(cast("AwsDict", spec), self.observed(), self.now())

    def observed(self) -> Live:
        """What all reads show."""
        try:
            table = _timed(self._read("DescribeTable", TableName=self.name)["Table"])
        except Rejected:
            return Live(self.name, changed=self.changed)
        by_name, by_arn = {"TableName": self.name}, {"ResourceArn": table["TableArn"]}
        try:
            policy = self._read("GetResourcePolicy", **by_arn)["Policy"]
        except Rejected as error:
            policy = "" if error.code == "PolicyNotFoundException" else None
        return Live(
            self.name,
            table,
            self._part("DescribeTimeToLive", by_name, "TimeToLiveDescription"),
            self._part("DescribeContinuousBackups", by_name, "ContinuousBackupsDescription"),
            cast("list[AwsDict] | None", self._part("ListTagsOfResource", by_arn, "Tags")),
            policy,
            self._part("DescribeContributorInsights", by_name, None),
            cast(
                "list[AwsDict] | None",
                self._part("DescribeKinesisStreamingDestination", by_name, "KinesisDataStreamDestinations"),
            ),
            changed=self.changed,
        )

    def drive(self, spec: Data, until: Callable[[], bool] = lambda: False) -> list[Plan]:
        """Apply plans until one is empty, or UNTIL says so; the plans whose steps were taken."""
        taken: list[Plan] = []
        for _ in range(_LOOKS):
            if until():
                return taken
            made = self.plan(spec)
            assert not made.refusal, made.refusal
            if made.waits:
                self.control.clock += max((wait.seconds or _POLL) for wait in made.waits)
                self._note_active()
            elif made.steps:
                taken.append(made)
                self._take(made)
            else:
                return taken
        raise AssertionError(f"no end: {made}")

    def _take(self, made: Plan) -> None:
        step = made.steps[0]
        self.control.call(step.operation, cast("Data", step.params))
        if step.operation == "CreateTable":
            self.was_active = False
        elif step.cooldown is not None:
            self.changed[step.cooldown] = self.now()

    def _note_active(self) -> None:
        table = self.control.tables.get(self.name)
        active = table is not None and table.status.settled(self.control.clock) == "ACTIVE"
        if active and not self.was_active:
            self.changed[Cooldown.CREATION] = self.now()
        self.was_active = self.was_active or active

    def _read(self, operation: str, **params: str) -> Data:
        return self.control.call(operation, dict(params))

    def _part(self, operation: str, params: dict[str, str], member: str | None) -> AwsDict | None:
        try:
            answer = self.control.call(operation, dict(params))
        except Rejected:
            return None
        return cast("AwsDict", answer if member is None else answer[member])


def _timed(value: Data) -> Data:
    """VALUE with times as botocore has them, where the wire has seconds."""
    return {
        member: datetime.fromtimestamp(inner, UTC)
        if member.endswith("DateTime")
        else (_timed(inner) if isinstance(inner, dict) else inner)
        for member, inner in value.items()
    }
