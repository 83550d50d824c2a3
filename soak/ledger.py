"""The changes that have reached the engine, and what they have made of the tables."""

import json
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_DELETING = "DELETING"
CHANGES = frozenset({"CreateTable", "UpdateTable", "DeleteTable"})


@dataclass(eq=False)
class Received:
    """A request for a change that was passed on to the engine: ACCEPTED is None while nobody knows."""

    operation: str
    params: Mapping[str, Any]
    accepted: bool | None = None
    # The server that sent the request, and when it came and was answered, in seconds of the monotonic clock.
    through: str = ""
    came: float = field(default_factory=time.monotonic)
    answered: float = 0.0

    @property
    def table(self) -> str:
        """The table that it is about."""
        name: str = self.params["TableName"]
        return name

    @property
    def identity(self) -> str:
        """The same text for the same change: no caller asks for a change twice."""
        return identity(self.operation, self.params)


@dataclass(frozen=True)
class Shape:
    """What changes of a table: its read capacity, and the names of its indexes."""

    capacity: int
    indexes: frozenset[str] = frozenset()


@dataclass
class Ledger:
    """All changes that were passed on to the engine, by table."""

    received: dict[str, list[Received]] = field(default_factory=lambda: defaultdict(list))
    _shapes: dict[str, Shape | None] = field(default_factory=dict)
    _doubtful: set[str] = field(default_factory=set)
    _under_way: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def came(self, operation: str, params: Mapping[str, Any], through: str = "") -> Received:
        """Note a request of the server THROUGH that is passed on now."""
        request = Received(operation, params, through=through)
        self.received[request.table].append(request)
        self._under_way[request.table] += 1
        return request

    def ended(self, request: Received, accepted: bool | None) -> None:  # noqa: FBT001 - the fact itself
        """Note what the engine answered to REQUEST; None for a connection that broke before an answer."""
        request.accepted, request.answered = accepted, time.monotonic()
        self._under_way[request.table] -= 1
        if accepted:
            self._shapes[request.table] = changed(self._shapes.get(request.table), request)
            if request.operation in {"CreateTable", "DeleteTable"}:
                self._doubtful.discard(request.table)
        elif accepted is None:
            self._doubtful.add(request.table)

    def found(self, table: str, shape: Shape | None) -> None:
        """The engine has TABLE like this, or (None) not at all, after a change of unknown outcome."""
        self._shapes[table] = shape
        self._doubtful.discard(table)

    def is_doubtful(self, table: str) -> bool:
        """Whether nothing is on its way to TABLE and the outcome of a change is unknown."""
        return self.is_settled(table) and table in self._doubtful

    def is_settled(self, table: str) -> bool:
        """Whether no change of TABLE is on its way to the engine."""
        return not self._under_way[table]

    def is_known(self, table: str) -> bool:
        """Whether `shape` is what TABLE is now: no change is on its way, and none had an unknown outcome."""
        return self.is_settled(table) and table not in self._doubtful

    def shape(self, table: str) -> Shape | None:
        """What TABLE is by the changes that were accepted, None for no table."""
        return self._shapes.get(table)

    def tables(self) -> Mapping[str, Shape]:
        """The tables there are, by the changes that were accepted."""
        return {name: shape for name, shape in self._shapes.items() if shape is not None}

    def all(self) -> list[Received]:
        """All changes."""
        return [each for table in self.received.values() for each in table]


def identity(operation: str, params: Mapping[str, Any]) -> str:
    """One text for one change."""
    return f"{operation} {json.dumps(params, sort_keys=True)}"


def changed(shape: Shape | None, request: Received) -> Shape | None:
    """What a table of SHAPE is after REQUEST, which the engine accepted."""
    if request.operation == "DeleteTable":
        return None
    params = request.params
    throughput = params.get("ProvisionedThroughput")
    capacity = throughput["ReadCapacityUnits"] if throughput else (shape.capacity if shape else 0)
    indexes = set(shape.indexes) if shape else set()
    indexes |= {each["IndexName"] for each in params.get("GlobalSecondaryIndexes") or ()}
    for update in params.get("GlobalSecondaryIndexUpdates") or ():
        for kind, index in update.items():
            {"Create": indexes.add, "Delete": indexes.discard}.get(kind, _ignore)(index["IndexName"])
    return Shape(capacity, frozenset(indexes))


def described(table: Mapping[str, Any]) -> Shape | None:
    """The shape of the TABLE that DescribeTable answers: what is DELETING is there no more."""
    if table.get("TableStatus") == _DELETING:
        return None
    indexes = table.get("GlobalSecondaryIndexes") or ()
    names = (each["IndexName"] for each in indexes if each.get("IndexStatus") != _DELETING)
    return Shape(table["ProvisionedThroughput"]["ReadCapacityUnits"], frozenset(names))


def _ignore(_: str) -> None:
    """An update of an index leaves its name."""
