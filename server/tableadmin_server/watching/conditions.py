"""What can be waited for: whether it holds, what is awaited, or why it can't hold any more. No I/O.

TableStatus ACTIVE says little: an index is built, encryption changed and warm throughput raised beside it.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import TablePart, WaitCondition, WaitRequest
from tableadmin_server.watching.observation import Observation, Part

_INDEX_LISTS = ("GlobalSecondaryIndexes", "VectorIndexes")
# Statuses that end by themselves. All others but ACTIVE last until somebody does something.
_MOVING = frozenset({"CREATING", "UPDATING", "DELETING", "ENABLING", "DISABLING", "ARCHIVING"})
_BAD_REPLICA = frozenset({"CREATION_FAILED", "REGION_DISABLED", "REPLICATION_NOT_AUTHORIZED"})


@dataclass(frozen=True)
class Verdict:
    """What one look says: what is still awaited, in words, or why it can't come to hold any more."""

    pending: tuple[str, ...] = ()
    impossible: str | None = None
    # Whether there is no such table or thing, rather than one that has failed.
    missing: bool = False

    @property
    def holds(self) -> bool:
        """Whether the condition holds."""
        return not self.pending and self.impossible is None


Condition: TypeAlias = "WaitCondition.ValueType"
TableCheck: TypeAlias = Callable[[Observation, WaitRequest], Verdict]


def transitions(observation: Observation) -> list[str]:
    """What about the table is in transition, in words; empty when nothing moves by itself any more."""
    return [*_description_transitions(observation.description or {}), *_ttl_transitions(observation)]


def _description_transitions(table: AwsDict) -> Iterator[str]:
    if _moves(table, "TableStatus"):
        yield f"table: {table.get('TableStatus')}"
    yield from (_index_words(index) for index in _indexes(table) if _moves(index, "IndexStatus"))
    if _status(table, "SSEDescription") in _MOVING:
        yield f"encryption: {_status(table, 'SSEDescription')}"
    yield from _warming(table, "table")
    for index in _indexes(table):
        yield from _warming(index, f"index {index.get('IndexName')}")
    for kind, member, status in _REGIONAL:
        regions = [each for each in _elements(table, member) if _moves(each, status)]
        yield from (f"{kind} {each.get('RegionName')}: {each.get(status)}" for each in regions)
    if cast("AwsDict", table.get("RestoreSummary") or {}).get("RestoreInProgress"):
        yield "restore: in progress"


_REGIONAL = (
    ("replica", "Replicas", "ReplicaStatus"),
    ("witness", "GlobalTableWitnesses", "WitnessStatus"),
)


def _warming(holder: AwsDict, where: str) -> Iterator[str]:
    status = _status(holder, "WarmThroughput")
    if status in _MOVING:
        yield f"{where}: warm throughput {status}"


def _moves(element: AwsDict, status: str) -> bool:
    return element.get(status) in _MOVING


def _is_active(element: AwsDict, status: str) -> bool:
    return element.get(status, "ACTIVE") == "ACTIVE"


def _ttl_transitions(observation: Observation) -> Iterator[str]:
    status = (observation.time_to_live or {}).get("TimeToLiveStatus")
    if status in {"ENABLING", "DISABLING"}:
        yield f"time to live: {status}"


def _table_active(observation: Observation, request: WaitRequest) -> Verdict:
    del request
    status = (observation.description or {}).get("TableStatus")
    return Verdict() if status == "ACTIVE" else Verdict((f"table: {status}",))


def _table_deleted(observation: Observation, request: WaitRequest) -> Verdict:
    del request
    if observation.description is None:
        return Verdict()
    status = observation.description.get("TableStatus")
    return Verdict((f"table: {status}",))


def _index_active(observation: Observation, request: WaitRequest) -> Verdict:
    index = _index(observation, request.index_name)
    if index is None:
        return _absent(f"table {observation.name} has no index {request.index_name}")
    if index.get("IndexStatus") == "DELETING":
        return Verdict(impossible=f"index {request.index_name} is being deleted")
    return Verdict() if _is_active(index, "IndexStatus") else Verdict((_index_words(index),))


def _index_deleted(observation: Observation, request: WaitRequest) -> Verdict:
    index = _index(observation, request.index_name)
    return Verdict() if index is None else Verdict((_index_words(index),))


def _indexes_active(observation: Observation, request: WaitRequest) -> Verdict:
    del request
    indexes = _indexes(observation.description or {})
    return Verdict(tuple(_index_words(i) for i in indexes if not _is_active(i, "IndexStatus")))


def _settled(observation: Observation, request: WaitRequest) -> Verdict:
    del request
    return Verdict(tuple(transitions(observation)))


def _ttl_settled(observation: Observation, request: WaitRequest) -> Verdict:
    del request
    return Verdict(tuple(_ttl_transitions(observation)))


def _pitr_enabled(observation: Observation, request: WaitRequest) -> Verdict:
    del request
    backups = observation.continuous_backups or {}
    description = cast("AwsDict", backups.get("PointInTimeRecoveryDescription") or {})
    status = description.get("PointInTimeRecoveryStatus", "DISABLED")
    return Verdict() if status == "ENABLED" else Verdict((f"point-in-time recovery: {status}",))


def _replica_active(observation: Observation, request: WaitRequest) -> Verdict:
    region = request.region_name
    for replica in _elements(observation.description or {}, "Replicas"):
        if replica.get("RegionName") == region:
            status = str(replica.get("ReplicaStatus", "ACTIVE"))
            if status in _BAD_REPLICA | {"DELETING"}:
                return Verdict(impossible=f"replica {region}: {status}")
            return Verdict() if status == "ACTIVE" else Verdict((f"replica {region}: {status}",))
    return _absent(f"table {observation.name} has no replica in {region}")


def _stream_enabled(observation: Observation, request: WaitRequest) -> Verdict:
    del request
    stream = cast("AwsDict", (observation.description or {}).get("StreamSpecification") or {})
    return Verdict() if stream.get("StreamEnabled") else Verdict(("stream: disabled",))


def _restore_completed(observation: Observation, request: WaitRequest) -> Verdict:
    table = observation.description or {}
    if cast("AwsDict", table.get("RestoreSummary") or {}).get("RestoreInProgress"):
        return Verdict(("restore: in progress",))
    return _table_active(observation, request)


# For each condition about a table: its check, and the parts it looks at beside the description.
TABLE_CONDITIONS: Mapping[Condition, tuple[TableCheck, frozenset[Part]]] = {
    WaitCondition.WAIT_CONDITION_TABLE_ACTIVE: (_table_active, frozenset()),
    WaitCondition.WAIT_CONDITION_TABLE_DELETED: (_table_deleted, frozenset()),
    WaitCondition.WAIT_CONDITION_INDEX_ACTIVE: (_index_active, frozenset()),
    WaitCondition.WAIT_CONDITION_INDEX_DELETED: (_index_deleted, frozenset()),
    WaitCondition.WAIT_CONDITION_INDEXES_ACTIVE: (_indexes_active, frozenset()),
    WaitCondition.WAIT_CONDITION_SETTLED: (_settled, frozenset({TablePart.TABLE_PART_TIME_TO_LIVE})),
    WaitCondition.WAIT_CONDITION_TIME_TO_LIVE_SETTLED: (
        _ttl_settled,
        frozenset({TablePart.TABLE_PART_TIME_TO_LIVE}),
    ),
    WaitCondition.WAIT_CONDITION_POINT_IN_TIME_RECOVERY_ENABLED: (
        _pitr_enabled,
        frozenset({TablePart.TABLE_PART_CONTINUOUS_BACKUPS}),
    ),
    WaitCondition.WAIT_CONDITION_REPLICA_ACTIVE: (_replica_active, frozenset()),
    WaitCondition.WAIT_CONDITION_STREAM_ENABLED: (_stream_enabled, frozenset()),
    WaitCondition.WAIT_CONDITION_RESTORE_COMPLETED: (_restore_completed, frozenset()),
}


# What comes to hold when the table goes.
_OF_THE_END = frozenset(
    {WaitCondition.WAIT_CONDITION_TABLE_DELETED, WaitCondition.WAIT_CONDITION_INDEX_DELETED}
)


def check(observation: Observation, request: WaitRequest) -> Verdict:
    """What OBSERVATION says of the table condition of REQUEST."""
    if request.condition not in _OF_THE_END:
        if observation.description is None:
            return _absent(f"the table {observation.name} does not exist")
        if observation.description.get("TableStatus") == "DELETING":
            return Verdict(impossible=f"table {observation.name} is being deleted")
    return TABLE_CONDITIONS[request.condition][0](observation, request)


def _absent(why: str) -> Verdict:
    return Verdict(impossible=why, missing=True)


def _elements(table: AwsDict, member: str) -> list[AwsDict]:
    return cast("list[AwsDict]", table.get(member) or [])


def _indexes(table: AwsDict) -> list[AwsDict]:
    return [index for member in _INDEX_LISTS for index in _elements(table, member)]


def _index(observation: Observation, name: str) -> AwsDict | None:
    indexes = _indexes(observation.description or {})
    return next((index for index in indexes if index.get("IndexName") == name), None)


def _index_words(index: AwsDict) -> str:
    backfilling = ", backfilling" if index.get("Backfilling") else ""
    return f"index {index.get('IndexName')}: {index.get('IndexStatus')}{backfilling}"


def _status(holder: AwsDict, member: str) -> str:
    return str(cast("AwsDict", holder.get(member) or {}).get("Status", ""))
