"""The lease of an operation: the right of one server to carry it out."""

from tableadmin_server.operations.execution.heartbeat import Heartbeat
from tableadmin_server.operations.storage.record import OperationStatus
from tableadmin_server.operations.storage.store import Claim, Store


class Lease:
    """This server's lease of the operation of CLAIM, in the TERM of its HEARTBEAT.

    The lease lasts as long as heartbeats are written in time. After a gap another server may have taken over.
    `save` then renews the lease, or raises LeaseLost.
    """

    def __init__(self, store: Store, claim: Claim, heartbeat: Heartbeat, term: int) -> None:
        self._store = store
        self._claim = claim
        self._heartbeat = heartbeat
        self._term = term

    def is_trusted(self) -> bool:
        """Whether no other server can have taken over. Any thread may call this."""
        return self._heartbeat.is_fresh(self._term)

    async def save(self, status: OperationStatus) -> bool:
        """Write STATUS, and return whether the operation is to be cancelled. Raises LeaseLost and Failure."""
        term = self._heartbeat.term
        cancel_requested = await self._store.save(self._claim, status)
        self._term = term
        return cancel_requested

    async def release(self) -> None:
        """Let another server take over at once. Raises Failure."""
        await self._store.release(self._claim)
