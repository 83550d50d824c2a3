"""Steps that change how capacity is provided: billing mode, throughput, on-demand ceilings, warm throughput.

Which changes one UpdateTable may hold is AWS's: throughput of table and indexes together; to PAY_PER_REQUEST
with one of ceilings, stream and a new index; ceilings with the billing mode only; warm throughput alone.
"""

from collections.abc import Iterator
from dataclasses import replace

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.phases.plan_builder import PlanBuilder
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.phases.stream import stream_shape
from tableadmin_server.planner.state.index import (
    UNLIMITED,
    Index,
    creation_shape,
    on_demand_shape,
    throughput_shape,
    warm_shape,
)
from tableadmin_server.planner.state.table_state import PAY_PER_REQUEST, PROVISIONED


def capacity(builder: PlanBuilder) -> Iterator[Step]:
    """Billing mode and provisioned throughput, the latter of table and indexes in one call."""
    at, to = builder.at, builder.to
    if at.billing_mode != to.billing_mode:
        yield _to_provisioned(builder) if to.billing_mode == PROVISIONED else _to_on_demand(builder)
    elif to.billing_mode == PROVISIONED:
        yield from _throughput(builder)


def on_demand_ceilings(builder: PlanBuilder) -> Iterator[Step]:
    """Ceilings of the table, then those of all indexes."""
    at, to = builder.at, builder.to
    if at.on_demand != to.on_demand:
        ceilings = on_demand_shape(to.on_demand, at.on_demand)
        at.on_demand = to.on_demand
        yield builder.update("set on-demand ceilings", {"OnDemandThroughput": ceilings})
    updates: list[AwsValue] = []
    for name, before, after in _kept(builder):
        if before.on_demand != after.on_demand:
            shape = on_demand_shape(after.on_demand, before.on_demand)
            updates.append(_update(name, "OnDemandThroughput", shape))
            at.indexes[name] = replace(before, on_demand=after.on_demand)
    if updates:
        yield builder.update("set on-demand ceilings of indexes", {"GlobalSecondaryIndexUpdates": updates})


def warm_throughput(builder: PlanBuilder) -> Iterator[Step]:
    """Warm throughput of the table, then of one index after the other: each alone in its call."""
    at, to = builder.at, builder.to
    if at.warm != to.warm:
        shape = warm_shape(to.warm, at.warm)
        at.warm = to.warm
        yield builder.update("warm the table", {"WarmThroughput": shape}, ("warm throughput ACTIVE",))
    for name, before, after in _kept(builder):
        if before.warm != after.warm:
            update = _update(name, "WarmThroughput", warm_shape(after.warm, before.warm))
            at.indexes[name] = replace(before, warm=after.warm)
            yield builder.update(
                f"warm index {name}",
                {"GlobalSecondaryIndexUpdates": [update]},
                (f"warm throughput of index {name} ACTIVE",),
            )


def throughput_updates(builder: PlanBuilder) -> list[AwsValue]:
    """The updates of indexes whose provisioned throughput is not as it should be yet, now taken as made."""
    updates: list[AwsValue] = []
    for name, before, after in _kept(builder):
        if after.throughput is not None and before.throughput != after.throughput:
            updates.append(_update(name, "ProvisionedThroughput", throughput_shape(after.throughput)))
            builder.at.indexes[name] = replace(before, throughput=after.throughput)
    return updates


def _to_provisioned(builder: PlanBuilder) -> Step:
    """AWS wants the throughput of the table and of every index, and drops the ceilings by itself."""
    at, to = builder.at, builder.to
    updates = throughput_updates(builder)
    at.billing_mode, at.throughput, at.on_demand = PROVISIONED, to.throughput, UNLIMITED
    at.indexes = {name: replace(index, on_demand=UNLIMITED) for name, index in at.indexes.items()}
    members: AwsDict = {"BillingMode": PROVISIONED, **_table_throughput(builder)}
    if updates:
        members["GlobalSecondaryIndexUpdates"] = updates
    return builder.update("switch to provisioned capacity", members)


def _to_on_demand(builder: PlanBuilder) -> Step:
    at = builder.at
    at.billing_mode, at.throughput = PAY_PER_REQUEST, None
    at.indexes = {name: replace(index, throughput=None) for name, index in at.indexes.items()}
    summary, waits, members = _rider(builder)
    return builder.update(
        f"switch to on-demand capacity{summary}",
        {"BillingMode": PAY_PER_REQUEST, **members},
        ("table ACTIVE", *waits),
    )


def _rider(builder: PlanBuilder) -> tuple[str, tuple[str, ...], AwsDict]:
    """The one other change that goes along with the switch to on demand, and saves a call."""
    at, to = builder.at, builder.to
    if at.on_demand != to.on_demand:
        ceilings = on_demand_shape(to.on_demand, at.on_demand)
        at.on_demand = to.on_demand
        return " with ceilings", (), {"OnDemandThroughput": ceilings}
    if at.stream != to.stream and not to.replicas:
        at.stream = to.stream if at.stream is None else None
        return (
            f", stream {'on' if at.stream else 'off'}",
            (),
            {"StreamSpecification": stream_shape(at.stream)},
        )
    if builder.missing_indexes:
        name, index = builder.missing_indexes[0]
        at.indexes[name] = index
        return f", add index {name}", (f"index {name} ACTIVE",), creation_shape(name, index)
    return "", (), {}


def _throughput(builder: PlanBuilder) -> Iterator[Step]:
    at, to = builder.at, builder.to
    members = _table_throughput(builder) if at.throughput != to.throughput else {}
    if not members and builder.missing_indexes:
        return  # updates of indexes then go along with the first index that is created
    at.throughput = to.throughput
    updates = throughput_updates(builder)
    if updates:
        members["GlobalSecondaryIndexUpdates"] = updates
    if members:
        yield builder.update("change throughput", members)


def _table_throughput(builder: PlanBuilder) -> AwsDict:
    assert builder.to.throughput is not None, "a valid spec has it with PROVISIONED"
    return {"ProvisionedThroughput": throughput_shape(builder.to.throughput)}


def _kept(builder: PlanBuilder) -> list[tuple[str, Index, Index]]:
    indexes = builder.to.indexes
    return [(name, index, indexes[name]) for name, index in builder.at.indexes.items() if name in indexes]


def _update(name: str, member: str, shape: AwsDict) -> AwsDict:
    return {"Update": {"IndexName": name, member: shape}}
