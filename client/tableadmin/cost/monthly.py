"""What a table costs a month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tableadmin.cost.lines import NOT_KNOWN, Line, PricedResource, Quantity, exact_amount
from tableadmin.cost.prices import Price, Prices
from tableadmin.cost.usage import Kind, Usage
from tableadmin.v1 import (
    BilledCapacity,
    BilledIndex,
    BilledReplica,
    BilledTable,
    BillingMode,
    CapacityBounds,
    TableClass,
)

GIGABYTE = Decimal(2**30)
# What AWS adds to the size of each item of a table or index in bytes. DescribeTable does not include it.
ITEM_OVERHEAD = 100
_NO_SIZE = "give --storage"


def monthly_cost(name: str, table: BilledTable, usage: Usage, prices: Prices) -> Sequence[Line]:
    """What TABLE, whose name is NAME, costs a month in all its regions."""
    return list(_Table(name, table, usage, prices).lines())


def size_of(sized: BilledTable | BilledIndex) -> Decimal | None:
    """The bytes of SIZED that AWS charges; None where the size is not known."""
    if not sized.HasField("size_bytes"):
        return None
    return Decimal(sized.size_bytes + ITEM_OVERHEAD * sized.item_count)


def is_infrequent(table: BilledTable, replica: BilledReplica | None = None) -> bool:
    """Whether TABLE is of the class Standard-IA, in the region of REPLICA if there is one."""
    overridden = replica is not None and replica.HasField("table_class")
    found = replica.table_class if replica is not None and overridden else table.table_class
    return found == TableClass.TABLE_CLASS_STANDARD_INFREQUENT_ACCESS


class _Table:
    """The lines of one table."""

    def __init__(self, name: str, table: BilledTable, usage: Usage, prices: Prices) -> None:
        self._name = name
        self._table = table
        self._usage = usage
        self._prices = prices
        self._on_demand = table.billing_mode == BillingMode.BILLING_MODE_PAY_PER_REQUEST

    def lines(self) -> Iterator[Line]:
        """The lines of the table in its own region, and then of its replicas."""
        yield from self._in_region(None)
        yield from self._features()
        for replica in self._table.replicas:
            yield from self._in_region(replica)

    def _in_region(self, replica: BilledReplica | None) -> Iterator[Line]:
        table, infrequent = self._table, is_infrequent(self._table, replica)
        region = replica.region_name if replica else table.region
        resource = PricedResource(self._prices, region, infrequent=infrequent)
        reads = replica.read_units if replica is not None and replica.HasField("read_units") else None
        yield from self._throughput(resource, table.capacity, reads)
        yield self._storage(resource, self._size(table))
        for index in table.indexes:
            at = PricedResource(self._prices, region, index.index_name, infrequent)
            if not index.is_local:
                override = replica.index_read_units.get(index.index_name) if replica else None
                yield from self._throughput(at, index.capacity, override)
            yield self._storage(at, self._size(index, index.index_name))

    def _throughput(
        self, resource: PricedResource, capacity: BilledCapacity, reads: int | None
    ) -> Iterator[Line]:
        # AWS charges writes of indexes of a global table as those of any table.
        replicated = bool(self._table.replicas) and not resource.index
        if self._on_demand:
            yield from self._requests(resource, replicated=replicated)
            return
        hours, missing = self._usage.hours, "the upper bound of auto scaling is not known"
        read = exact_amount(reads) if reads is not None else units(capacity.read_units, capacity.read_bounds)
        write = units(capacity.write_units, capacity.write_bounds)
        price = Price.REPLICATED_WRITE_CAPACITY if replicated else Price.WRITE_CAPACITY
        what = "provisioned replicated writes" if replicated else "provisioned writes"
        yield resource.line(
            "provisioned reads", read, "RCU", Price.READ_CAPACITY, factor=hours, missing=missing
        )
        yield resource.line(what, write, "WCU", price, factor=hours, missing=missing)

    def _requests(self, resource: PricedResource, *, replicated: bool) -> Iterator[Line]:
        price = Price.REPLICATED_WRITE_REQUEST if replicated else Price.WRITE_REQUEST
        what = "on-demand replicated writes" if replicated else "on-demand writes"
        yield self._requested(resource, "reads", "on-demand reads", "RRU", Price.READ_REQUEST)
        yield self._requested(resource, "writes", what, "WRU", price)

    def _requested(
        self, resource: PricedResource, kind: Kind, what: str, unit: str, price: Price, times: int = 1
    ) -> Line:
        """The line WHAT of the requests of KIND, each of which is charged so many TIMES."""
        units, note = self._usage.requests(kind, self._name, resource.index, resource.region)
        return resource.line(what, exact_amount(units).times(times), unit, price, missing=note, source=note)

    def _storage(self, resource: PricedResource, size: Quantity) -> Line:
        return resource.line("storage", size, "GB", Price.STORAGE, missing=_NO_SIZE)

    def _size(self, sized: BilledTable | BilledIndex, index: str = "") -> Quantity:
        size = size_of(sized)
        if size is None:
            size = self._usage.storage.of(self._name, index)
        if size is not None:
            return exact_amount(size / GIGABYTE)
        whole = size_of(self._table)
        if whole is None:
            whole = self._usage.storage.of(self._name)
        if not index or whole is None:
            return NOT_KNOWN
        # An index that is not built yet gets at most the items of the table, none larger than in the table.
        return Quantity(Decimal(0), whole / GIGABYTE)

    def _features(self) -> Iterator[Line]:
        table, resource = self._table, PricedResource(self._prices, self._table.region)
        if table.point_in_time_recovery_enabled:
            yield resource.line(
                "point-in-time recovery", self._recoverable(), "GB", Price.RECOVERY, missing=_NO_SIZE
            )
        if table.stream_enabled:
            calls = exact_amount(self._usage.stream_reads.of(self._name))
            yield resource.line(
                "reads of the stream", calls, "calls", Price.STREAM_READ, missing="give --stream-reads"
            )
        if table.kinesis_streams:
            captured = "Kinesis change data"
            yield self._requested(
                resource, "writes", captured, "units", Price.CHANGE_CAPTURE, table.kinesis_streams
            )
        if table.vector_indexes:
            count = exact_amount(table.vector_indexes)
            yield resource.unpriced(
                "vector indexes", count, "indexes", "prices of vector indexes are not known"
            )

    def _recoverable(self) -> Quantity:
        """The size of the table and its local indexes, which recovery protects."""
        sizes = [
            self._size(self._table),
            *(self._size(each, each.index_name) for each in self._table.indexes if each.is_local),
        ]
        return Quantity(_sum(each.low for each in sizes), _sum(each.high for each in sizes))


def units(now: int, bounds: CapacityBounds) -> Quantity:
    """The capacity NOW, or what BOUNDS of auto scaling allow where there are any."""
    if not bounds.ListFields():
        return exact_amount(now)
    low = Decimal(bounds.minimum) if bounds.HasField("minimum") else Decimal(0)
    return Quantity(low, Decimal(bounds.maximum) if bounds.HasField("maximum") else None)


def _sum(values: Iterator[Decimal | None]) -> Decimal | None:
    found = list(values)
    return None if None in found else sum((each for each in found if each is not None), start=Decimal(0))
