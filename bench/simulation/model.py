"""Calls, items and memory of a fleet of servers; pure.

The fleet is at rest but for its operations: nobody else changes tables or calls the servers. Each watcher
watches one table, as by chance, and the default parts of it. Watchers and operations are spread evenly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

from bench.simulation.calibration import Calibration
from bench.simulation.pace import Pace

# Calls a second by operation.
Rates: TypeAlias = Mapping[str, float]

# Writes to the operations table beside two for each call of an operation.
_WRITES_BESIDE_CALLS = 4
# Items that one BatchGetItem reads.
_BATCH = 100


@dataclass(frozen=True)
class Fleet:
    """How many servers, tables, watchers and operations there are."""

    servers: int
    tables: int
    watchers: int
    operations: int = 0


@dataclass(frozen=True)
class Cost:
    """What a fleet costs.

    `calls` has calls a second by operation, of all servers together; `items_read` and `items_written` those
    of the operations table a second. `poll_interval` is the time between polls of a watched table at rest.
    `memory_mb` is that of one server.
    """

    calls: Rates
    items_read: float
    items_written: float
    running: int
    poll_interval: float
    memory_mb: float

    @property
    def control_plane(self) -> float:
        """The calls a second that describe and change tables."""
        return sum(rate for operation, rate in self.calls.items() if operation not in _DATA_PLANE)


_DATA_PLANE = {"BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"}


def cost(fleet: Fleet, pace: Pace, calibration: Calibration) -> Cost:
    """What FLEET costs by the PACE of servers and what CALIBRATION has measured."""
    running = min(fleet.operations, max(fleet.servers, pace.concurrent_operations))
    watched = _distinct(fleet.tables, fleet.watchers / fleet.servers)
    operations = _operations(fleet, running, pace, calibration)
    polls = _polls(watched, fleet.servers, pace, calibration)
    settling = {"DescribeTable": running / (pace.transition_interval + calibration.latency)}
    demand = _total(polls) + _total(settling)
    # Polls let all other calls of the background go first.
    left = max(1.0, pace.background_calls - _total(operations))
    slower = max(1.0, demand / left)
    polled = _scaled(_sum(polls, settling), 1 / slower)
    calls = _sum(operations, polled, _membership(fleet, running, pace, calibration))
    return Cost(
        calls,
        _items_read(fleet, running, pace, calibration),
        calls["PutItem"] + calls["UpdateItem"],
        running,
        slower * (pace.poll_interval + calibration.latency),
        calibration.server_mb
        + (watched * calibration.table_kb + fleet.watchers / fleet.servers * calibration.watcher_kb) / 1024,
    )


def _distinct(tables: int, watchers: float) -> float:
    """How many of TABLES are watched by at least one of WATCHERS, who watch one each, as by chance."""
    unwatched: float = (1 - 1 / tables) ** watchers
    return tables * (1 - unwatched)


def _polls(watched: float, servers: int, pace: Pace, calibration: Calibration) -> Rates:
    """Polls of tables at rest: SERVERS of them watch so many tables each."""
    interval = pace.poll_interval + calibration.latency
    calls = {"DescribeTable": servers * watched / interval}
    for operation in pace.part_operations:
        rate = pace.operation_rates.get(operation)
        spacing = servers / rate if rate else 0.0
        least = max(pace.parts_interval, pace.round_share * watched * spacing)
        # A part is read by a poll, so only at each second or third one where it is read more seldom.
        calls[operation] = calls.get(operation, 0.0) + servers * watched / (ceil(least / interval) * interval)
    return calls


def _operations(fleet: Fleet, running: int, pace: Pace, calibration: Calibration) -> Rates:
    """What operations and the searches for them call, without polls of tables."""
    ended = running / calibration.operation_seconds
    elsewhere = running * (1 - 1 / fleet.servers)
    searches = fleet.servers / (pace.search_interval + calibration.latency)
    writes = 2 * calibration.operation_calls + _WRITES_BESIDE_CALLS
    return {
        "UpdateTable": calibration.operation_calls * ended,
        "UpdateItem": writes * ended,
        "Query": searches,
        "BatchGetItem": searches * (ceil(elsewhere / _BATCH) + (elsewhere > 0)),
    }


def _membership(fleet: Fleet, running: int, pace: Pace, calibration: Calibration) -> Rates:
    """What servers write and read to know each other; heartbeats of those that run operations."""
    latency = calibration.latency
    holding = min(fleet.servers, running)
    watching = min(fleet.servers, fleet.watchers)
    changes = calibration.operation_calls * running / calibration.operation_seconds / fleet.servers
    is_watched = watching > 1
    announced = min(changes, 1 / pace.announce_gap) if is_watched else 0.0
    beats = 1 / (pace.beat_interval + latency)
    looks = watching / (pace.look_interval + latency) + (fleet.servers - watching) * beats
    return {
        # After each write of its item a server waits for the announce gap.
        "PutItem": fleet.servers * max(1 / (1 / beats + pace.announce_gap), announced),
        "Query": looks + (0.0 if is_watched else fleet.servers * min(changes, 1 / pace.announce_gap)),
        "UpdateItem": holding / (pace.heartbeat_interval + latency),
    }


def _items_read(fleet: Fleet, running: int, pace: Pace, calibration: Calibration) -> float:
    looks = _membership(fleet, running, pace, calibration)["Query"]
    searches = fleet.servers / (pace.search_interval + calibration.latency)
    elsewhere = running * (1 - 1 / fleet.servers)
    # A search reads the index of open operations, their records, and the heartbeats of their servers.
    return looks * fleet.servers + searches * (fleet.operations + elsewhere + min(fleet.servers, running))


def _scaled(rates: Rates, factor: float) -> Rates:
    return {operation: rate * factor for operation, rate in rates.items()}


def _sum(*all_rates: Rates) -> Rates:
    names = sorted({name for rates in all_rates for name in rates})
    return {name: sum(rates.get(name, 0.0) for rates in all_rates) for name in names}


def _total(rates: Rates) -> float:
    return sum(rates.values())
