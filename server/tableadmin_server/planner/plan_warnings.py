"""The warnings of a plan: the quotas that it uses, and the settings of the spec that it does not apply."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, number, structure, text
from tableadmin_server.planner.changes import Change, differences
from tableadmin_server.planner.state.index import SomeUnits, Units, throughput_of
from tableadmin_server.planner.state.key import Same
from tableadmin_server.planner.state.live import AutoScaled, auto_scaled
from tableadmin_server.planner.state.table_state import PROVISIONED, TableState
from tableadmin_server.planner.state.target import compared_key, compared_replica_key, raised_throughput
from tableadmin_server.planner.state.unmanaged import Unmanaged
from tableadmin_server.tables.snapshot import Snapshot

# Decreases of throughput that AWS allows on one UTC day; after them AWS allows one an hour.
_DECREASES = 4
_HOUR = timedelta(hours=1)

# The warning for a change of a member, by the path of the change.
_BY_PATH = {
    "TableClass": "AWS allows 2 changes of the table class in 30 days",
    "SSESpecification": "AWS allows 4 changes of encryption in 24 hours",
    "BillingMode": "AWS allows 4 switches to on-demand capacity in 24 hours",
}
_EXPIRES = "DynamoDB deletes the items whose attribute is a time in the past"
_AUTO_SCALING = (
    "a table with replicas needs auto scaling of its write capacity; this plan does not set that up"
)

_LOST = "the source has this setting; AWS does not restore the setting, and the spec does not put it back"
_LOST_SCALING = "Application Auto Scaling manages capacity of the source; set it up again for the new table"


@dataclass(frozen=True)
class PlanWarning:
    """A line that the user should read before the plan is applied.

    `path` is the member of the spec, in AWS member names, "" for the whole table. `uncertain` says that the
    plan can't tell whether the table is as the spec says.
    """

    path: str
    description: str
    uncertain: bool = False


def quota_warnings(
    changes: Iterable[Change], at: TableState, to: TableState, live: Snapshot, now: datetime
) -> Iterator[PlanWarning]:
    """What the change from AT to TO uses of AWS's quotas at the time NOW, and its side effects."""
    for change in changes:
        if change.path in _BY_PATH and not change.skipped:
            yield PlanWarning(change.path, _BY_PATH[change.path])
    if to.time_to_live is not None and at.time_to_live != to.time_to_live:
        yield PlanWarning("TimeToLiveSpecification", _EXPIRES)
    if to.replicas and to.billing_mode == PROVISIONED and at.replicas != to.replicas:
        yield PlanWarning("Replicas", _AUTO_SCALING)
    table = live.description or {}
    if at.billing_mode == to.billing_mode == PROVISIONED:
        yield from _decrease("", table, at.throughput, to.throughput, now)
        for index in elements(table, "GlobalSecondaryIndexes"):
            name = text(index, "IndexName")
            if name in at.indexes and name in to.indexes:
                path = f"GlobalSecondaryIndexes[{name}]."
                yield from _decrease(path, index, throughput_of(index), to.indexes[name].throughput, now)


def lost_settings(
    source: Snapshot, settings: TableState, restored: TableState, to: TableState
) -> Iterator[PlanWarning]:
    """What SOURCE has by its SETTINGS that neither AWS puts back, as in RESTORED, nor the spec, as in TO."""
    put_back = {change.path for change in differences(restored, to)}
    for change in differences(restored, settings):
        if change.path not in put_back and not change.path.endswith("WarmThroughput"):
            yield PlanWarning(change.path, _LOST)
    if auto_scaled(source):
        yield PlanWarning("ProvisionedThroughput", _LOST_SCALING)


def unchanged_warnings(
    desired: TableState, at: TableState, live: Snapshot, unmanaged: Unmanaged
) -> Iterator[PlanWarning]:
    """The settings of DESIRED, but for the UNMANAGED, that stay as they are in AT, and the reason."""
    desired = unmanaged.kept(desired, at)
    yield from _warm_warnings("", desired.warm, at.warm)
    for name, index in desired.indexes.items():
        if name in at.indexes and index.same_definition(at.indexes[name]):
            yield from _warm_warnings(f"GlobalSecondaryIndexes[{name}].", index.warm, at.indexes[name].warm)
    if compared_key(desired, at, live) is Same.UNKNOWN:
        yield PlanWarning(
            "SSESpecification.KMSMasterKeyId",
            _unknown_key(desired.encryption or "", at.encryption or ""),
            uncertain=True,
        )
    for name, scaled in auto_scaled(live).items():
        yield from _scaled_warnings(name, scaled, unmanaged)
    for region, replica in desired.replicas.items():
        now = at.replicas.get(region, {})
        path = f"Replicas[{region}].KMSMasterKeyId"
        if compared_replica_key(region, replica, now, live) is Same.UNKNOWN:
            yield PlanWarning(
                path,
                _unknown_key(text(replica, "KMSMasterKeyId"), text(now, "KMSMasterKeyId")),
                uncertain=True,
            )
        for member in sorted(now.keys() - replica.keys() - {"TableClassOverride", "KMSMasterKeyId"}):
            yield PlanWarning(
                f"Replicas[{region}].{member}", "AWS can't remove an override; the override stays"
            )


def _unknown_key(wanted: str, live: str) -> str:
    what = "an alias" if wanted else "a key that AWS manages"
    return (
        f"{what} can't be compared with the key in use, {live or 'which the endpoint does not show'}, so the "
        "plan leaves the key as it is; to compare or to change the key, give its ARN"
    )


def _scaled_warnings(index: str, scaled: AutoScaled, unmanaged: Unmanaged) -> Iterator[PlanWarning]:
    """What auto scaling manages of a table or INDEX and the spec says nothing about."""
    member, prefix = ("GlobalSecondaryIndexes", f"GlobalSecondaryIndexes[{index}].") if index else ("", "")
    for units, bounds in scaled.bounds.items():
        below = f"ProvisionedThroughput.{units}" if member else units
        if not unmanaged.has(member or "ProvisionedThroughput", index, below):
            yield PlanWarning(
                f"{prefix}ProvisionedThroughput.{units}",
                f"Application Auto Scaling manages this capacity{bounds.in_words}; "
                "the plan does not change it",
            )


def _decrease(
    prefix: str, holder: AwsDict, before: Units | None, after: Units | None, now: datetime
) -> Iterator[PlanWarning]:
    if before is None or after is None or (after[0] >= before[0] and after[1] >= before[1]):
        return
    throughput = structure(holder, "ProvisionedThroughput")
    last = cast("datetime | None", throughput.get("LastDecreaseDateTime"))
    today = last is not None and last.astimezone(UTC).date() == now.astimezone(UTC).date()
    used = (number(throughput, "NumberOfDecreasesToday") or 0) if today or last is None else 0
    yield PlanWarning(f"{prefix}ProvisionedThroughput", _left(used, last, now))


def _left(used: int, last: datetime | None, now: datetime) -> str:
    if used < _DECREASES:
        return f"decreases: {_DECREASES - used} of {_DECREASES} are left on this UTC day, then one an hour"
    if last is not None and now - last < _HOUR:
        return f"decreases: none is left before {(last + _HOUR).astimezone(UTC):%H:%M} UTC"
    return f"decreases: the {_DECREASES} of this UTC day are used up, so one an hour is possible"


def _warm_warnings(prefix: str, desired: SomeUnits, now: SomeUnits) -> Iterator[PlanWarning]:
    if raised_throughput(desired, now) != tuple(
        is_ if wanted is None else wanted for wanted, is_ in zip(desired, now, strict=True)
    ):
        yield PlanWarning(
            f"{prefix}WarmThroughput", "AWS can't lower warm throughput; the higher value stays"
        )
