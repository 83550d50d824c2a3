"""The differences between the live state of a table and its target, and the cost of each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias, cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin.contract.effects import effect
from tableadmin.v1 import ChangeClass as ContractClass
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

    `path` is in AWS member names. `before` and `after` are the values, None for no value. `change_class` and
    `effect`, what the change deletes, loses or interrupts, are those that the contract has for the call.
    `skipped` is the reason why the plan does not make the change, "" where the plan makes it.
    """

    path: str
    before: AwsValue
    after: AwsValue
    change_class: ChangeClass = ChangeClass.IN_PLACE
    effect: str = ""
    skipped: str = ""


class Cost(NamedTuple):
    """The class of a change, and what it deletes, loses or interrupts."""

    change_class: ChangeClass = ChangeClass.IN_PLACE
    effect: str = ""


_Shape: TypeAlias = Callable[[TableState], AwsValue]
_CostOf: TypeAlias = Callable[[TableState, TableState], Cost]


def _contract(rpc: str, field: str = "", value: str = "") -> Cost:
    """What the contract says of calls of RPC with VALUE in FIELD."""
    found = effect(rpc, field, value)
    name = ContractClass.Name(found.change_class).removeprefix("CHANGE_CLASS_")
    return Cost(ChangeClass(name), found.description)


_NONE = Cost()
_INDEX_GONE = _contract("UpdateTable", "global_secondary_index_updates.delete")
_VECTOR_INDEX_GONE = _contract("UpdateTable", "vector_index_updates.delete")
_REPLICA_GONE = _contract("UpdateTable", "replica_updates.delete")
_STREAM_OFF = _contract("UpdateTable", "stream_specification.stream_enabled", "false")
_KEY_GONE = _contract("UpdateTable", "sse_specification.enabled", "false")
_OTHER_KEY = _contract("UpdateTable", "sse_specification.kms_master_key_id")
_PROTECTION_OFF = _contract("UpdateTable", "deletion_protection_enabled", "false")
_TAGS_GONE = _contract("UntagResource", "tag_keys")
_POLICY_GONE = _contract("DeleteResourcePolicy")
_OTHER_POLICY = _contract("PutResourcePolicy", "policy")
_EXPIRY_OFF = _contract("UpdateTimeToLive", "time_to_live_specification.enabled", "false")
_INSIGHTS_OFF = _contract(
    "UpdateContributorInsights", "contributor_insights_action", "CONTRIBUTOR_INSIGHTS_ACTION_DISABLE"
)
_KINESIS_OFF = _contract("DisableKinesisStreamingDestination")
_RECOVERY = "point_in_time_recovery_specification"
_RECOVERY_OFF = _contract("UpdateContinuousBackups", f"{_RECOVERY}.point_in_time_recovery_enabled", "false")
_RECOVERY_SHORTER = _contract("UpdateContinuousBackups", f"{_RECOVERY}.recovery_period_in_days")
# Deleted and made again: a plan's own cost, since it takes several calls.
_REBUILT = Cost(ChangeClass.DISRUPTIVE, f"{_INDEX_GONE.effect} until the index is built again")
_VECTOR_REBUILT = Cost(ChangeClass.DISRUPTIVE, f"{_VECTOR_INDEX_GONE.effect} until the index is built again")
_REPLACED = Cost(ChangeClass.REPLACEMENT, f"{_contract('DeleteTable').effect} and created again")


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
        *_named("VectorIndexes", at.vector_indexes, to.vector_indexes, _VECTOR_REBUILT, _VECTOR_INDEX_GONE),
        *_member_changes(at, to),
        *_named("Tags", at.tags or {}, to.tags or {}, _NONE, _TAGS_GONE),
        *_named("Replicas", at.replicas, to.replicas, _NONE, _REPLICA_GONE),
    ]
    return sorted(found, key=lambda change: change.path)


def _key_changes(at: TableState, to: TableState) -> Iterator[Change]:
    if at.keys != to.keys:
        retyped = key_shape(at.keys) == key_shape(to.keys)
        shape, path = (definitions_shape, "AttributeDefinitions") if retyped else (key_shape, "KeySchema")
        yield Change(path, shape(at.keys), shape(to.keys), *_REPLACED)
    for name in sorted(at.local_indexes.keys() | to.local_indexes.keys()):
        before, after = at.local_indexes.get(name), to.local_indexes.get(name)
        if before != after:
            shapes = _definitions(before, after)
            yield Change(f"LocalSecondaryIndexes[{name}]", *shapes, *_REPLACED)


def _index_changes(at: TableState, to: TableState) -> Iterator[Change]:
    for name in at.indexes.keys() | to.indexes.keys():
        path = f"GlobalSecondaryIndexes[{name}]"
        before, after = at.indexes.get(name), to.indexes.get(name)
        if before is None and after is not None:
            yield Change(path, None, index_shape(after))
        elif before is not None and after is None:
            yield Change(path, index_shape(before), None, *_INDEX_GONE)
        elif before is not None and after is not None and before != after:
            if before.same_definition(after):
                yield from _capacity_changes(path, before, after)
            else:
                yield Change(path, *_definitions(before, after), *_REBUILT)


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
    changed: Cost,
    removed: Cost,
) -> Iterator[Change]:
    """The changes between two mappings by name; CHANGED and REMOVED are the costs of such a change."""
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if name not in after:
            yield Change(f"{member}[{name}]", old, None, *removed)
        elif old != new:
            cost = changed if name in before else _NONE
            yield Change(f"{member}[{name}]", old, new, *cost)


def _member_changes(at: TableState, to: TableState) -> Iterator[Change]:
    for path, shape, cost in _MEMBERS:
        before, after = shape(at), shape(to)
        if before != after:
            yield Change(path, before, after, *cost(at, to))


def _throughput(units: Units | None) -> AwsValue:
    return None if units is None else throughput_shape(units)


def _on_demand(units: Units) -> AwsValue:
    return None if units == UNLIMITED else on_demand_shape(units)


def _switch(member: str, value: AwsValue, name: str) -> AwsValue:
    return None if value is None else {member: True, **({name: value} if value else {})}


def _free(at: TableState, to: TableState) -> Cost:
    del at, to
    return _NONE


def _stream_cost(at: TableState, to: TableState) -> Cost:
    """Another view type is another stream."""
    del to
    return _NONE if at.stream is None else _STREAM_OFF


def _encryption_cost(at: TableState, to: TableState) -> Cost:
    if at.encryption is None:
        return _NONE
    return _KEY_GONE if to.encryption is None else _OTHER_KEY


def _protection_cost(at: TableState, to: TableState) -> Cost:
    del at
    return _NONE if to.deletion_protection else _PROTECTION_OFF


def _policy_cost(at: TableState, to: TableState) -> Cost:
    if not at.policy:
        return _NONE
    return _OTHER_POLICY if to.policy else _POLICY_GONE


def _time_to_live_cost(at: TableState, to: TableState) -> Cost:
    """While time to live moves to another attribute, no item expires."""
    del to
    return _NONE if at.time_to_live is None else _EXPIRY_OFF


def _recovery_cost(at: TableState, to: TableState) -> Cost:
    if (at.recovery_days or 0) <= (to.recovery_days or 0):
        return _NONE
    return _RECOVERY_OFF if to.recovery_days is None else _RECOVERY_SHORTER


def _insights_cost(at: TableState, to: TableState) -> Cost:
    return _INSIGHTS_OFF if at.insights is not None and to.insights is None else _NONE


def _kinesis_cost(at: TableState, to: TableState) -> Cost:
    return _KINESIS_OFF if at.kinesis.keys() - to.kinesis.keys() else _NONE


def _kinesis(state: TableState) -> AwsValue:
    shapes: list[AwsValue] = [
        {"StreamArn": arn, "ApproximateCreationDateTimePrecision": precision}
        for arn, precision in sorted(state.kinesis.items())
    ]
    return shapes[0] if len(shapes) == 1 else shapes or None


# The members that are compared as a whole: path, shape, and cost of the change.
_MEMBERS: tuple[tuple[str, _Shape, _CostOf], ...] = (
    ("BillingMode", lambda state: state.billing_mode, _free),
    ("ProvisionedThroughput", lambda state: _throughput(state.throughput), _free),
    ("OnDemandThroughput", lambda state: _on_demand(state.on_demand), _free),
    ("WarmThroughput", lambda state: warm_shape(state.warm) or None, _free),
    (
        "StreamSpecification",
        lambda state: _switch("StreamEnabled", state.stream, "StreamViewType"),
        _stream_cost,
    ),
    (
        "SSESpecification",
        lambda state: _switch("Enabled", state.encryption, "KMSMasterKeyId"),
        _encryption_cost,
    ),
    ("TableClass", lambda state: state.table_class, _free),
    ("DeletionProtectionEnabled", lambda state: state.deletion_protection, _protection_cost),
    ("ResourcePolicy", lambda state: state.policy or None, _policy_cost),
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
        _insights_cost,
    ),
    ("KinesisStreamSpecification", _kinesis, _kinesis_cost),
)
