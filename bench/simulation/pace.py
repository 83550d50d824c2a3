"""How often a server calls its endpoint: the constants of the server, as they are in its code."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.budget import operation_rates
from tableadmin_server.operations import runner
from tableadmin_server.operations.execution import heartbeat
from tableadmin_server.operations.membership import membership, other_members
from tableadmin_server.polling import poller
from tableadmin_server.tables.parts import ROWS
from tableadmin_server.watching import watched_table, watched_tables


@dataclass(frozen=True)
class Pace:
    """Intervals in seconds, and budgets in calls a second, of all servers of an endpoint together.

    Without `operation_rates`, the endpoint limits no single operation.
    """

    poll_interval: float = poller.LONGEST_INTERVAL
    transition_interval: float = poller.SHORTEST_INTERVAL
    parts_interval: float = watched_table.PARTS_INTERVAL
    # Of the reads of a part that AWS permits, one in so many is made for tables at rest.
    round_share: float = watched_tables.ROUND_SHARE
    look_interval: float = membership.LOOK_INTERVAL
    announce_gap: float = membership.ANNOUNCE_GAP
    beat_interval: float = other_members.BEAT_INTERVAL
    heartbeat_interval: float = heartbeat.RENEWAL_SHARE * EndpointConfig().operation_lease
    search_interval: float = EndpointConfig().operation_lease / runner.SEARCHES_PER_LEASE
    concurrent_operations: int = EndpointConfig().concurrent_operations
    background_calls: float = EndpointConfig().background_calls_per_second
    operation_rates: Mapping[str, float] = field(default_factory=lambda: operation_rates(None))
    # The operations that read the parts of a table that are watched unless a caller chooses.
    part_operations: tuple[str, ...] = tuple(row.operation for row in ROWS.values() if row.watched)
