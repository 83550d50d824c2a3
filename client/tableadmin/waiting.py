"""Waiting for what AWS has no waiter for: asks DescribeTable until nothing moves any more.

A table that is ACTIVE need not be settled: its indexes, replicas, encryption and warm throughput have
statuses of their own, and what an Update call answers is still the state before it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from google.protobuf.message import Message

from tableadmin.awsshape import enum_values
from tableadmin.client import Client
from tableadmin.errors import NotFound
from tableadmin.v1 import (
    GlobalSecondaryIndexDescription,
    ReplicaDescription,
    TableDescription,
)

__all__ = ["Condition", "Look", "deleted", "index_built", "index_removed", "looks", "settled", "unsettled"]

# Statuses that end by themselves. All others last until somebody does something.
_MOVING = frozenset({"CREATING", "UPDATING", "DELETING", "ENABLING", "DISABLING", "ARCHIVING"})

# Seconds for which DescribeTable may not show a new table yet.
_UNSEEN = 10.0
_FASTEST, _SLOWEST, _SLOWING = 0.25, 5.0, 1.5

# What is still to come, as text, of a table, None where DescribeTable finds none; empty when it is over.
Condition: TypeAlias = Callable[[TableDescription | None], list[str]]


@dataclass(frozen=True)
class Look:
    """What was seen `elapsed` seconds after the waiting began: the table, and what is `pending`."""

    elapsed: float
    table: TableDescription | None
    pending: tuple[str, ...]


def unsettled(table: TableDescription) -> list[str]:
    """What still moves by itself, such as `table UPDATING` or `index Genre CREATING, backfilling`."""
    return [f"{what} {status}" for what, status in _statuses(table) if status.split(",")[0] in _MOVING]


def settled(table: TableDescription | None) -> list[str]:
    """Pending until nothing moves by itself; the table may be one that was just created."""
    return ["table not visible yet"] if table is None else unsettled(table)


def deleted(table: TableDescription | None) -> list[str]:
    """Pending until there is no such table."""
    return [] if table is None else [f"table {_word(table, 'table_status')}"]


def index_built(name: str) -> Condition:
    """Pending until the global secondary index NAME is there and nothing moves by itself."""

    def pending(table: TableDescription | None) -> list[str]:
        seen = table is not None and any(each.index_name == name for each in table.global_secondary_indexes)
        return settled(table) or ([] if seen else [f"index {name} not visible yet"])

    return pending


def index_removed(name: str) -> Condition:
    """Pending until the global secondary index NAME is gone and nothing moves by itself."""

    def pending(table: TableDescription | None) -> list[str]:
        seen = table is not None and any(each.index_name == name for each in table.global_secondary_indexes)
        return settled(table) or ([f"index {name} still visible"] if seen else [])

    return pending


def looks(
    client: Client,
    table_name: str,
    condition: Condition = settled,
    *,
    timeout: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Look]:
    """Look at the table until CONDITION has nothing pending; the last look is the one that has nothing.

    The pause between looks grows from 0.25 to 5 seconds while nothing changes. TIMEOUT is in seconds, None
    for no end. Raises TimeoutError when it is over, NotFound for a table that is not there and was not just
    created, and what DescribeTable raises.
    """
    begin, pause, seen = time.monotonic(), _FASTEST, None
    while True:
        elapsed = time.monotonic() - begin
        look = _look(client, table_name, condition, elapsed)
        yield look
        if not look.pending:
            return
        if timeout is not None and elapsed + pause > timeout:
            raise TimeoutError("; ".join(look.pending))
        sleep(pause)
        pause = min(pause * _SLOWING, _SLOWEST) if look.pending == seen else _FASTEST
        seen = look.pending


def _look(client: Client, table_name: str, condition: Condition, elapsed: float) -> Look:
    try:
        table = client.describe_table(table_name=table_name).table
    except NotFound:
        pending = condition(None)
        if pending and elapsed > _UNSEEN:
            raise
        return Look(elapsed, None, tuple(pending))
    return Look(elapsed, table, tuple(condition(table)))


def _statuses(table: TableDescription) -> Iterator[tuple[str, str]]:
    yield "table", _word(table, "table_status")
    for index in table.global_secondary_indexes:
        yield from _index_statuses(index)
    for vectors in table.vector_indexes:
        yield f"vector index {vectors.index_name}", _word(vectors, "index_status")
    yield "encryption", _word(table.sse_description, "status")
    yield "warm throughput", _word(table.warm_throughput, "status")
    for replica in table.replicas:
        yield from _replica_statuses(replica)
    for witness in table.global_table_witnesses:
        yield f"witness {witness.region_name}", _word(witness, "witness_status")
    if table.restore_summary.restore_in_progress:
        yield "restore", "CREATING"


def _index_statuses(index: GlobalSecondaryIndexDescription) -> Iterator[tuple[str, str]]:
    status = _word(index, "index_status")
    yield f"index {index.index_name}", f"{status}, backfilling" if index.backfilling else status
    yield f"warm throughput of index {index.index_name}", _word(index.warm_throughput, "status")


def _replica_statuses(replica: ReplicaDescription) -> Iterator[tuple[str, str]]:
    yield f"replica {replica.region_name}", _word(replica, "replica_status")
    yield (
        f"warm throughput of replica {replica.region_name}",
        _word(replica.warm_throughput, "status"),
    )
    for index in replica.global_secondary_indexes:
        status = _word(index.warm_throughput, "status")
        yield f"warm throughput of index {index.index_name} in {replica.region_name}", status


def _word(message: Message, field: str) -> str:
    """The AWS value of a status; a number that the contract does not know stands for itself."""
    enum, number = message.DESCRIPTOR.fields_by_name[field].enum_type, getattr(message, field)
    assert enum is not None
    names = {each: name for name, each in enum_values(enum).items()}
    return names.get(number, str(number))
