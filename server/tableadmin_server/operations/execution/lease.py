"""The lease of an operation: the right of one server to carry it out."""

from tableadmin_server.operations.execution.heartbeat import Heartbeat
from tableadmin_server.operations.storage.record import OperationStatus
from tableadmin_server.operations.storage.store import Store, StoredLease


class Lease:
    """The lease STORED of an operation, which this server renews by its HEARTBEAT.

    The lease lasts as long as heartbeats are written in time. EPOCH is the epoch of the heartbeat since which
    the lease is known to be valid. After a gap between heartbeats, which begins another epoch, another server
    may have taken over. `save` then shows that the lease is still valid, or raises LeaseLost.
    """

    def __init__(self, store: Store, stored: StoredLease, heartbeat: Heartbeat, epoch: int) -> None:
        self._store = store
        self._stored = stored
        self._heartbeat = heartbeat
        self._epoch = epoch

    def is_trusted(self) -> bool:
        """Whether no other server can have taken over. Any thread may call this."""
        return self._heartbeat.is_fresh(self._epoch)

    async def save(self, status: OperationStatus) -> bool:
        """Write STATUS, and return whether the operation is to be cancelled. Raises LeaseLost and Failure."""
        epoch = self._heartbeat.epoch
        cancel_requested = await self._store.save(self._stored, status)
        self._epoch = epoch
        return cancel_requested

    async def release(self) -> None:
        """Let another server take over at once. Raises Failure."""
        await self._store.release(self._stored)
