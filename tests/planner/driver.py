"""Brings a table of the model to a spec, as whoever applies plans does: observe, plan, one step, wait."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.dynamodb.errors import reason_of
from tableadmin_server.planner import CREATIONS, Plan, plan
from tableadmin_server.tables import restore_sources
from tableadmin_server.tables.parts import ROWS, Row
from tableadmin_server.tables.snapshot import Snapshot
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
        live = self.observed()
        if not live.exists and restore_sources.MEMBER in spec:
            live = replace(live, source=self._source(spec))
        return plan(cast("AwsDict", spec), live, self.now(), self.changed)

    def _source(self, spec: Data) -> Snapshot:
        source = spec[restore_sources.MEMBER]
        if "SourceTableName" in source:
            return Driver(self.control, source["SourceTableName"]).observed()
        backup = self._read("DescribeBackup", BackupArn=source["BackupArn"])["BackupDescription"]
        return restore_sources.backed_up(_timed(backup), cast("AwsDict", spec))

    def observed(self) -> Snapshot:
        """What all reads show."""
        try:
            table = _timed(self._read("DescribeTable", TableName=self.name)["Table"])
        except Rejected:
            return Snapshot(self.name)
        parts = {part: self._part(ROWS[part], table) for part in ROWS if not ROWS[part].provisioned_only}
        return Snapshot(self.name, table, {part: value for part, value in parts.items() if value is not None})

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
        if step.operation in CREATIONS:
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

    def _part(self, row: Row, table: AwsDict) -> AwsValue:
        if row.each:
            return None
        named = {row.named_by: table["TableName" if row.named_by == "TableName" else "TableArn"]}
        try:
            answer = self.control.call(row.operation, cast("Data", named))
        except Rejected as error:
            return (row.absent or {}).get(reason_of(error.code))
        return cast("AwsValue", answer[row.member] if row.member else answer)


def _timed(value: Data) -> Data:
    """VALUE with times as botocore has them, where the wire has seconds."""
    return {
        member: datetime.fromtimestamp(inner, UTC)
        if member.endswith("DateTime")
        else (_timed(inner) if isinstance(inner, dict) else inner)
        for member, inner in value.items()
    }
