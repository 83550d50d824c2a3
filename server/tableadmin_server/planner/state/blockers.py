"""What of a live table blocks a call: AWS refuses the call until the change in progress has ended.

TableStatus ACTIVE is not enough: indexes, encryption, warm throughput and replicas have their own statuses.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, structure, text
from tableadmin_server.planner.state.live import Live, Part

# Statuses of a table and of replicas that do not end by themselves.
_STUCK = frozenset({"ARCHIVED", "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "REPLICATION_NOT_AUTHORIZED"})
_STUCK_REPLICAS = _STUCK | {"CREATION_FAILED", "REGION_DISABLED"}

_MOVING = frozenset({"ENABLING", "DISABLING", "UPDATING"})


def stuck(live: Live) -> str:
    """Why AWS accepts no change until somebody repairs the table, "" where AWS accepts changes."""
    status = text(live.description or {}, "TableStatus")
    return f"the table is {status}: no change is possible" if status in _STUCK else ""


def table_blockers(live: Live) -> Iterator[str]:
    """What blocks UpdateTable."""
    table = live.description or {}
    yield from status_blockers(live)
    for index in _indexes(table):
        if index.get("IndexStatus", "ACTIVE") != "ACTIVE":
            backfilling = ", backfilling" if index.get("Backfilling") else ""
            yield f"index {text(index, 'IndexName')}: {text(index, 'IndexStatus')}{backfilling}"
    encryption = text(structure(table, "SSEDescription"), "Status")
    if encryption in _MOVING:
        yield f"encryption: {encryption}"
    yield from _warming(table, "table")
    for index in _indexes(table):
        yield from _warming(index, f"index {text(index, 'IndexName')}")


def status_blockers(live: Live) -> Iterator[str]:
    """What blocks the operations of all parts."""
    table = live.description or {}
    status = text(table, "TableStatus", "ACTIVE")
    if status != "ACTIVE" and status not in _STUCK:
        yield f"table: {status}"
    for member, kind, member_status in _REGIONAL:
        for each in elements(table, member):
            status = text(each, member_status, "ACTIVE")
            if status != "ACTIVE" and status not in _STUCK_REPLICAS:
                yield f"{kind} {text(each, 'RegionName')}: {status}"
    if structure(table, "RestoreSummary").get("RestoreInProgress"):
        yield "restore: in progress"


def part_blockers(live: Live, part: Part) -> Iterator[str]:
    """What blocks the operations of PART, besides `status_blockers`."""
    for what, holder, member in _PARTS.get(part, _nothing)(live):
        status = text(holder, member)
        if status in _MOVING:
            yield f"{what}: {status}"


_Statuses: TypeAlias = tuple[tuple[str, AwsDict, str], ...]


def _nothing(live: Live) -> _Statuses:
    del live
    return ()


def _kinesis(live: Live) -> _Statuses:
    return tuple(
        (f"Kinesis stream {text(each, 'StreamArn')}", each, "DestinationStatus")
        for each in live.kinesis or ()
    )


def _time_to_live(live: Live) -> _Statuses:
    return (("time to live", live.time_to_live or {}, "TimeToLiveStatus"),)


def _insights(live: Live) -> _Statuses:
    return (("Contributor Insights", live.contributor_insights or {}, "ContributorInsightsStatus"),)


def _recovery(live: Live) -> _Statuses:
    recovery = structure(live.continuous_backups or {}, "PointInTimeRecoveryDescription")
    return (("point-in-time recovery", recovery, "PointInTimeRecoveryStatus"),)


_PARTS: Mapping[Part, Callable[[Live], _Statuses]] = {
    Part.KINESIS: _kinesis,
    Part.TIME_TO_LIVE: _time_to_live,
    Part.CONTRIBUTOR_INSIGHTS: _insights,
    Part.CONTINUOUS_BACKUPS: _recovery,
}
_REGIONAL = (
    ("Replicas", "replica", "ReplicaStatus"),
    ("GlobalTableWitnesses", "witness", "WitnessStatus"),
)


def _indexes(table: AwsDict) -> list[AwsDict]:
    return [
        index for member in ("GlobalSecondaryIndexes", "VectorIndexes") for index in elements(table, member)
    ]


def _warming(holder: AwsDict, what: str) -> Iterator[str]:
    status = text(structure(holder, "WarmThroughput"), "Status")
    if status in _MOVING:
        yield f"{what}: warm throughput {status}"
