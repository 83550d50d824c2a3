"""Warnings about what AWS lets a table do only so often: such a plan may be refused half-way."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

from tableadmin.awsshape import AwsDict
from tableadmin_server.planner.aws import elements, number, structure, text
from tableadmin_server.planner.caution import Caution
from tableadmin_server.planner.changes import Change
from tableadmin_server.planner.index import Units, throughput_of
from tableadmin_server.planner.live import Live
from tableadmin_server.planner.state import PROVISIONED, TableState

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


def budget_cautions(
    changes: Iterable[Change], at: TableState, to: TableState, live: Live, now: datetime
) -> Iterator[Caution]:
    """What the change from AT to TO may run into at the moment NOW."""
    for change in changes:
        if change.path in _BY_PATH and not change.skipped:
            yield Caution(change.path, _BY_PATH[change.path])
    if to.time_to_live is not None and at.time_to_live != to.time_to_live:
        yield Caution("TimeToLiveSpecification", _EXPIRES)
    if to.replicas and to.billing_mode == PROVISIONED and at.replicas != to.replicas:
        yield Caution("Replicas", _AUTO_SCALING)
    table = live.description or {}
    if at.billing_mode == to.billing_mode == PROVISIONED:
        yield from _decrease("", table, at.throughput, to.throughput, now)
        for index in elements(table, "GlobalSecondaryIndexes"):
            name = text(index, "IndexName")
            if name in at.indexes and name in to.indexes:
                path = f"GlobalSecondaryIndexes[{name}]."
                yield from _decrease(path, index, throughput_of(index), to.indexes[name].throughput, now)


def _decrease(
    prefix: str, holder: AwsDict, before: Units | None, after: Units | None, now: datetime
) -> Iterator[Caution]:
    if before is None or after is None or (after[0] >= before[0] and after[1] >= before[1]):
        return
    throughput = structure(holder, "ProvisionedThroughput")
    last = cast("datetime | None", throughput.get("LastDecreaseDateTime"))
    today = last is not None and last.astimezone(UTC).date() == now.astimezone(UTC).date()
    used = (number(throughput, "NumberOfDecreasesToday") or 0) if today or last is None else 0
    yield Caution(f"{prefix}ProvisionedThroughput", _left(used, last, now))


def _left(used: int, last: datetime | None, now: datetime) -> str:
    if used < _DECREASES:
        return f"a decrease: {_DECREASES - used} of {_DECREASES} are left on this UTC day, then one an hour"
    if last is not None and now - last < _HOUR:
        return f"a decrease: none is left before {(last + _HOUR).astimezone(UTC):%H:%M} UTC"
    return f"a decrease: the {_DECREASES} of this UTC day are used up, so one an hour is possible"
