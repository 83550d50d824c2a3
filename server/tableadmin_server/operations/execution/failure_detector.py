"""Finds the operations that no server carries out."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution.approval import is_due
from tableadmin_server.operations.execution.time_in_state import TimeInState
from tableadmin_server.operations.execution.waiting import WaitingOperations
from tableadmin_server.operations.storage.store import Entry, Store

_log = structlog.get_logger()


class FailureDetector:
    """Finds operations in STORE that SERVER may take over.

    The lease holder of an operation has failed when neither the operation nor its heartbeat has changed
    for LEASE seconds of CLOCK. Times that another server wrote are never compared with CLOCK.
    """

    def __init__(self, store: Store, server: str, lease: float, clock: Callable[[], float]) -> None:
        self._store = store
        self._server = server
        self._lease = lease
        self._times = TimeInState(clock)
        # The operations whose records could not be read in the last search.
        self._unreadable: frozenset[str] = frozenset()
        self._waiting = WaitingOperations(store)

    @property
    def approvals_waiting(self) -> int:
        """The number of operations that waited for approval at the last search."""
        return self._waiting.approvals

    async def orphans(self, is_here: Callable[[str], bool]) -> list[Entry]:
        """Return the open operations that no server carries out. IS_HERE tells those of this server.

        Dormant operations are included once their start time or their approval timeout has come.

        A lease holder counts as failed one lease after the first call that saw its state, or later. Raises
        Failure.
        """
        opened, now = await self._store.open_operations(), datetime.now(UTC).timestamp()
        await self._waiting.update({id_: due for id_, due in opened.items() if due > now})
        elsewhere = [id_ for id_, due in opened.items() if due <= now and not is_here(id_)]
        found = await self._store.entries(elsewhere)
        entries = {id_: each for id_, each in found.items() if isinstance(each, Entry)}
        self._log_unreadable({id_: each for id_, each in found.items() if isinstance(each, Failure)})
        self._times.forget_others(entries)
        heartbeats = await self._store.heartbeats(
            {each.lease_holder for each in entries.values() if each.lease_holder}
        )
        orphans = [each for id_, each in entries.items() if self._is_orphan(id_, each, heartbeats)]
        return [each for each in orphans if not is_here(each.operation.spec.operation_id)]

    def _is_orphan(self, operation_id: str, entry: Entry, heartbeats: Mapping[str, str]) -> bool:
        """Whether the lease holder of ENTRY is none, has failed, or is this server, which does not run it."""
        seen = (entry.fencing_token, entry.revision, entry.lease_holder, heartbeats.get(entry.lease_holder))
        unchanged = self._times.seconds(operation_id, seen)
        if entry.operation.status.state.dormant:
            return is_due(entry.operation, datetime.now(UTC))
        if entry.operation.status.state.ended:
            return False
        return entry.lease_holder in {"", self._server} or unchanged > self._lease

    def _log_unreadable(self, found: Mapping[str, Failure]) -> None:
        """Log each operation whose record can't be read, once."""
        for operation_id in found.keys() - self._unreadable:
            _log.warning(
                "could not read the operation", operation_id=operation_id, cause=found[operation_id].message
            )
        self._unreadable = frozenset(found)
