"""Steps that change capacity: billing mode, throughput, on-demand ceilings, warm throughput."""

from collections.abc import Iterator
from dataclasses import replace

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.rules.update_table import UpdateKind
from tableadmin_server.planner.state.index import (
    UNLIMITED,
    Index,
    on_demand_shape,
    throughput_shape,
    warm_shape,
)
from tableadmin_server.planner.state.table_state import PAY_PER_REQUEST, PROVISIONED


def billing_mode(builder: PlanBuilder) -> Iterator[Step]:
    """The switch to the other billing mode."""
    if builder.at.billing_mode != builder.to.billing_mode:
        to_provisioned = builder.to.billing_mode == PROVISIONED
        yield _to_provisioned(builder) if to_provisioned else _to_on_demand(builder)


def throughput(builder: PlanBuilder) -> Iterator[Step]:
    """Provisioned throughput of the table."""
    at, to = builder.at, builder.to
    if to.billing_mode == PROVISIONED and at.throughput != to.throughput:
        at.throughput = to.throughput
        yield builder.update(UpdateKind.THROUGHPUT, "change throughput", _table_throughput(builder))


def index_throughput(builder: PlanBuilder) -> Iterator[Step]:
    """Provisioned throughput of all indexes, in one call."""
    updates = _index_throughput(builder) if builder.to.billing_mode == PROVISIONED else []
    if updates:
        members: AwsDict = {"GlobalSecondaryIndexUpdates": updates}
        yield builder.update(UpdateKind.INDEX_THROUGHPUT, "change throughput of indexes", members)


def on_demand_ceilings(builder: PlanBuilder) -> Iterator[Step]:
    """On-demand ceilings of the table, then those of all indexes in one call."""
    at, to = builder.at, builder.to
    if at.on_demand != to.on_demand:
        members: AwsDict = {"OnDemandThroughput": on_demand_shape(to.on_demand, at.on_demand)}
        at.on_demand = to.on_demand
        yield builder.update(UpdateKind.CEILINGS, "set on-demand ceilings", members)
    updates: list[AwsValue] = []
    for name, before, after in _kept(builder):
        if before.on_demand != after.on_demand:
            shape = on_demand_shape(after.on_demand, before.on_demand)
            updates.append(_update(name, "OnDemandThroughput", shape))
            at.indexes[name] = replace(before, on_demand=after.on_demand)
    if updates:
        members = {"GlobalSecondaryIndexUpdates": updates}
        yield builder.update(UpdateKind.INDEX_CEILINGS, "set on-demand ceilings of indexes", members)


def warm_throughput(builder: PlanBuilder) -> Iterator[Step]:
    """Warm throughput of the table, then of one index after the other."""
    at, to = builder.at, builder.to
    if at.warm != to.warm:
        members: AwsDict = {"WarmThroughput": warm_shape(to.warm, at.warm)}
        at.warm = to.warm
        waits = ("warm throughput ACTIVE",)
        yield builder.update(UpdateKind.WARM_THROUGHPUT, "warm the table", members, waits)
    for name, before, after in _kept(builder):
        if before.warm != after.warm:
            update = _update(name, "WarmThroughput", warm_shape(after.warm, before.warm))
            at.indexes[name] = replace(before, warm=after.warm)
            yield builder.update(
                UpdateKind.INDEX_WARM_THROUGHPUT,
                f"warm index {name}",
                {"GlobalSecondaryIndexUpdates": [update]},
                (f"warm throughput of index {name} ACTIVE",),
            )


def _to_provisioned(builder: PlanBuilder) -> Step:
    """AWS requires the throughput of the table and of every index here, and drops the ceilings by itself."""
    at, to = builder.at, builder.to
    updates = _index_throughput(builder)
    at.billing_mode, at.throughput, at.on_demand = PROVISIONED, to.throughput, UNLIMITED
    at.indexes = {name: replace(index, on_demand=UNLIMITED) for name, index in at.indexes.items()}
    members: AwsDict = {"BillingMode": PROVISIONED, **_table_throughput(builder)}
    if updates:
        members["GlobalSecondaryIndexUpdates"] = updates
    return builder.update(UpdateKind.TO_PROVISIONED, "switch to provisioned capacity", members)


def _to_on_demand(builder: PlanBuilder) -> Step:
    at = builder.at
    at.billing_mode, at.throughput = PAY_PER_REQUEST, None
    at.indexes = {name: replace(index, throughput=None) for name, index in at.indexes.items()}
    members: AwsDict = {"BillingMode": PAY_PER_REQUEST}
    return builder.update(UpdateKind.TO_ON_DEMAND, "switch to on-demand capacity", members)


def _table_throughput(builder: PlanBuilder) -> AwsDict:
    assert builder.to.throughput is not None, "a valid spec has it with PROVISIONED"
    return {"ProvisionedThroughput": throughput_shape(builder.to.throughput)}


def _index_throughput(builder: PlanBuilder) -> list[AwsValue]:
    """The updates of the indexes whose provisioned throughput differs; the draft then has the new values.

    An engine that shows the wanted throughput under PAY_PER_REQUEST would refuse it as no change.
    """
    updates: list[AwsValue] = []
    for name, before, after in _kept(builder):
        if after.throughput is not None and before.throughput != after.throughput:
            if before.shown != after.throughput:
                updates.append(_update(name, "ProvisionedThroughput", throughput_shape(after.throughput)))
            builder.at.indexes[name] = replace(before, throughput=after.throughput)
    return updates


def _kept(builder: PlanBuilder) -> list[tuple[str, Index, Index]]:
    indexes = builder.to.indexes
    return [(name, index, indexes[name]) for name, index in builder.at.indexes.items() if name in indexes]


def _update(name: str, member: str, shape: AwsDict) -> AwsDict:
    return {"Update": {"IndexName": name, member: shape}}
