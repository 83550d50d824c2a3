"""How many operations wait for approval, whichever server wrote them."""

from collections.abc import Mapping

from tableadmin_server.operations.storage.record import State
from tableadmin_server.operations.storage.store import Entry, Store


class WaitingOperations:
    """The operations in STORE that wait for a time, as of the last `update`.

    The index of open operations has no states. The record of an operation is read once for each time that the
    operation waits for: an operation that gets another state waits for another time.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        # The time that each operation waits for, and whether the operation waits for approval.
        self._known: dict[str, tuple[int, bool]] = {}

    @property
    def approvals(self) -> int:
        """The operations that wait for approval; may be asked in any thread."""
        return sum(awaits for _, awaits in list(self._known.values()))

    async def update(self, times: Mapping[str, int]) -> None:
        """Take note that these operations wait, each for its time, and no others; raises Failure."""
        known = {id_: each for id_, each in self._known.items() if times.get(id_) == each[0]}
        found = await self._store.entries(times.keys() - known.keys())
        for id_, entry in found.items():
            if isinstance(entry, Entry):
                known[id_] = times[id_], entry.operation.status.state is State.AWAITING_APPROVAL
        self._known = known
