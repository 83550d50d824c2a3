"""The right to carry an operation out."""

from tableadmin_server.operations.execution.heartbeat import Heartbeat
from tableadmin_server.operations.storage.record import OperationStatus
from tableadmin_server.operations.storage.store import Claim, Store


class Lease:
    """This server's right to the operation of CLAIM since the TERM of its HEARTBEAT.

    It lasts as long as the signs of life come in time. After a gap it may be another server's: writing down
    where the operation stands tells, and begins anew where it is not.
    """

    def __init__(self, store: Store, claim: Claim, heartbeat: Heartbeat, term: int) -> None:
        self._store = store
        self._claim = claim
        self._heartbeat = heartbeat
        self._term = term

    def is_trusted(self) -> bool:
        """Whether no other server can have taken over yet; may be asked in any thread."""
        return self._heartbeat.is_fresh(self._term)

    async def save(self, status: OperationStatus) -> bool:
        """Write STATUS down: whether somebody wants the operation to stop. Raises LeaseLost and Failure."""
        term = self._heartbeat.term
        cancel_requested = await self._store.save(self._claim, status)
        self._term = term
        return cancel_requested

    async def release(self) -> None:
        """Let another server take over at once; raises Failure."""
        await self._store.release(self._claim)
