"""What a table's cost depends on beside its settings: how many requests there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

HOURS = Decimal(730)
"""The hours of a month, as in AWS's pricing calculator."""

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


@dataclass(frozen=True)
class Usage:
    """The requests of tables and indexes, and the HOURS of the month.

    READS and WRITES are request units. STREAM_READS are GetRecords calls that AWS charges: neither those of
    Lambda nor those of replication. STORAGE is the size in bytes of tables and indexes that
    don't exist yet.
    """

    reads: Rates = Rates()
    writes: Rates = Rates()
    stream_reads: Rates = Rates()
    storage: Rates = Rates()
    hours: Decimal = HOURS
