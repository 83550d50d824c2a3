"""Warnings of a plan: what AWS allows only so often, and what of the spec is left as it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, number, structure, text
from tableadmin_server.planner.changes import Change
from tableadmin_server.planner.state.index import SomeUnits, Units, throughput_of
from tableadmin_server.planner.state.live import Live
from tableadmin_server.planner.state.table_state import PROVISIONED, TableState
from tableadmin_server.planner.state.target import is_alias, raised

# Decreases of throughput on one UTC day; then one an hour.
_DECREASES = 4
_HOUR = timedelta(hours=1)

# What to know about a change of a member, by its path.
_BY_PATH = {
    "TableClass": "a table class changes twice in 30 days at most",
    "SSESpecification": "encryption changes 4 times in 24 hours at most",
    "BillingMode": "the billing mode may change to on demand up to 4 times in 24 hours",
}
_EXPIRES = "items whose attribute lies in the past are deleted"
_AUTO_SCALING = "with replicas AWS wants write capacity auto-scaled, which this plan does not do"


@dataclass(frozen=True)
class PlanWarning:
    """One line to read before a plan is applied.

    `path` is where in the spec, in AWS member names, and "" for the table as a whole.
    """

    path: str
    description: str


def quota_warnings(
    changes: Iterable[Change], at: TableState, to: TableState, live: Live, now: datetime
) -> Iterator[PlanWarning]:
    """The quotas that the change from AT to TO counts against at the moment NOW, and its side effects."""
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


def unchanged_warnings(desired: TableState, at: TableState, live: Live) -> Iterator[PlanWarning]:
    """What of DESIRED is left as it is in AT, and why."""
    yield from _warm_warnings("", desired.warm, at.warm)
    for name, index in desired.indexes.items():
        if name in at.indexes and index.same_definition(at.indexes[name]):
            yield from _warm_warnings(f"GlobalSecondaryIndexes[{name}].", index.warm, at.indexes[name].warm)
    if desired.encryption and is_alias(desired.encryption) and at.encryption is not None:
        yield PlanWarning(
            "SSESpecification.KMSMasterKeyId",
            "an alias can't be compared with the key in use, so the key is left as it is: name the key's ARN",
        )
    for name in live.auto_scaled:
        prefix = f"GlobalSecondaryIndexes[{name}]." if name else ""
        yield PlanWarning(
            f"{prefix}ProvisionedThroughput", "Application Auto Scaling moves it: left as it is"
        )
    for region, replica in desired.replicas.items():
        kept = at.replicas.get(region, {}).keys() - replica.keys() - {"TableClassOverride", "KMSMasterKeyId"}
        for member in sorted(kept):
            yield PlanWarning(f"Replicas[{region}].{member}", "AWS can't remove an override: left as it is")


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
        return f"a decrease: {_DECREASES - used} of {_DECREASES} are left on this UTC day, then one an hour"
    if last is not None and now - last < _HOUR:
        return f"a decrease: none is left before {(last + _HOUR).astimezone(UTC):%H:%M} UTC"
    return f"a decrease: the {_DECREASES} of this UTC day are used up, so one an hour is possible"


def _warm_warnings(prefix: str, desired: SomeUnits, now: SomeUnits) -> Iterator[PlanWarning]:
    if raised(desired, now) != tuple(
        is_ if wanted is None else wanted for wanted, is_ in zip(desired, now, strict=True)
    ):
        yield PlanWarning(
            f"{prefix}WarmThroughput", "warm throughput never goes down: the higher value stays"
        )
