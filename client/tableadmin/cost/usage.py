"""What a table's cost depends on beside its settings: how many requests there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from tableadmin.v1 import ConsumedIndexCapacity, ConsumedTableCapacity, GetConsumedCapacityResponse

HOURS = Decimal(730)
"""The hours of a month, as in AWS's pricing calculator."""

SECONDS = HOURS * 3600
"""The seconds of a month."""

Kind: TypeAlias = Literal["reads", "writes"]

_NONE: Mapping[str, Decimal] = MappingProxyType({})


@dataclass(frozen=True)
class Rates:
    """Units a month by resource: TABLE, TABLE/INDEX, or "" for each table that has no rate of its own."""

    by_resource: Mapping[str, Decimal] = field(default_factory=lambda: _NONE)

    def of(self, table: str, index: str = "") -> Decimal | None:
        """The units a month of TABLE, or of its INDEX; None where they are not known."""
        if index:
            return self.by_resource.get(f"{table}/{index}")
        return self.by_resource.get(table, self.by_resource.get(""))


class Requests(NamedTuple):
    """Request UNITS a month, and where they are from; or None, and why they are not known."""

    units: Decimal | None
    note: str


@dataclass(frozen=True)
class Consumed:
    """What tables consumed in REGION, by name, as CloudWatch counted. PROBLEM says why nothing is known."""

    tables: Mapping[str, ConsumedTableCapacity] = field(default_factory=dict)
    region: str = ""
    problem: str = ""

    @classmethod
    def of(cls, response: GetConsumedCapacityResponse) -> Consumed:
        """What is in RESPONSE, of `Client.get_consumed_capacity`."""
        return cls({each.table_name: each for each in response.tables}, response.region)

    def requests(self, kind: Kind, table: str, index: str, region: str) -> Requests:
        """The requests of KIND of TABLE, or of its INDEX, in REGION: the average of a second, for a month."""
        if self.problem:
            return Requests(None, self.problem)
        found = self.tables.get(table)
        if found is None:
            return Requests(None, "the table does not exist yet")
        if found.HasField("error"):
            return Requests(None, _ERRORS.get(found.error.reason, found.error.message))
        if region != self.region:
            return Requests(None, f"CloudWatch of {region} is not read")
        return _of(kind, found, index)


_ERRORS = {"TABLE_TOO_NEW": "the table is too new", "TABLE_NOT_FOUND": "the table does not exist yet"}


def _of(kind: Kind, table: ConsumedTableCapacity, index: str) -> Requests:
    resource: ConsumedTableCapacity | ConsumedIndexCapacity | None = table
    if index:
        resource = next((each for each in table.indexes if each.index_name == index), None)
    if resource is None:
        return Requests(None, "the index does not exist yet")
    if not resource.HasField(kind):
        return Requests(None, "CloudWatch has no data")
    units = resource.reads if kind == "reads" else resource.writes
    since = table.start_time.ToDatetime().date()
    return Requests(Decimal(units.average_per_second) * SECONDS, f"as in CloudWatch since {since}")


@dataclass(frozen=True)
class Usage:
    """The requests of tables and indexes, and the HOURS of the month.

    READS and WRITES are request units. STREAM_READS are GetRecords calls that AWS charges: neither those of
    Lambda nor those of replication. STORAGE is the size in bytes of tables and indexes that
    don't exist yet. CONSUMED is used where READS and WRITES have no rate.
    """

    reads: Rates = Rates()
    writes: Rates = Rates()
    stream_reads: Rates = Rates()
    storage: Rates = Rates()
    hours: Decimal = HOURS
    consumed: Consumed | None = None

    def requests(self, kind: Kind, table: str, index: str, region: str) -> Requests:
        """The request units of KIND of TABLE, or of its INDEX, in REGION."""
        given = (self.reads if kind == "reads" else self.writes).of(table, index)
        if given is not None:
            return Requests(given, "")
        if self.consumed is None:
            return Requests(None, f"give --{kind}")
        found = self.consumed.requests(kind, table, index, region)
        return found if found.units is not None else Requests(None, f"{found.note}; give --{kind}")
