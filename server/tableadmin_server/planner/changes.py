"""The differences between the live state of a table and its target, and the cost of each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.state.index import (
    UNLIMITED,
    Index,
    Units,
    definition_shape,
    definitions_shape,
    index_shape,
    key_shape,
    on_demand_shape,
    throughput_shape,
    warm_shape,
)
from tableadmin_server.planner.state.table_state import TableState


class ChangeClass(StrEnum):
    """The effect of a change on the users of the table; the values are those of the contract's enum."""

    IN_PLACE = "IN_PLACE"
    DISRUPTIVE = "DISRUPTIVE"
    DESTRUCTIVE = "DESTRUCTIVE"
    REPLACEMENT = "REPLACEMENT"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the live table and its spec.

    `path` is in AWS member names. `before` and `after` are the values, None for no value. `skipped` is the
    reason why the plan does not make the change, "" where the plan makes it.
    """

    path: str
    before: AwsValue
    after: AwsValue
    change_class: ChangeClass = ChangeClass.IN_PLACE
    skipped: str = ""


_Shape: TypeAlias = Callable[[TableState], AwsValue]
_Cost: TypeAlias = Callable[[TableState, TableState], ChangeClass]


def creation(spec: AwsDict) -> list[Change]:
    """The changes that create a table: every member of SPEC."""
    return [
        Change(member, None, value)
        for member, value in sorted(spec.items())
        if member not in ("TableName", "Unmanaged")
    ]


def differences(at: TableState, to: TableState) -> list[Change]:
    """The changes from AT to TO, sorted by path."""
    found = [
        *_key_changes(at, to),
        *_index_changes(at, to),
        *_named("VectorIndexes", at.vector_indexes, to.vector_indexes, ChangeClass.DISRUPTIVE),
        *_member_changes(at, to),
        *_named("Tags", at.tags or {}, to.tags or {}, ChangeClass.IN_PLACE, ChangeClass.IN_PLACE),
        *_named("Replicas", at.replicas, to.replicas, ChangeClass.IN_PLACE),
    ]
    return sorted(found, key=lambda change: change.path)


def _key_changes(at: TableState, to: TableState) -> Iterator[Change]:
    if at.keys != to.keys:
        retyped = key_shape(at.keys) == key_shape(to.keys)
        shape, path = (definitions_shape, "AttributeDefinitions") if retyped else (key_shape, "KeySchema")
        yield Change(path, shape(at.keys), shape(to.keys), ChangeClass.REPLACEMENT)
    for name in sorted(at.local_indexes.keys() | to.local_indexes.keys()):
        before, after = at.local_indexes.get(name), to.local_indexes.get(name)
        if before != after:
            shapes = _definitions(before, after)
            yield Change(f"LocalSecondaryIndexes[{name}]", *shapes, ChangeClass.REPLACEMENT)


def _index_changes(at: TableState, to: TableState) -> Iterator[Change]:
    for name in at.indexes.keys() | to.indexes.keys():
        path = f"GlobalSecondaryIndexes[{name}]"
        before, after = at.indexes.get(name), to.indexes.get(name)
        if before is None and after is not None:
            yield Change(path, None, index_shape(after))
        elif before is not None and after is None:
            yield Change(path, index_shape(before), None, ChangeClass.DESTRUCTIVE)
        elif before is not None and after is not None and before != after:
            if before.same_definition(after):
                yield from _capacity_changes(path, before, after)
            else:
                yield Change(path, *_definitions(before, after), ChangeClass.DISRUPTIVE)


def _capacity_changes(path: str, before: Index, after: Index) -> Iterator[Change]:
    if before.throughput != after.throughput:
        throughputs = _throughput(before.throughput), _throughput(after.throughput)
        yield Change(f"{path}.ProvisionedThroughput", *throughputs)
    if before.on_demand != after.on_demand:
        ceilings = _on_demand(before.on_demand), _on_demand(after.on_demand)
        yield Change(f"{path}.OnDemandThroughput", *ceilings)
    if before.warm != after.warm:
        yield Change(f"{path}.WarmThroughput", warm_shape(before.warm), warm_shape(after.warm))


def _definitions(before: Index | None, after: Index | None) -> tuple[AwsValue, AwsValue]:
    """The definitions of both indexes: attribute types where only those differ, else key and projection."""
    shapes = [None if index is None else definition_shape(index) for index in (before, after)]
    if before is not None and after is not None and shapes[0] == shapes[1]:
        return definitions_shape(before.keys), definitions_shape(after.keys)
    return shapes[0], shapes[1]


def _named(
    member: str,
    before: Mapping[str, AwsValue],
    after: Mapping[str, AwsValue],
    changed: ChangeClass,
    removed: ChangeClass = ChangeClass.DESTRUCTIVE,
) -> Iterator[Change]:
    """The changes between two mappings by name; CHANGED and REMOVED are the cost of such a change."""
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if name not in after:
            yield Change(f"{member}[{name}]", old, None, removed)
        elif old != new:
            cost = changed if name in before else ChangeClass.IN_PLACE
            yield Change(f"{member}[{name}]", old, new, cost)


def _member_changes(at: TableState, to: TableState) -> Iterator[Change]:
    for path, shape, cost in _MEMBERS:
        before, after = shape(at), shape(to)
        if before != after:
            yield Change(path, before, after, cost(at, to))


def _throughput(units: Units | None) -> AwsValue:
    return None if units is None else throughput_shape(units)


def _on_demand(units: Units) -> AwsValue:
    return None if units == UNLIMITED else on_demand_shape(units)


def _switch(member: str, value: AwsValue, name: str) -> AwsValue:
    return None if value is None else {member: True, **({name: value} if value else {})}


def _free(at: TableState, to: TableState) -> ChangeClass:
    del at, to
    return ChangeClass.IN_PLACE


def _stream_cost(at: TableState, to: TableState) -> ChangeClass:
    """A stream that is turned off loses its ARN, and with it its readers."""
    del to
    return ChangeClass.IN_PLACE if at.stream is None else ChangeClass.DISRUPTIVE


def _time_to_live_cost(at: TableState, to: TableState) -> ChangeClass:
    """While time to live moves to another attribute, no item expires."""
    both = at.time_to_live is not None and to.time_to_live is not None
    return ChangeClass.DISRUPTIVE if both else ChangeClass.IN_PLACE


def _recovery_cost(at: TableState, to: TableState) -> ChangeClass:
    """With a shorter period, the older points in time can no longer be restored."""
    shorter = (at.recovery_days or 0) > (to.recovery_days or 0)
    return ChangeClass.DESTRUCTIVE if shorter else ChangeClass.IN_PLACE


def _kinesis_cost(at: TableState, to: TableState) -> ChangeClass:
    return ChangeClass.DISRUPTIVE if at.kinesis.keys() - to.kinesis.keys() else ChangeClass.IN_PLACE


def _kinesis(state: TableState) -> AwsValue:
    shapes: list[AwsValue] = [
        {"StreamArn": arn, "ApproximateCreationDateTimePrecision": precision}
        for arn, precision in sorted(state.kinesis.items())
    ]
    return shapes[0] if len(shapes) == 1 else shapes or None


# The members that are compared as a whole: path, shape, and cost of the change.
_MEMBERS: tuple[tuple[str, _Shape, _Cost], ...] = (
    ("BillingMode", lambda state: state.billing_mode, _free),
    ("ProvisionedThroughput", lambda state: _throughput(state.throughput), _free),
    ("OnDemandThroughput", lambda state: _on_demand(state.on_demand), _free),
    ("WarmThroughput", lambda state: warm_shape(state.warm) or None, _free),
    (
        "StreamSpecification",
        lambda state: _switch("StreamEnabled", state.stream, "StreamViewType"),
        _stream_cost,
    ),
    ("SSESpecification", lambda state: _switch("Enabled", state.encryption, "KMSMasterKeyId"), _free),
    ("TableClass", lambda state: state.table_class, _free),
    ("DeletionProtectionEnabled", lambda state: state.deletion_protection, _free),
    ("ResourcePolicy", lambda state: state.policy or None, _free),
    (
        "TimeToLiveSpecification",
        lambda state: _switch("Enabled", state.time_to_live, "AttributeName"),
        _time_to_live_cost,
    ),
    (
        "PointInTimeRecoverySpecification",
        lambda state: _switch(
            "PointInTimeRecoveryEnabled", cast("AwsValue", state.recovery_days), "RecoveryPeriodInDays"
        ),
        _recovery_cost,
    ),
    (
        "ContributorInsightsSpecification",
        lambda state: _switch("Enabled", state.insights, "Mode"),
        _free,
    ),
    ("KinesisStreamSpecification", _kinesis, _kinesis_cost),
)
