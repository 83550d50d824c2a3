"""The conditions of tables that callers can wait for. No I/O.

A table can be ACTIVE while an index is built, encryption changes or warm throughput grows.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, cast

from tableadmin.awsshape import AwsDict
from tableadmin.v1 import WaitCondition, WaitRequest
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.tables.transitions import elements, index_words, indexes, part_transitions, transitions

_BAD_REPLICA = frozenset({"CREATION_FAILED", "REGION_DISABLED", "REPLICATION_NOT_AUTHORIZED"})


@dataclass(frozen=True)
class Verdict:
    """The result of a check: what the condition still waits for, or why it can no longer be met."""

    pending: tuple[str, ...] = ()
    impossible: str | None = None
    # Whether the table or resource does not exist.
    missing: bool = False

    @property
    def holds(self) -> bool:
        """Whether the condition is met."""
        return not self.pending and self.impossible is None


Condition: TypeAlias = "WaitCondition.ValueType"
TableCheck: TypeAlias = Callable[[Snapshot, WaitRequest], Verdict]


def _is_active(element: AwsDict, status: str) -> bool:
    return element.get(status, "ACTIVE") == "ACTIVE"


def _table_active(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    del request
    status = (snapshot.description or {}).get("TableStatus")
    return Verdict() if status == "ACTIVE" else Verdict((f"table: {status}",))


def _table_deleted(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    del request
    if snapshot.description is None:
        return Verdict()
    status = snapshot.description.get("TableStatus")
    return Verdict((f"table: {status}",))


def _index_active(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    index = _index(snapshot, request.index_name)
    if index is None:
        return _absent(f"table {snapshot.name} has no index {request.index_name}")
    if index.get("IndexStatus") == "DELETING":
        return Verdict(impossible=f"index {request.index_name} is being deleted")
    return Verdict() if _is_active(index, "IndexStatus") else Verdict((index_words(index),))


def _index_deleted(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    index = _index(snapshot, request.index_name)
    return Verdict() if index is None else Verdict((index_words(index),))


def _indexes_active(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    del request
    found = indexes(snapshot.description or {})
    return Verdict(tuple(index_words(i) for i in found if not _is_active(i, "IndexStatus")))


def _settled(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    del request
    return Verdict(tuple(transitions(snapshot)))


def _ttl_settled(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    del request
    return Verdict(tuple(part_transitions(snapshot, Part.TIME_TO_LIVE)))


def _pitr_enabled(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    del request
    backups = snapshot.structure(Part.CONTINUOUS_BACKUPS)
    description = cast("AwsDict", backups.get("PointInTimeRecoveryDescription") or {})
    status = description.get("PointInTimeRecoveryStatus", "DISABLED")
    return Verdict() if status == "ENABLED" else Verdict((f"point-in-time recovery: {status}",))


def _replica_active(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    region = request.region_name
    for replica in elements(snapshot.description or {}, "Replicas"):
        if replica.get("RegionName") == region:
            status = str(replica.get("ReplicaStatus", "ACTIVE"))
            if status in _BAD_REPLICA | {"DELETING"}:
                return Verdict(impossible=f"replica {region}: {status}")
            return Verdict() if status == "ACTIVE" else Verdict((f"replica {region}: {status}",))
    return _absent(f"table {snapshot.name} has no replica in {region}")


def _stream_enabled(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    del request
    stream = cast("AwsDict", (snapshot.description or {}).get("StreamSpecification") or {})
    return Verdict() if stream.get("StreamEnabled") else Verdict(("stream: disabled",))


def _restore_completed(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    table = snapshot.description or {}
    if cast("AwsDict", table.get("RestoreSummary") or {}).get("RestoreInProgress"):
        return Verdict(("restore: in progress",))
    return _table_active(snapshot, request)


class TableCondition(NamedTuple):
    """A condition of a table. CHECK reads PARTS beside the description.

    REQUIRED is the field of the request that the condition needs beside the table name, "" for none.
    """

    check: TableCheck
    parts: frozenset[Part] = frozenset()
    required: str = ""


TABLE_CONDITIONS: Mapping[Condition, TableCondition] = {
    WaitCondition.WAIT_CONDITION_TABLE_ACTIVE: TableCondition(_table_active),
    WaitCondition.WAIT_CONDITION_TABLE_DELETED: TableCondition(_table_deleted),
    WaitCondition.WAIT_CONDITION_INDEX_ACTIVE: TableCondition(_index_active, required="index_name"),
    WaitCondition.WAIT_CONDITION_INDEX_DELETED: TableCondition(_index_deleted, required="index_name"),
    WaitCondition.WAIT_CONDITION_INDEXES_ACTIVE: TableCondition(_indexes_active),
    WaitCondition.WAIT_CONDITION_SETTLED: TableCondition(_settled, frozenset({Part.TIME_TO_LIVE})),
    WaitCondition.WAIT_CONDITION_TIME_TO_LIVE_SETTLED: TableCondition(
        _ttl_settled, frozenset({Part.TIME_TO_LIVE})
    ),
    WaitCondition.WAIT_CONDITION_POINT_IN_TIME_RECOVERY_ENABLED: TableCondition(
        _pitr_enabled, frozenset({Part.CONTINUOUS_BACKUPS})
    ),
    WaitCondition.WAIT_CONDITION_REPLICA_ACTIVE: TableCondition(_replica_active, required="region_name"),
    WaitCondition.WAIT_CONDITION_STREAM_ENABLED: TableCondition(_stream_enabled),
    WaitCondition.WAIT_CONDITION_RESTORE_COMPLETED: TableCondition(_restore_completed),
}


# The conditions that the deletion of the table meets.
_OF_THE_END = frozenset(
    {WaitCondition.WAIT_CONDITION_TABLE_DELETED, WaitCondition.WAIT_CONDITION_INDEX_DELETED}
)


def check(snapshot: Snapshot, request: WaitRequest) -> Verdict:
    """Check the table condition of REQUEST against SNAPSHOT."""
    if request.condition not in _OF_THE_END:
        if snapshot.description is None:
            return _absent(f"the table {snapshot.name} does not exist")
        if snapshot.description.get("TableStatus") == "DELETING":
            return Verdict(impossible=f"table {snapshot.name} is being deleted")
    return TABLE_CONDITIONS[request.condition].check(snapshot, request)


def _absent(why: str) -> Verdict:
    return Verdict(impossible=why, missing=True)


def _index(snapshot: Snapshot, name: str) -> AwsDict | None:
    found = indexes(snapshot.description or {})
    return next((index for index in found if index.get("IndexName") == name), None)
