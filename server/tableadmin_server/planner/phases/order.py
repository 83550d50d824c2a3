"""The order of the phases of a plan: which changes come before which."""

from tableadmin_server.planner.phases import capacity, indexes, parts, replicas, settings, stream
from tableadmin_server.planner.phases.plan_builder import Phase

# A safe order of changes. Replicas that go are gone before the stream, which can't be turned off under them.
PHASES: tuple[Phase, ...] = (
    settings.protection_off,
    indexes.index_deletions,
    replicas.replica_deletions,
    capacity.capacity,
    capacity.on_demand_ceilings,
    stream.stream,
    settings.table_class,
    settings.encryption,
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
