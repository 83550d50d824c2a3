"""What of a table is in transition, in words: whoever changes or waits for the table waits for that. No I/O.

TableStatus ACTIVE says little: indexes are built, encryption changed, warm throughput raised and replicas
added beside it. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
"""

from collections.abc import Iterator, Mapping
from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.snapshot import Snapshot

INDEX_LISTS = ("GlobalSecondaryIndexes", "VectorIndexes")

# Statuses that end by themselves. All others but ACTIVE last until somebody does something.
MOVING = frozenset({"CREATING", "UPDATING", "DELETING", "ENABLING", "DISABLING", "ARCHIVING"})
# Statuses of a table in which no change is possible until somebody helps the table.
_STUCK = frozenset({"ARCHIVED", "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "REPLICATION_NOT_AUTHORIZED"})

# Statuses of a setting that is off, or is being switched off; "" is that of a setting that is not shown.
_OFF = frozenset({"", "DISABLED", "DISABLING", "ENABLE_FAILED", "FAILED"})

_REGIONAL = (
    ("Replicas", "replica", "ReplicaStatus"),
    ("GlobalTableWitnesses", "witness", "WitnessStatus"),
)


def transitions(snapshot: Snapshot) -> list[str]:
    """What of the table and of its parts that were read is in transition; empty when all is settled."""
    parts = (each for part in snapshot.parts for each in part_transitions(snapshot, part))
    return [*table_transitions(snapshot), *parts]


def is_on(holder: AwsDict, member: str) -> bool:
    """Whether the setting, whose status is MEMBER of HOLDER, is on or is being switched on."""
    return str(holder.get(member) or "") not in _OFF


def stuck(snapshot: Snapshot) -> str:
    """Why nothing can be done about the table until somebody helps it; "" where that is not so."""
    status = str((snapshot.description or {}).get("TableStatus", ""))
    return f"the table is {status}: no change is possible" if status in _STUCK else ""


def table_transitions(snapshot: Snapshot) -> Iterator[str]:
    """What keeps UpdateTable from being accepted."""
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
    """What keeps the operations of parts from being accepted."""
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
    """What keeps the operations of PART from being accepted, beside the table."""
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
    """An index and its status."""
    backfilling = ", backfilling" if index.get("Backfilling") else ""
    return f"index {index.get('IndexName')}: {index.get('IndexStatus')}{backfilling}"


def indexes(table: AwsDict) -> list[AwsDict]:
    """The global secondary and vector indexes of a description."""
    return [index for member in INDEX_LISTS for index in elements(table, member)]


def elements(table: Mapping[str, object], member: str) -> list[AwsDict]:
    """The elements of a list of a description, empty where it is absent."""
    return cast("list[AwsDict]", table.get(member) or [])


def _warming(holder: AwsDict, what: str) -> Iterator[str]:
    status = _status(holder, "WarmThroughput")
    if status in MOVING:
        yield f"{what}: warm throughput {status}"


def _status(holder: AwsDict, member: str) -> str:
    return str(cast("AwsDict", holder.get(member) or {}).get("Status", ""))
