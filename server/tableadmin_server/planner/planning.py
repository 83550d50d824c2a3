"""The plan of a table: its changes, the calls that make them, and what blocks the first call."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.cooldown import COOLDOWNS, Cooldown
from tableadmin_server.planner.aws import text
from tableadmin_server.planner.changes import Change, ChangeClass, creation, differences
from tableadmin_server.planner.fingerprint import fingerprint
from tableadmin_server.planner.phases import restoration
from tableadmin_server.planner.phases.creation import created_state, creation_step
from tableadmin_server.planner.phases.order import steps_of
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.replicas import replica_deletions
from tableadmin_server.planner.phases.settings import protection_off
from tableadmin_server.planner.phases.step import Step, Wait
from tableadmin_server.planner.plan_warnings import (
    PlanWarning,
    lost_settings,
    quota_warnings,
    unchanged_warnings,
)
from tableadmin_server.planner.state.desired import desired_state
from tableadmin_server.planner.state.ignored_members import ignored_members, is_ignored, without_ignored
from tableadmin_server.planner.state.key import Same
from tableadmin_server.planner.state.live import live_state
from tableadmin_server.planner.state.table_state import PROVISIONED, TableState
from tableadmin_server.planner.state.target import PART_MEMBERS, compared_key, target_state
from tableadmin_server.planner.state.unmanaged import NOTHING, Unmanaged, fill_capacity
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.tables.transitions import (
    part_transitions,
    status_transitions,
    stuck,
    table_transitions,
    transitions,
)

_UNSUPPORTED = "this endpoint does not have the operations for this setting"
# Longer waits are told in minutes.
_IN_SECONDS = 180
_IGNORED = "this endpoint does not store this setting"
_PROTECTED = "deletion protection is on: the table can't be replaced until it is turned off"
_ITEMS_DELETED = (
    "the new table is empty; to keep the items, leave this table, create one with another name, and fill the "
    "new one: a small one with 'tablectl copy-items', a large one from an export to Amazon S3 ('tablectl "
    "export-s3 start', 'tablectl bulk start')"
)
_RESTORED_IN_PLACE = (
    "the table exists with another key or other local indexes, and AWS restores only to new tables: give the "
    "restored table another name, or delete this table first"
)


class Action(StrEnum):
    """What the plan does with the table; the values are those of the contract's enum."""

    NONE = "NONE"
    CREATE = "CREATE"
    UPDATE = "UPDATE"
    REPLACE = "REPLACE"


@dataclass(frozen=True)
class Plan:
    """The changes that bring a table to its spec, and the calls that make them.

    Without steps and waits, the table matches its spec. While there are waits, AWS would refuse the first
    step. `refusal` is the reason why no step is possible at all, "" if steps are possible. `unmanaged` has
    the elements of the spec's Unmanaged, with the members that `*` stands for in place of `*`. `at` is the
    state of the table, None without a table, and `to` the state after the plan.
    """

    action: Action
    changes: list[Change]
    waits: tuple[Wait, ...]
    steps: list[Step]
    warnings: list[PlanWarning]
    fingerprint: str
    refusal: str = ""
    unmanaged: Sequence[AwsDict] = ()
    at: TableState | None = None
    to: TableState | None = None


def plan(
    spec: AwsDict, live: Snapshot, now: datetime, changed: Mapping[Cooldown, datetime] = MappingProxyType({})
) -> Plan:
    """The plan that brings LIVE to SPEC, a valid TableSpec as an AWS-shaped dict, at the time NOW."""
    unmanaged, spec = Unmanaged(spec), fill_capacity(spec)
    inputs = _Inputs(spec, desired_state(spec), unmanaged, live, now, changed)
    at = live_state(live)
    if at is not None:
        return _plan_of_existing_table(inputs, at)
    return _plan_of_new_table(inputs) if live.source is None else _plan_of_restore(inputs)


@dataclass(frozen=True)
class _Inputs:
    """What a plan is made from.

    DESIRED is the state that SPEC describes, UNMANAGED what SPEC does not manage. LIVE is the table at the
    time NOW. CHANGED has the time of the last change with each cooldown.
    """

    spec: AwsDict
    desired: TableState
    unmanaged: Unmanaged
    live: Snapshot
    now: datetime
    changed: Mapping[Cooldown, datetime]

    def waits(self, steps: list[Step]) -> tuple[Wait, ...]:
        """What blocks the first of STEPS."""
        return _waits(steps, self.live, self.now, self.changed)


def _plan_of_existing_table(inputs: _Inputs, at: TableState) -> Plan:
    """The plan for a table that exists, with the state AT."""
    spec, desired, unmanaged, live = inputs.spec, inputs.desired, inputs.unmanaged, inputs.live
    wanted = target_state(desired, at, live, unmanaged)
    to = without_ignored(wanted, at, ignored_members(live))
    changes = [
        *differences(at, to),
        *_unsupported_changes(desired, to, live, unmanaged),
        *(replace(each, skipped=_IGNORED) for each in differences(to, wanted)),
    ]
    action = _action(changes)
    refusal = _refusal(action, spec, desired, at, to, live)
    steps = [] if refusal else _steps(spec, desired, at, to, live)
    return Plan(
        action,
        changes,
        () if refusal else inputs.waits(steps),
        steps,
        [
            *unchanged_warnings(desired, at, live, unmanaged),
            *quota_warnings(changes, at, to, live, inputs.now),
            *(_replacement_warnings(desired, at, unmanaged) if action is Action.REPLACE else ()),
        ],
        fingerprint(live, at, unmanaged),
        refusal,
        _unmanaged_entries(spec, unmanaged),
        at,
        to,
    )


def without_steps(
    made: Plan,
    is_excluded: Callable[[Step], bool],
    live: Snapshot,
    now: datetime,
    changed: Mapping[Cooldown, datetime] = MappingProxyType({}),
) -> Plan:
    """The plan MADE for LIVE at the time NOW, without the steps for which IS_EXCLUDED is true."""
    left = [step for step in made.steps if not is_excluded(step)]
    return replace(made, steps=left, waits=_waits(left, live, now, changed))


def _unmanaged_entries(spec: AwsDict, unmanaged: Unmanaged) -> Sequence[AwsDict]:
    """What a plan for an existing table does not compare."""
    if restoration.MEMBER not in spec:
        return unmanaged.entries
    return [*unmanaged.entries, {"Path": restoration.MEMBER, "Reason": restoration.EXISTS}]


def _replacement_warnings(desired: TableState, at: TableState, unmanaged: Unmanaged) -> Iterator[PlanWarning]:
    """Warnings that the new table has neither the items nor the UNMANAGED settings of the replaced table."""
    yield PlanWarning("", _ITEMS_DELETED)
    for change in differences(unmanaged.kept(desired, at), desired):
        yield PlanWarning(
            change.path, "the spec does not manage this setting, and the new table does not have it"
        )


def _plan_of_new_table(inputs: _Inputs) -> Plan:
    """The plan that creates a table."""
    spec, desired, unmanaged, live = inputs.spec, inputs.desired, inputs.unmanaged, inputs.live
    refusal = _missing_capacity(desired, None)
    steps = [] if refusal else _creation_steps(spec, desired, live)
    at = created_state(desired)
    to = target_state(desired, at, live, NOTHING)
    return Plan(
        Action.CREATE,
        list(_creation_changes(spec, live)),
        inputs.waits(steps),
        steps,
        list(quota_warnings((), at, to, live, inputs.now)),
        fingerprint(live, None, unmanaged),
        refusal,
        unmanaged.entries,
        None,
        without_ignored(to, at, live.ignored_members),
    )


def _plan_of_restore(inputs: _Inputs) -> Plan:
    """The plan that restores a table, which does not exist, from its source."""
    spec, desired, unmanaged, live = inputs.spec, inputs.desired, inputs.unmanaged, inputs.live
    assert live.source is not None
    settings = live_state(live.source)
    if settings is None:
        return _plan_without_source(spec, unmanaged, live)
    restored = restoration.restored_state(settings)
    wanted = target_state(desired, restored, live, unmanaged)
    kept = unmanaged.kept(desired, restored)
    if compared_key(kept, restored, live) is Same.UNKNOWN:  # the restore settles it
        wanted.encryption = kept.encryption
    to = without_ignored(wanted, restored, live.ignored_members)
    refusal = restoration.refusal(spec, to, restored, live) or _missing_capacity(to, restored)
    changes = [
        Change(restoration.MEMBER, None, restoration.source_shape(spec)),
        *differences(restored, to),
        *_unsupported_changes(desired, to, live, unmanaged),
        *(replace(each, skipped=_IGNORED) for each in differences(to, wanted)),
    ]
    steps = [] if refusal else _restoration_steps(spec, restored, to, live)
    return Plan(
        Action.CREATE,
        # What the new table does not take over is not lost: the source has it.
        [
            replace(each, change_class=ChangeClass.IN_PLACE, effect="")
            for each in sorted(changes, key=lambda change: change.path)
        ],
        inputs.waits(steps),
        steps,
        [
            *lost_settings(live.source, settings, restored, to),
            *quota_warnings((), restored, to, live, inputs.now),
        ],
        fingerprint(live, None, unmanaged),
        refusal,
        unmanaged.entries,
        None,
        to,
    )


def _plan_without_source(spec: AwsDict, unmanaged: Unmanaged, live: Snapshot) -> Plan:
    """The plan that restores the table LIVE from a table that does not exist: no step is possible."""
    change = Change(restoration.MEMBER, None, restoration.source_shape(spec))
    refusal = f"{restoration.source_words(spec)}: the table does not exist"
    return Plan(
        Action.CREATE, [change], (), [], [], fingerprint(live, None, unmanaged), refusal, unmanaged.entries
    )


def _restoration_steps(spec: AwsDict, restored: TableState, to: TableState, live: Snapshot) -> list[Step]:
    assert live.source is not None
    arn = text(live.source.description or {}, "TableArn")
    after = restoration.state_after(to, restored, live)
    builder = PlanBuilder(live.name, f"{arn.rpartition('/')[0]}/{live.name}", spec, after, to)
    return [restoration.restore_step(spec, to, restored, live), *steps_of(builder)]


def _refusal(
    action: Action, spec: AwsDict, desired: TableState, at: TableState, to: TableState, live: Snapshot
) -> str:
    if action is Action.NONE:
        return ""
    if stuck(live):
        return stuck(live)
    if action is Action.REPLACE and restoration.MEMBER in spec:
        return _RESTORED_IN_PLACE
    # To give up both the protection and the table, the spec has to say so.
    is_given_up = spec.get("DeletionProtectionEnabled") is False
    if action is Action.REPLACE and at.deletion_protection and not is_given_up:
        return _PROTECTED
    return _missing_capacity(desired if _must_replace(at, to) else to, at)


def _missing_capacity(wanted: TableState, at: TableState | None) -> str:
    """Why AWS would refuse the table or an index of WANTED, which has no provisioned capacity; "" if not.

    Only a spec that does not manage the capacity can lack it: validation requires it otherwise.
    """
    if wanted.billing_mode != PROVISIONED:
        return ""
    is_new = at is None or _must_replace(at, wanted) or at.billing_mode != PROVISIONED
    known = {} if at is None or is_new else at.indexes
    needed = {
        f"GlobalSecondaryIndexes[{name}].": index.throughput
        for name, index in wanted.indexes.items()
        if name not in known or not known[name].same_definition(index)
    }
    needed |= {"": wanted.throughput} if is_new else {}
    lacking = next((prefix for prefix, units in needed.items() if not units or 0 in units), None)
    if lacking is None:
        return ""
    path = f"{lacking}ProvisionedThroughput"
    return f"AWS requires {path} here, which the spec does not manage: add {path} or its Minimum to the spec"


def _action(changes: list[Change]) -> Action:
    if any(change.change_class is ChangeClass.REPLACEMENT for change in changes):
        return Action.REPLACE
    return Action.UPDATE if any(not change.skipped for change in changes) else Action.NONE


def _steps(spec: AwsDict, desired: TableState, at: TableState, to: TableState, live: Snapshot) -> list[Step]:
    if _must_replace(at, to):
        return [*_deletion_steps(spec, at, live), *_creation_steps(spec, desired, live)]
    return _update_steps(spec, at, to, live)


def _must_replace(at: TableState, to: TableState) -> bool:
    return at.keys != to.keys or at.local_indexes != to.local_indexes


def _update_steps(spec: AwsDict, at: TableState, to: TableState, live: Snapshot) -> list[Step]:
    arn = text(live.description or {}, "TableArn")
    return steps_of(PlanBuilder(live.name, arn, spec, at.draft(), to))


def _deletion_steps(spec: AwsDict, at: TableState, live: Snapshot) -> Iterator[Step]:
    """Turn deletion protection off, delete the replicas, then the table: replicas would outlive the table."""
    bare = at.draft()
    bare.replicas, bare.deletion_protection = {}, False
    builder = PlanBuilder(live.name, "", spec, at.draft(), bare)
    yield from protection_off(builder)
    yield from replica_deletions(builder)
    summary = "delete the table with all its items, before creating it again"
    yield Step("DeleteTable", {"TableName": live.name}, summary, ("table gone",))


def _creation_steps(spec: AwsDict, desired: TableState, live: Snapshot) -> list[Step]:
    at = created_state(desired)
    to = without_ignored(target_state(desired, at, live, NOTHING), at, live.ignored_members)
    return [creation_step(spec, live.unsupported), *_update_steps(spec, at, to, live)]


def _creation_changes(spec: AwsDict, live: Snapshot) -> Iterator[Change]:
    for change in creation(spec):
        skipped = _UNSUPPORTED if change.path in live.unsupported else ""
        if is_ignored(live.ignored_members, change.path):
            skipped = _IGNORED
        yield replace(change, skipped=skipped)


def _unsupported_changes(
    desired: TableState, to: TableState, live: Snapshot, unmanaged: Unmanaged
) -> list[Change]:
    """The changes of the spec to parts for which the endpoint has no operations."""
    if not live.unsupported:
        return []
    wanted = to.draft()
    for part in live.unsupported & PART_MEMBERS.keys():
        if not unmanaged.has(part.value):
            setattr(wanted, PART_MEMBERS[part], getattr(desired, PART_MEMBERS[part]))
    return [replace(each, skipped=_UNSUPPORTED) for each in differences(to, wanted)]


def _waits(
    steps: list[Step], live: Snapshot, now: datetime, changed: Mapping[Cooldown, datetime]
) -> tuple[Wait, ...]:
    """What blocks the first of STEPS; without steps, the changes that AWS still makes."""
    if not steps:
        return tuple(map(Wait, transitions(live)))
    first = steps[0]
    if first.part is None:
        return (*map(Wait, table_transitions(live)), *_cooldown(first, live, changed, now))
    blockers = [*status_transitions(live), *part_transitions(live, first.part)]
    return (*map(Wait, blockers), *_cooldown(first, live, changed, now))


def _cooldown(
    step: Step, live: Snapshot, changed: Mapping[Cooldown, datetime], now: datetime
) -> Iterator[Wait]:
    if step.cooldown is None or step.cooldown not in live.cooldowns or step.cooldown not in changed:
        return
    left = (changed[step.cooldown] + COOLDOWNS[step.cooldown] - now).total_seconds()
    if left > 0:
        time = f"{left:.0f} s" if left <= _IN_SECONDS else f"{left / 60:.0f} minutes"
        yield Wait(f"{step.cooldown}: {time} until AWS accepts the next change", left)
