"""What stands for the state a plan was made from."""

import hashlib
from dataclasses import replace

from tableadmin_server.planner.aws import text
from tableadmin_server.planner.index import UNMANAGED
from tableadmin_server.planner.live import Live
from tableadmin_server.planner.state import TableState

_ABSENT = "absent"


def fingerprint(live: Live, at: TableState | None) -> str:
    """The same for the same settings of the same table; sizes, times, statuses and what AWS moves aside."""
    if at is None:
        return _ABSENT
    still = at.draft()
    still.warm = UNMANAGED
    if "" in live.auto_scaled:
        still.throughput = None
    indexes = [
        (
            name,
            replace(index, warm=UNMANAGED, throughput=None if name in live.auto_scaled else index.throughput),
        )
        for name, index in sorted(still.indexes.items())
    ]
    still.indexes = {}
    still.local_indexes = dict(sorted(still.local_indexes.items()))
    still.vector_indexes = dict(sorted(still.vector_indexes.items()))
    still.tags = None if still.tags is None else dict(sorted(still.tags.items()))
    still.kinesis = dict(sorted(still.kinesis.items()))
    still.replicas = dict(sorted(still.replicas.items()))
    identity = text(live.description or {}, "TableId")
    return hashlib.sha256(f"{identity} {still} {indexes}".encode()).hexdigest()[:32]
