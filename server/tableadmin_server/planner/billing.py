"""What the cost of a table depends on, as it is and as a plan leaves it."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, TypeAlias, cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin.cost import Prices, Usage, table_cost, worst_increase
from tableadmin.v1 import (
    BilledCapacity,
    BilledIndex,
    BilledReplica,
    BilledTable,
    BillingMode,
    CapacityBounds,
    TableClass,
)
from tableadmin_server.planner.aws import elements, number, structure, text
from tableadmin_server.planner.planning import Action, Plan
from tableadmin_server.planner.state.index import Index, SomeUnits, Units
from tableadmin_server.planner.state.live import Bounds, auto_scaled, live_state
from tableadmin_server.planner.state.table_state import PROVISIONED, TableState
from tableadmin_server.planner.state.unmanaged import path_of
from tableadmin_server.tables.snapshot import Snapshot

_CENT = Decimal("0.01")
_READS, _WRITES = "ReadCapacityUnits", "WriteCapacityUnits"
# Bounds of auto scaling by index, "" for the table, and by the name of the units.
_Bounds: TypeAlias = Mapping[str, Mapping[str, Bounds]]


class Billed(NamedTuple):
    """What the cost of a table depends on before a plan and after it. `before` is None without a table."""

    before: BilledTable | None
    after: BilledTable | None


NOT_BILLED = Billed(None, None)


def billed_tables(made: Plan, live: Snapshot, region: str) -> Billed:
    """What the cost of LIVE depends on, and what it depends on after the plan MADE.

    REGION is that of the endpoint.
    """
    before, after = made.at, made.to
    if after is None:
        return NOT_BILLED
    if before is None and live.source is not None:
        return Billed(None, _restored(after, live.source, region, made.unmanaged))
    kept = None if made.action is Action.REPLACE else before
    return Billed(
        None if before is None else _billed(before, before, live, region, _live_bounds(live)),
        _billed(after, kept, live, region, _bounds_after(kept, live, made.unmanaged)),
    )


def cost_increase(made: Plan, live: Snapshot, region: str, prices: Prices | None) -> Decimal | None:
    """How much more LIVE costs a month after the plan MADE, by PRICES in US dollars, as far as it is known.

    This is the largest increase that is possible, or the known part of the increase. None if nothing is
    known, or without PRICES. REGION is that of the endpoint.
    """
    if prices is None:
        return None
    bill = billed_tables(made, live, region)
    if bill.after is None:
        return None
    increase = worst_increase(table_cost(live.name, bill.before, bill.after, Usage(), prices, None))
    # Plans show cents, and policies decide by what is shown.
    return None if increase is None else increase.quantize(_CENT, ROUND_HALF_UP)


def _restored(to: TableState, source: Snapshot, region: str, unmanaged: Sequence[AwsDict]) -> BilledTable:
    """The table that is restored from SOURCE and then is as TO. AWS does not restore auto scaling."""
    found = _billed(to, live_state(source), source, region, _bounds_after(None, source, unmanaged))
    found.restored_bytes = found.size_bytes + sum(each.size_bytes for each in found.indexes)
    return found


def billed_live(live: Snapshot, region: str) -> BilledTable | None:
    """What the cost of LIVE depends on; None without a table. REGION is that of the endpoint."""
    at = live_state(live)
    return None if at is None else _billed(at, at, live, region, _live_bounds(live))


def _bounds_after(kept: TableState | None, live: Snapshot, unmanaged: Sequence[AwsDict]) -> _Bounds:
    """The bounds of auto scaling of what is KEPT, and those that elements of a spec's UNMANAGED have."""
    bounds: dict[str, dict[str, Bounds]] = {
        name: dict(each) for name, each in (_live_bounds(live) if kept is not None else {}).items()
    }
    for entry in unmanaged:
        path = path_of(text(entry, "Path"))
        if path is not None and path.is_units and ("Minimum" in entry or "Maximum" in entry):
            units = path.below.rpartition(".")[2]
            given = Bounds(number(entry, "Minimum"), number(entry, "Maximum"))
            for each in (units,) if units in (_READS, _WRITES) else (_READS, _WRITES):
                bounds.setdefault(path.element, {})[each] = given
    return bounds


def _live_bounds(live: Snapshot) -> _Bounds:
    return {name: each.bounds for name, each in auto_scaled(live).items()}


def _billed(
    state: TableState, at: TableState | None, live: Snapshot, region: str, bounds: _Bounds
) -> BilledTable:
    """STATE with the sizes of what LIVE, whose state is AT, has already."""
    kept = (live.description or {}) if at is not None else {}
    indexes = {
        text(each, "IndexName"): each
        for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
        for each in elements(kept, member)
    }
    return BilledTable(
        region=region or live.region,
        billing_mode=BillingMode.Value(f"BILLING_MODE_{state.billing_mode}"),
        table_class=_table_class(state.table_class),
        capacity=_capacity(state, state.throughput, state.warm, bounds.get("", {})),
        size_bytes=number(kept, "TableSizeBytes"),
        item_count=number(kept, "ItemCount"),
        indexes=[
            *(_index(name, indexes.get(name), None) for name in sorted(state.local_indexes)),
            *(
                _index(
                    name,
                    indexes.get(name) if _is_kept(at, name, index) else None,
                    _capacity(state, index.throughput, index.warm, bounds.get(name, {})),
                )
                for name, index in sorted(state.indexes.items())
            ),
        ],
        point_in_time_recovery_enabled=state.recovery_days is not None,
        stream_enabled=state.stream is not None,
        kinesis_streams=len(state.kinesis),
        replicas=[_replica(name, each) for name, each in sorted(state.replicas.items())],
        vector_indexes=len(state.vector_indexes),
    )


def _is_kept(at: TableState | None, name: str, index: Index) -> bool:
    """Whether AT has INDEX already, so that it is not built again."""
    return at is not None and name in at.indexes and at.indexes[name].same_definition(index)


def _capacity(
    state: TableState, units: Units | None, warm: SomeUnits, bounds: Mapping[str, Bounds]
) -> BilledCapacity:
    found = BilledCapacity(warm_read_units=warm[0], warm_write_units=warm[1])
    if state.billing_mode == PROVISIONED and units is not None:
        found.read_units, found.write_units = units
        for name, field in ((_READS, found.read_bounds), (_WRITES, found.write_bounds)):
            if name in bounds:
                lowest, highest = bounds[name]
                field.MergeFrom(CapacityBounds(minimum=lowest, maximum=highest))
    return found


def _index(name: str, described: AwsDict | None, capacity: BilledCapacity | None) -> BilledIndex:
    known = described or {}
    return BilledIndex(
        index_name=name,
        is_local=capacity is None,
        capacity=capacity,
        size_bytes=number(known, "IndexSizeBytes"),
        item_count=number(known, "ItemCount"),
    )


def _replica(region: str, replica: AwsDict) -> BilledReplica:
    overridden = text(replica, "TableClassOverride")
    indexes = cast("dict[str, AwsDict]", structure(replica, "GlobalSecondaryIndexes"))
    reads = {name: _reads(each) for name, each in indexes.items()}
    return BilledReplica(
        region_name=region,
        table_class=_table_class(overridden) if overridden else None,
        read_units=_reads(replica),
        index_read_units={name: each for name, each in reads.items() if each is not None},
    )


def _reads(replica: Mapping[str, AwsValue]) -> int | None:
    return number(structure(replica, "ProvisionedThroughputOverride"), _READS)


def _table_class(name: str) -> TableClass.ValueType:
    return TableClass.Value(f"TABLE_CLASS_{name}")
