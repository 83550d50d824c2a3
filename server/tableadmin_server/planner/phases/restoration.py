"""The call that creates a table from a backup or from another table, and the state of the table after it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.dynamodb.cooldown import Cooldown
from tableadmin_server.planner.aws import structure, text
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.state.index import (
    UNLIMITED,
    UNMANAGED,
    Index,
    definition_shape,
    index_shape,
    on_demand_shape,
    throughput_shape,
)
from tableadmin_server.planner.state.key import Same
from tableadmin_server.planner.state.table_state import PROVISIONED, TableState
from tableadmin_server.planner.state.target import compared_key
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot

MEMBER = "RestoreSource"
EXISTS = "the table exists, and AWS restores only to new tables"
_WAITS = ("table restored",)


def source_shape(spec: AwsDict) -> AwsDict:
    """The RestoreSource of SPEC, with its time as ISO text."""
    source = dict(structure(spec, MEMBER))
    if "RestoreDateTime" in source:
        source["RestoreDateTime"] = _time(source["RestoreDateTime"]).isoformat()
    return source


def restored_state(source: TableState) -> TableState:
    """The state of a table that AWS has restored from SOURCE: AWS drops the other settings of SOURCE."""
    state = source.draft()
    state.stream = state.time_to_live = state.recovery_days = state.insights = None
    state.table_class, state.deletion_protection = "STANDARD", False
    state.policy, state.tags = "", {}
    state.kinesis, state.replicas = {}, {}
    state.warm = UNMANAGED
    state.indexes = {name: replace(index, warm=UNMANAGED) for name, index in state.indexes.items()}
    return state


def refusal(spec: AwsDict, wanted: TableState, restored: TableState, live: Snapshot) -> str:
    """Why the restore of LIVE, which leads to RESTORED, can't lead to WANTED; "" where it can."""
    assert live.source is not None
    refused = _time_refusal(spec, live.source, is_aws=live.is_aws)
    return refused or _definition_refusal(source_words(spec), wanted, restored)


def _time_refusal(spec: AwsDict, source: Snapshot, *, is_aws: bool) -> str:
    """Why the table SOURCE can't be restored as it was at the time of SPEC.

    What other endpoints than AWS show as the earliest and the latest time means little.
    """
    said = structure(spec, MEMBER)
    if "SourceTableName" not in said:
        return ""
    if Part.CONTINUOUS_BACKUPS in source.unsupported:
        return "this endpoint does not have point-in-time recovery"
    backups = source.structure(Part.CONTINUOUS_BACKUPS)
    recovery = structure(backups, "PointInTimeRecoveryDescription")
    if backups and recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        return (
            f"point-in-time recovery of table {source.name} is disabled: enable it, or restore from a backup"
        )
    return _range_refusal(said, recovery, source.name) if is_aws and "RestoreDateTime" in said else ""


def _range_refusal(said: AwsDict, recovery: AwsDict, table: str) -> str:
    """Why TABLE with its RECOVERY can't be restored as it was at the RestoreDateTime that is SAID."""
    first, last = recovery.get("EarliestRestorableDateTime"), recovery.get("LatestRestorableDateTime")
    if first is None or last is None or _time(first) <= _time(said["RestoreDateTime"]) <= _time(last):
        return ""
    return (
        f"table {table} can be restored to a time from {_time(first):%Y-%m-%dT%H:%M:%SZ} to "
        f"{_time(last):%Y-%m-%dT%H:%M:%SZ}"
    )


def _definition_refusal(source: str, wanted: TableState, restored: TableState) -> str:
    if wanted.keys != restored.keys:
        return f"{source} has another key schema, and a restore can't change the key"
    for name, index in wanted.local_indexes.items():
        if name not in restored.local_indexes:
            return (
                f"{source} has no local secondary index {name}, and AWS can't add one to a restored table: "
                "remove the index from the spec"
            )
        if restored.local_indexes[name] != index:
            return f"{source} has another definition of the local secondary index {name}"
    return ""


def restore_step(spec: AwsDict, wanted: TableState, restored: TableState, live: Snapshot) -> Step:
    """The restore that RestoreSource of SPEC asks for, with the overrides that bring RESTORED near WANTED."""
    source = structure(spec, MEMBER)
    params: AwsDict = {**source, "TargetTableName": live.name}
    if "RestoreDateTime" in source:
        params["RestoreDateTime"] = int(_time(source["RestoreDateTime"]).timestamp())
    operation = "RestoreTableFromBackup" if "BackupArn" in source else "RestoreTableToPointInTime"
    return Step(
        operation,
        {**params, **_overrides(wanted, restored, live)},
        f"restore from {source_words(spec)}",
        _WAITS,
        cooldown=Cooldown.CREATION,
    )


def state_after(wanted: TableState, restored: TableState, live: Snapshot) -> TableState:
    """The state of the table after `restore_step`."""
    state, overrides = restored.draft(), _overrides(wanted, restored, live)
    state.billing_mode, state.throughput = wanted.billing_mode, wanted.throughput
    state.local_indexes = wanted.local_indexes
    if "OnDemandThroughputOverride" in overrides:
        state.on_demand = wanted.on_demand
    elif wanted.billing_mode == PROVISIONED:
        state.on_demand = UNLIMITED
    if "SSESpecificationOverride" in overrides:
        state.encryption = wanted.encryption
    if "GlobalSecondaryIndexOverride" in overrides:
        state.indexes = {
            name: replace(
                index,
                throughput=wanted.indexes[name].throughput,
                on_demand=index.on_demand
                if wanted.indexes[name].on_demand == UNLIMITED
                else wanted.indexes[name].on_demand,
            )
            for name, index in _common(wanted, restored).items()
        }
    state.vector_indexes = {name: restored.vector_indexes[name] for name in _common_vectors(wanted, restored)}
    return state


def _overrides(wanted: TableState, restored: TableState, live: Snapshot) -> AwsDict:
    return {
        **_capacity_overrides(wanted, restored),
        **_encryption_override(wanted, restored, live),
        **_index_overrides(wanted, restored),
    }


def _capacity_overrides(wanted: TableState, restored: TableState) -> AwsDict:
    found: AwsDict = {}
    if wanted.billing_mode != restored.billing_mode:
        found["BillingModeOverride"] = wanted.billing_mode
    if wanted.throughput is not None and wanted.throughput != restored.throughput:
        found["ProvisionedThroughputOverride"] = throughput_shape(wanted.throughput)
    if wanted.on_demand not in (UNLIMITED, restored.on_demand):
        found["OnDemandThroughputOverride"] = on_demand_shape(wanted.on_demand)
    return found


def _encryption_override(wanted: TableState, restored: TableState, live: Snapshot) -> AwsDict:
    if wanted.encryption is None:
        off: AwsDict = {"SSESpecificationOverride": {"Enabled": False}}
        return {} if restored.encryption is None else off
    if compared_key(wanted, restored, live) is Same.YES:
        return {}
    key: AwsDict = {"KMSMasterKeyId": wanted.encryption} if wanted.encryption else {}
    return {"SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS", **key}}


def _index_overrides(wanted: TableState, restored: TableState) -> AwsDict:
    found: AwsDict = {}
    common = _common(wanted, restored)
    if common.keys() != restored.indexes.keys() or any(
        _has_other_capacity(wanted.indexes[name], index) for name, index in common.items()
    ):
        # Warm throughput has no place in an override: AWS refuses it.
        indexes = {name: replace(wanted.indexes[name], warm=UNMANAGED) for name in common}
        found["GlobalSecondaryIndexOverride"] = _listed(
            {name: index_shape(index) for name, index in indexes.items()}
        )
    if wanted.local_indexes.keys() != restored.local_indexes.keys():
        found["LocalSecondaryIndexOverride"] = _listed(
            {name: definition_shape(index) for name, index in wanted.local_indexes.items()}
        )
    vectors = _common_vectors(wanted, restored)
    if len(vectors) < len(restored.vector_indexes):
        found["VectorIndexOverride"] = _listed({name: restored.vector_indexes[name] for name in vectors})
    return found


def _has_other_capacity(wanted: Index, restored: Index) -> bool:
    return wanted.throughput != restored.throughput or wanted.on_demand not in (
        UNLIMITED,
        restored.on_demand,
    )


def _common(wanted: TableState, restored: TableState) -> dict[str, Index]:
    """The indexes of RESTORED that WANTED has with the same definition."""
    return {
        name: index
        for name, index in restored.indexes.items()
        if name in wanted.indexes and wanted.indexes[name].same_definition(index)
    }


def _common_vectors(wanted: TableState, restored: TableState) -> Collection[str]:
    return [
        name for name, index in restored.vector_indexes.items() if wanted.vector_indexes.get(name) == index
    ]


def _listed(indexes: Mapping[str, AwsDict]) -> list[AwsValue]:
    return [{"IndexName": name, **shape} for name, shape in indexes.items()]


def source_words(spec: AwsDict) -> str:
    """What the table of SPEC is restored from."""
    source = structure(spec, MEMBER)
    if "BackupArn" in source:
        return f"backup {text(source, 'BackupArn').rpartition('/')[2]}"
    table = f"table {text(source, 'SourceTableName')}"
    if "RestoreDateTime" in source:
        return f"{table} at {_time(source['RestoreDateTime']):%Y-%m-%dT%H:%M:%SZ}"
    return f"{table} at its latest restorable time"


def _time(value: AwsValue) -> datetime:
    """VALUE, a time of a request or of a record, which is text there."""
    time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return time.astimezone(UTC)
