"""The transitions of a table, in words. Changes of the table must wait until they end. No I/O.

A table can be ACTIVE while an index is built, encryption changes, warm throughput grows or a replica is
added. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
"""

from collections.abc import Iterator, Mapping
from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.snapshot import Snapshot

INDEX_LISTS = ("GlobalSecondaryIndexes", "VectorIndexes")

# Statuses that end by themselves. All others but ACTIVE last until an operator acts.
MOVING = frozenset({"CREATING", "UPDATING", "DELETING", "ENABLING", "DISABLING", "ARCHIVING"})
# Statuses of a table in which no change is possible until an operator repairs the table.
_STUCK = frozenset({"ARCHIVED", "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "REPLICATION_NOT_AUTHORIZED"})

# Statuses of a setting that is off or is being disabled. "" means that the status is not shown.
_OFF = frozenset({"", "DISABLED", "DISABLING", "ENABLE_FAILED", "FAILED"})

_REGIONAL = (
    ("Replicas", "replica", "ReplicaStatus"),
    ("GlobalTableWitnesses", "witness", "WitnessStatus"),
)


def transitions(snapshot: Snapshot) -> list[str]:
    """Return the transitions of the table and of its read parts; empty if all have settled."""
    parts = (each for part in snapshot.parts for each in part_transitions(snapshot, part))
    return [*table_transitions(snapshot), *parts]


def is_on(holder: AwsDict, member: str) -> bool:
    """Whether the setting with the status MEMBER of HOLDER is on or is being enabled."""
    return str(holder.get(member) or "") not in _OFF


def stuck(snapshot: Snapshot) -> str:
    """Return why no change of the table is possible, "" if changes are possible."""
    status = str((snapshot.description or {}).get("TableStatus", ""))
    return f"the table is {status}: no change is possible" if status in _STUCK else ""


def table_transitions(snapshot: Snapshot) -> Iterator[str]:
    """Yield the transitions that block UpdateTable."""
    table = snapshot.description or {}
    yield from _table_status(table)
    yield from (index_words(index) for index in indexes(table) if index.get("IndexStatus") in MOVING)
    encryption = _status(table, "SSEDescription")
    if encryption in MOVING:
        yield f"encryption: {encryption}"
    yield from _warming(table, "table")
    for index in indexes(table):
        yield from _warming(index, f"index {index.get('IndexName')}")
    yield from _regions_and_restore(table)


def status_transitions(snapshot: Snapshot) -> Iterator[str]:
    """Yield the transitions of the table that block changes of parts."""
    table = snapshot.description or {}
    yield from _table_status(table)
    yield from _regions_and_restore(table)


def _table_status(table: AwsDict) -> Iterator[str]:
    if table.get("TableStatus") in MOVING:
        yield f"table: {table.get('TableStatus')}"


def _regions_and_restore(table: AwsDict) -> Iterator[str]:
    for member, kind, status in _REGIONAL:
        moving = [each for each in elements(table, member) if each.get(status) in MOVING]
        yield from (f"{kind} {each.get('RegionName')}: {each.get(status)}" for each in moving)
    if cast("AwsDict", table.get("RestoreSummary") or {}).get("RestoreInProgress"):
        yield "restore: in progress"


def part_transitions(snapshot: Snapshot, part: Part) -> Iterator[str]:
    """Yield the transitions of PART that block its changes."""
    row = ROWS.get(part)
    value = snapshot.parts.get(part)
    if row is None or row.status is None or value is None:
        return
    for holder in cast("list[AwsDict]", value if isinstance(value, list) else [value]):
        structure = cast("AwsDict", holder.get(row.status.holder) or {}) if row.status.holder else holder
        status = structure.get(row.status.member)
        if status in MOVING:
            label = f" {holder.get(row.status.label)}" if row.status.label else ""
            yield f"{row.status.name}{label}: {status}"


def index_words(index: AwsDict) -> str:
    """Return an index and its status, in words."""
    backfilling = ", backfilling" if index.get("Backfilling") else ""
    return f"index {index.get('IndexName')}: {index.get('IndexStatus')}{backfilling}"


def indexes(table: AwsDict) -> list[AwsDict]:
    """Return the global secondary indexes and vector indexes of a description."""
    return [index for member in INDEX_LISTS for index in elements(table, member)]


def elements(table: Mapping[str, object], member: str) -> list[AwsDict]:
    """Return the elements of the list MEMBER of a description, empty if it is absent."""
    return cast("list[AwsDict]", table.get(member) or [])


def _warming(holder: AwsDict, what: str) -> Iterator[str]:
    status = _status(holder, "WarmThroughput")
    if status in MOVING:
        yield f"{what}: warm throughput {status}"


def _status(holder: AwsDict, member: str) -> str:
    return str(cast("AwsDict", holder.get(member) or {}).get("Status", ""))
