"""Members of specs that an endpoint ignores: it accepts a change of them and does not store it.

AWS ignores none. Of another endpoint the service learns them when the table shows no change after a call, or
when the endpoint refuses the call.
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
# The members of UpdateTable that an endpoint may ignore, each with the member of a spec.
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


def without_ignored(to: TableState, at: TableState, ignored: Collection[str]) -> TableState:
    """The target TO with the values of AT for IGNORED members, such as `TableClass`."""
    paths: list[AwsValue] = [{"Path": path} for member in sorted(ignored) for path in _paths(member, to)]
    return Unmanaged({"Unmanaged": paths}).kept(to, at) if paths else to


def ignored_members(live: Snapshot) -> frozenset[str]:
    """The members that the endpoint of LIVE ignores, as far as is known from its calls and from LIVE."""
    recovery = structure(live.structure(Part.CONTINUOUS_BACKUPS), "PointInTimeRecoveryDescription")
    # AWS always shows the period.
    hidden = recovery.get("PointInTimeRecoveryStatus") == "ENABLED" and "RecoveryPeriodInDays" not in recovery
    return live.ignored_members | {RECOVERY_PERIOD} if hidden else live.ignored_members


def is_ignored(ignored: Collection[str], path: str) -> bool:
    """Whether the member at PATH of a plan's change is one of IGNORED."""
    return member_of(path) in ignored


def member_of(path: str) -> str:
    """The member of a spec that a change at PATH changes, without the name of the index."""
    member, _, rest = path.partition("[")
    below = rest.rpartition("].")[2] if "]." in rest else ""
    return f"{member}.{below}" if below else member


def ignored_by_creation(params: Mapping[str, AwsValue], paths: Collection[str]) -> frozenset[str]:
    """The members of the CreateTable call PARAMS that the endpoint ignored: those at PATHS, which differ."""
    found = {member_of(path) for path in paths}
    of_table = {member for member in _OF_UPDATE.values() if member in params}
    of_indexes = {
        f"{_INDEXES}.{member}"
        for index in elements(params, _INDEXES)
        for member in _OF_INDEX
        if member in index
    }
    return frozenset(found & (of_table | of_indexes))


def members_of_update(params: Mapping[str, AwsValue]) -> frozenset[str]:
    """The members that the UpdateTable call PARAMS changes; empty if it changes one that is never ignored."""
    found = set(_members_of_update(params))
    return frozenset() if "" in found else frozenset(found)


def _members_of_update(params: Mapping[str, AwsValue]) -> Iterator[str]:
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
