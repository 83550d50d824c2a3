"""Reads what tables consumed: tables and indexes from the endpoint, units from CloudWatch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.concurrency import as_ready
from tableadmin_server.consumption.window import Window, window
from tableadmin_server.dynamodb.cloudwatch import Metric, Sums
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure, table_not_found
from tableadmin_server.tables.reading import background_reader

_READS, _WRITES = "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"


@dataclass(frozen=True)
class Units:
    """Request units a second: on average, and in the busiest period."""

    average: float
    peak: float


@dataclass(frozen=True)
class Consumed:
    """What a table or index consumed. None is not known."""

    reads: Units | None
    writes: Units | None


@dataclass(frozen=True)
class ConsumedTable:
    """What the table consumed since START, and each of its INDEXES by name."""

    start: datetime
    table: Consumed
    indexes: Mapping[str, Consumed]


@dataclass(frozen=True)
class Consumption:
    """What tables consumed in the WINDOW, by name. A Failure is why that is not known."""

    window: Window
    tables: Mapping[str, ConsumedTable | Failure]


@dataclass(frozen=True)
class _Described:
    """A table that exists: its NAME, its time of CREATION if that is known, and its INDEXES."""

    name: str
    creation: datetime | None
    indexes: Sequence[str]

    def metrics(self) -> list[Metric]:
        """The metrics of the table and of its indexes."""
        return [Metric(what, self.name, index) for index in ("", *self.indexes) for what in (_READS, _WRITES)]


async def consumption(
    endpoint: Endpoint, names: Sequence[str], length: timedelta, now: datetime
) -> Consumption:
    """Return what the tables NAMES of ENDPOINT consumed in the LENGTH of time before NOW. Raises Failure."""
    endpoint.cloudwatch.check()
    time = window(now, length)
    found = dict([each async for each in as_ready(names, partial(_described, endpoint))])
    tables = {name: found[name] for name in names}
    metrics = [
        metric for each in tables.values() if isinstance(each, _Described) for metric in each.metrics()
    ]
    sums = await endpoint.cloudwatch.sums(metrics, time.start, time.end, time.period)
    # DynamoDB of AWS sends nothing to CloudWatch of a table without requests. Engines send nothing at all.
    idle = Units(0, 0) if endpoint.is_aws and endpoint.cloudwatch.is_aws else None
    return Consumption(time, {name: _consumed(each, time, sums, idle) for name, each in tables.items()})


async def _described(endpoint: Endpoint, name: str) -> tuple[str, _Described | Failure]:
    """NAME, and the table of this name."""
    try:
        description = await background_reader(endpoint).description(name)
    except Failure as failure:
        return name, failure
    if description is None:
        return name, table_not_found(name)
    creation = cast("datetime | None", description.get("CreationDateTime"))
    indexes = cast("list[AwsDict]", description.get("GlobalSecondaryIndexes") or [])
    # The request may name the table by its ARN.
    return name, _Described(
        str(description.get("TableName", name)), creation, [str(each["IndexName"]) for each in indexes]
    )


def _consumed(
    table: _Described | Failure, time: Window, sums: Mapping[Metric, Sums | None], idle: Units | None
) -> ConsumedTable | Failure:
    """What TABLE consumed by SUMS. IDLE is what an index or table without data consumed."""
    if isinstance(table, Failure):
        return table
    if time.seconds(table.creation) < time.period:
        minutes = time.period // 60
        text = f"the table is too new for periods of {minutes} minutes; a shorter window has shorter periods"
        return Failure(Code.FAILED_PRECONDITION, text, reason="TABLE_TOO_NEW")

    def units(what: str, index: str) -> Units | None:
        found = sums[Metric(what, table.name, index)]
        if found is None:
            return None
        counted = time.counted(found, table.creation)
        if not counted:
            return idle
        return Units(sum(counted) / time.seconds(table.creation), max(counted) / time.period)

    def both(index: str) -> Consumed:
        return Consumed(units(_READS, index), units(_WRITES, index))

    return ConsumedTable(
        time.since(table.creation), both(""), {index: both(index) for index in table.indexes}
    )
