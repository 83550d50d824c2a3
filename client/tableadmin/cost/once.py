"""What a change of a table costs once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from tableadmin.cost.lines import Line, PricedResource, Quantity, exact_amount
from tableadmin.cost.monthly import GIGABYTE, is_infrequent, size_of
from tableadmin.cost.prices import Price, Prices
from tableadmin.v1 import BilledCapacity, BilledIndex, BilledTable, BillingMode

# The warm throughput of an on-demand table or index that AWS does not charge.
_ON_DEMAND_READS, _ON_DEMAND_WRITES = 12_000, 4_000
# A write request unit covers this many bytes.
_UNIT = 1024


def once(before: BilledTable | None, after: BilledTable, prices: Prices) -> Sequence[Line]:
    """What it costs to bring a table from BEFORE, None for a table that does not exist, to AFTER."""
    return [
        *_restore(after, prices),
        *_warm_up(before, after, prices),
        *(_index_builds(before, after, prices) if before is not None else ()),
        *(_replica_builds(before, after, prices) if before is not None else ()),
    ]


def _restore(after: BilledTable, prices: Prices) -> Iterator[Line]:
    """The restore of a table from a backup or from a point in time."""
    if after.HasField("restored_bytes"):
        size = exact_amount(after.restored_bytes / GIGABYTE)
        yield PricedResource(prices, after.region).line("restore", size, "GB", Price.RESTORE, missing="")


def _warm_up(before: BilledTable | None, after: BilledTable, prices: Prices) -> Iterator[Line]:
    known_indexes = _global(before) if before is not None else {}
    pairs = [
        ("", before.capacity if before is not None else None, after.capacity),
        *(
            (name, known_indexes[name].capacity if name in known_indexes else None, index.capacity)
            for name, index in _global(after).items()
        ),
    ]
    for region in (after.region, *(each.region_name for each in after.replicas)):
        for index, was, wanted in pairs:
            resource = PricedResource(prices, region, index)
            reads, writes = _raised(was or _free(after, wanted), wanted)
            yield from _warm(resource, "warm-up of reads", reads, Price.WARM_READ)
            yield from _warm(resource, "warm-up of writes", writes, Price.WARM_WRITE)


def _warm(resource: PricedResource, what: str, units: int, price: Price) -> Iterator[Line]:
    if units:
        yield resource.line(what, exact_amount(units), "units a second", price, missing="")


def _free(table: BilledTable, wanted: BilledCapacity) -> BilledCapacity:
    """The warm throughput that a new table or index with the capacity WANTED has without a charge."""
    if table.billing_mode == BillingMode.BILLING_MODE_PAY_PER_REQUEST:
        return BilledCapacity(warm_read_units=_ON_DEMAND_READS, warm_write_units=_ON_DEMAND_WRITES)
    return BilledCapacity(warm_read_units=wanted.read_units, warm_write_units=wanted.write_units)


def _raised(was: BilledCapacity, wanted: BilledCapacity) -> tuple[int, int]:
    reads = wanted.warm_read_units - max(was.warm_read_units, wanted.read_units)
    writes = wanted.warm_write_units - max(was.warm_write_units, wanted.write_units)
    return max(0, reads), max(0, writes)


def _index_builds(before: BilledTable, after: BilledTable, prices: Prices) -> Iterator[Line]:
    """The writes that fill each index that BEFORE does not have, of an on-demand table.

    Provisioned capacity of an index is charged by the hour, and its build is not charged beside it.
    """
    if after.billing_mode != BillingMode.BILLING_MODE_PAY_PER_REQUEST:
        return
    for name, index in _global(after).items():
        if index.HasField("size_bytes"):
            continue
        resource = PricedResource(prices, after.region, name, is_infrequent(after))
        yield resource.line(
            "index build",
            _build_units(before),
            "WRU",
            Price.WRITE_REQUEST,
            missing="the size of the table is not known",
        )


def _build_units(table: BilledTable) -> Quantity:
    """The write units that fill an index of TABLE: none if no item has its keys, else one for each KB."""
    if not table.HasField("size_bytes"):
        return Quantity(Decimal(0), None)
    if not table.item_count:
        return exact_amount(0)
    average = -(-table.size_bytes // table.item_count)
    return Quantity(Decimal(0), Decimal(table.item_count * max(1, -(-average // _UNIT))))


def _replica_builds(before: BilledTable, after: BilledTable, prices: Prices) -> Iterator[Line]:
    """The restore of the table in each region that BEFORE does not have, and its transfer there."""
    there = {each.region_name for each in before.replicas}
    sizes = [size_of(before), *(size_of(each) for each in before.indexes)]
    size = None if None in sizes else sum((each for each in sizes if each), start=Decimal(0)) / GIGABYTE
    for replica in after.replicas:
        if replica.region_name not in there:
            resource = PricedResource(prices, replica.region_name)
            missing = "the size of the table is not known"
            yield resource.line(
                "restore of the replica", exact_amount(size), "GB", Price.RESTORE, missing=missing
            )
            yield resource.unpriced(
                "data transfer to the replica",
                exact_amount(size),
                "GB",
                "prices of data transfer are not known",
            )


def _global(table: BilledTable) -> Mapping[str, BilledIndex]:
    return {each.index_name: each for each in table.indexes if not each.is_local}
