"""Counts the operations of all servers that wait for approval."""

from collections.abc import Mapping

from tableadmin_server.operations.storage.record import State
from tableadmin_server.operations.storage.store import Entry, Store


class WaitingOperations:
    """The operations in STORE that have a due time, as of the last `update`.

    The index of open operations has due times but no states. An operation with another state has another due
    time, so the record of an operation is read once for each due time.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        # The due time of each operation, and whether the operation waits for approval.
        self._known: dict[str, tuple[int, bool]] = {}

    @property
    def approvals(self) -> int:
        """The number of operations that wait for approval. Any thread may call this."""
        return sum(awaits for _, awaits in list(self._known.values()))

    async def update(self, times: Mapping[str, int]) -> None:
        """Take TIMES, the due times of all waiting operations by id. Raises Failure."""
        known = {id_: each for id_, each in self._known.items() if times.get(id_) == each[0]}
        found = await self._store.entries(times.keys() - known.keys())
        for id_, entry in found.items():
            if isinstance(entry, Entry):
                known[id_] = times[id_], entry.operation.status.state is State.AWAITING_APPROVAL
        self._known = known
