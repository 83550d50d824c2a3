"""The order of a plan's phases, and the steps that they give."""

from tableadmin_server.planner.phases import capacity, indexes, parts, replicas, settings, stream
from tableadmin_server.planner.phases.combining import combine
from tableadmin_server.planner.phases.plan_builder import Phase, PlanBuilder
from tableadmin_server.planner.phases.step import Step

# A safe order. Replicas are deleted before the stream is turned off, because they need the stream. Updates of
# the throughput of indexes come right before the creation of indexes, with which they share a call.
_PHASES: tuple[Phase, ...] = (
    settings.protection_off,
    indexes.index_deletions,
    replicas.replica_deletions,
    capacity.billing_mode,
    capacity.throughput,
    capacity.on_demand_ceilings,
    stream.stream,
    settings.table_class,
    settings.encryption,
    capacity.index_throughput,
    indexes.index_creations,
    capacity.warm_throughput,
    replicas.replicas,
    parts.time_to_live_off,
    parts.recovery,
    parts.insights,
    parts.kinesis,
    parts.policy,
    parts.tags,
    parts.time_to_live_on,
    settings.protection_on,
)


def steps_of(builder: PlanBuilder) -> list[Step]:
    """The calls that bring the state `builder.at` to the target; `builder.at` is then the target."""
    return combine([step for phase in _PHASES for step in phase(builder)])
