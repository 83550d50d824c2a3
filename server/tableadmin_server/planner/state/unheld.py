"""Members that an endpoint does not hold: which they are, and targets without them.

AWS holds all members. What another endpoint does not hold is learned from what it shows after a change, or
from the refusal of a change.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.aws import elements, structure
from tableadmin_server.planner.state.table_state import TableState
from tableadmin_server.planner.state.unmanaged import MEMBERS, Unmanaged
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot

RECOVERY_PERIOD = "PointInTimeRecoverySpecification.RecoveryPeriodInDays"
# The members of UpdateTable that an endpoint may not hold, with the members of a spec.
_OF_UPDATE = {
    member: member
    for member in (
        "OnDemandThroughput",
        "WarmThroughput",
        "StreamSpecification",
        "SSESpecification",
        "TableClass",
        "DeletionProtectionEnabled",
    )
} | {"ReplicaUpdates": "Replicas"}
_OF_INDEX = ("OnDemandThroughput", "WarmThroughput")
_INDEXES = "GlobalSecondaryIndexes"


def held(to: TableState, at: TableState, unheld: Collection[str]) -> TableState:
    """The target TO with the values of AT for UNHELD, such as `GlobalSecondaryIndexes.WarmThroughput`."""
    paths: list[AwsValue] = [{"Path": path} for member in sorted(unheld) for path in _paths(member, to)]
    return Unmanaged({"Unmanaged": paths}).kept(to, at) if paths else to


def unheld_by(live: Snapshot) -> frozenset[str]:
    """What the endpoint of LIVE is known not to hold, by what was learned and by what LIVE does not show."""
    recovery = structure(live.structure(Part.CONTINUOUS_BACKUPS), "PointInTimeRecoveryDescription")
    # AWS always shows the period.
    hidden = recovery.get("PointInTimeRecoveryStatus") == "ENABLED" and "RecoveryPeriodInDays" not in recovery
    return live.unheld | {RECOVERY_PERIOD} if hidden else live.unheld


def has(unheld: Collection[str], path: str) -> bool:
    """Whether the member at PATH of a plan's change is one of UNHELD."""
    return member_of(path) in unheld


def member_of(path: str) -> str:
    """The member that a change at PATH is of, without the name of the index."""
    member, _, rest = path.partition("[")
    below = rest.rpartition("].")[2] if "]." in rest else ""
    return f"{member}.{below}" if below else member


def in_creation(params: Mapping[str, AwsValue], paths: Collection[str]) -> frozenset[str]:
    """The members of the CreateTable call PARAMS that the endpoint did not take over: PATHS still differ."""
    found = {member_of(path) for path in paths}
    of_table = {member for member in _OF_UPDATE.values() if member in params}
    of_indexes = {
        f"{_INDEXES}.{member}"
        for index in elements(params, _INDEXES)
        for member in _OF_INDEX
        if member in index
    }
    return frozenset(found & (of_table | of_indexes))


def in_update(params: Mapping[str, AwsValue]) -> frozenset[str]:
    """The members of a spec that the UpdateTable call PARAMS changes; empty where it changes others too."""
    found = set(_in_update(params))
    return frozenset() if "" in found else frozenset(found)


def _in_update(params: Mapping[str, AwsValue]) -> Iterator[str]:
    for member in params.keys() - {"TableName"}:
        if member != "GlobalSecondaryIndexUpdates":
            yield _OF_UPDATE.get(member, "")
            continue
        for update in elements(params, member):
            changed = cast("AwsDict", update.get("Update") or {"": None}).keys() - {"IndexName"}
            yield from (f"{_INDEXES}.{each}" if each in _OF_INDEX else "" for each in changed)


def _paths(member: str, to: TableState) -> Iterator[str]:
    holder, _, below = member.partition(".")
    if holder == _INDEXES:
        yield from (f"{holder}[{name}].{below}" for name in to.indexes)
    elif holder in MEMBERS:
        yield member
