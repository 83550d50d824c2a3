"""Runs the operations of one endpoint on this server, and takes over those of failed servers."""

import asyncio
import contextlib
import os
import random
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextvars import Context
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.operations.admission import held_by_another
from tableadmin_server.operations.background_admission import BackgroundAdmission, CheckStopped, aborted_error
from tableadmin_server.operations.execution import approval, journal
from tableadmin_server.operations.execution.events import log_event
from tableadmin_server.operations.execution.failure_detector import FailureDetector
from tableadmin_server.operations.execution.heartbeat import Heartbeat, now
from tableadmin_server.operations.execution.lease import Lease
from tableadmin_server.operations.execution.observer import (
    UNOBSERVED,
    UNTRACED,
    OperationObserver,
    OperationTracing,
)
from tableadmin_server.operations.execution.reconcile import End, WaitsFor, error_of
from tableadmin_server.operations.execution.run import Run
from tableadmin_server.operations.storage.record import Admission, Operation, OperationStatus, State
from tableadmin_server.operations.storage.store import Entry, LeaseLost, Store, StoredLease
from tableadmin_server.security.audit.audit import Audit
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.watching.hub import Hub

_log = structlog.get_logger()

# A server searches so many times per lease for operations that no server carries out.
SEARCHES_PER_LEASE = 3
# So many operations whose record could not be written any more are kept in memory.
_MAX_LOST = 1000


class Slot(NamedTuple):
    """Room for one more operation: LEASE_HOLDER is this server, "" without room; EPOCH of its heartbeat."""

    lease_holder: str
    epoch: int


class Runner:
    """Carries out operations of ENDPOINT. CONFIG has their number at once, and the lease.

    Operations wait for approvals for APPROVAL_TIMEOUT seconds at most. AUDIT records the changes. CHANGED is
    called with the id of each operation of this server that has changed. OBSERVER is told of the events of
    the operations, TRACING traces them.
    """

    def __init__(  # noqa: PLR0913  # what operations work with
        self,
        endpoint: Endpoint,
        config: EndpointConfig,
        hub: Hub,
        store: Store,
        audit: Audit,
        changed: Callable[[str], None],
        approval_timeout: float,
        *,
        observer: OperationObserver = UNOBSERVED,
        tracing: OperationTracing = UNTRACED,
    ) -> None:
        server = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
        self._heartbeat = Heartbeat(
            store, server, config.operation_lease, self.cancel, self._abandon, hub.supervisor, observer
        )
        self._observer = observer
        self._tracing = tracing
        self._endpoint = endpoint
        self._lease_seconds = config.operation_lease
        self._max_runs = self._max_runs_of_all = config.concurrent_operations
        self._hub = hub
        self._store = store
        self._audit = audit
        self._approval_timeout = approval_timeout
        self._changed = changed
        self._runs: dict[str, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # The last states of operations whose record could not be written any more.
        self._lost: dict[str, Operation] = {}
        # The operations that this server received while it had no room.
        self._queue: deque[Entry] = deque()
        self._acquiring: set[str] = set()
        # The operations of this server whose request is not checked yet.
        self._unadmitted: dict[str, Operation] = {}
        self._admission = BackgroundAdmission(endpoint, store)
        self._failure_detector = FailureDetector(store, server, config.operation_lease, now)
        self._looking: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def server(self) -> str:
        """The name of this server, unique to this process."""
        return self._heartbeat.server

    def share(self, servers: int) -> None:
        """Run at most 1/SERVERS of `concurrent_operations` at once, and at least one."""
        self._max_runs = max(1, self._max_runs_of_all // servers)
        self._start_queued()

    @property
    def has_free_slot(self) -> bool:
        """Whether one more operation may start."""
        busy = len(self._runs) + len(self._acquiring)
        return not self._stopping and busy < self._max_runs

    def start(self) -> None:
        """Search for operations that no server carries out, until `stop`."""
        self._looking = asyncio.create_task(
            self._hub.supervisor.repeat("operations.take_over", self._take_over_later)
        )

    def operation(self, operation_id: str) -> Operation | None:
        """Return the operation in its current state, None if this server does not carry it out."""
        run = self._runs.get(operation_id)
        return self._unadmitted.get(operation_id) if run is None else run.operation

    @property
    def approvals_waiting(self) -> int:
        """The number of operations, of all servers, that waited for approval at the last search."""
        return self._failure_detector.approvals_waiting

    def held(self) -> list[Operation]:
        """Return the operations that this server carries out or has queued. Any thread may call this."""
        queued = [entry.operation for entry in list(self._queue)]
        return [
            *(run.operation for run in list(self._runs.values())),
            *list(self._unadmitted.values()),
            *queued,
        ]

    def lost(self, operation_id: str) -> Operation | None:
        """Return the last state of an operation whose record this server could not write any more."""
        return self._lost.get(operation_id)

    @contextlib.asynccontextmanager
    async def slot(self, operation_id: str) -> AsyncIterator[Slot]:
        """Reserve room, if there is any, for an operation that is about to be created. Raises Failure."""
        if not self.has_free_slot:
            yield Slot("", 0)
            return
        self._acquiring.add(operation_id)
        try:
            yield Slot(self._heartbeat.server, await self._heartbeat.begin())
        finally:
            self._acquiring.discard(operation_id)
            self._stop_idle_heartbeat()

    def admitted(self, request_id: str) -> None:
        """Note that the request has passed its checks."""
        self._admission.remember(request_id, Admission())

    async def add_unadmitted(self, operations: Sequence[Operation]) -> list[Operation]:
        """Write OPERATIONS of one request, which is not checked yet. Returns them as they are stored.

        They wait until all tables of the request are checked. Then all are carried out, or all end ABORTED.
        Raises Failure.
        """
        new = {each.spec.operation_id: each for each in operations}
        self._unadmitted.update(new)
        try:
            server = "" if self._stopping else self._heartbeat.server
            epoch = await self._heartbeat.begin()
            entries = await self._store.add_all(operations, server)
        except BaseException:
            self._drop_unadmitted(new)
            raise
        owned = {
            each.operation.spec.operation_id: each
            for each in entries
            if each.lease_of(server) and not each.operation.status.state.ended
        }
        self._drop_unadmitted(new.keys() - owned.keys())
        if owned:
            self._in_background(self._admit(owned, epoch))
        return [each.operation for each in entries]

    async def _admit(self, entries: Mapping[str, Entry], epoch: int) -> None:
        """Wait for the checks of the request of ENTRIES, then carry out ENTRIES or end them."""
        request_id = next(iter(entries.values())).operation.spec.request_key
        try:
            admission, snapshots = await self._admission.of(request_id)
            for operation_id, entry in entries.items():
                operation = self._unadmitted.pop(operation_id)
                lease = entry.lease
                if admission.obstacles:
                    await self._abort_unadmitted(operation, lease, admission)
                elif operation_id not in snapshots and await self._take_table(lease, operation) is not None:
                    self._changed(operation_id)
                elif self.has_free_slot:
                    self._begin(operation, lease, epoch, snapshots.get(operation_id))
                else:
                    await self._store.release(lease)
                    self._queue.append(entry)
        except Failure as failure:  # the next search of any server finds the operations
            _log.debug("could not check the request", endpoint=self._endpoint.name, reason=failure.reason)
        except CheckStopped:  # this server stops; another one makes the checks
            await asyncio.gather(*(self._release(each.lease) for each in entries.values()))
        finally:
            self._drop_unadmitted(entries)
        self._start_queued()

    async def _release(self, lease: StoredLease) -> None:
        """Release LEASE, so that other servers can take over at once. If this fails, they take over later."""
        with contextlib.suppress(Failure):
            await self._store.release(lease)

    async def _abort_unadmitted(self, operation: Operation, lease: StoredLease, admission: Admission) -> None:
        """End OPERATION, which has not begun, because ADMISSION has obstacles."""
        spec = operation.spec
        end = End(State.ABORTED, aborted_error(admission, spec.table_name))
        status = journal.after_end(operation.status, end, datetime.now(UTC))
        try:
            await self._store.save(lease, status)
            self._note_end(replace(operation, status=status))
        except LeaseLost:  # the server that has the operation ends it in the same way
            _log.info("another server took over the operation", operation_id=spec.operation_id)
        self._changed(spec.operation_id)

    def _drop_unadmitted(self, operation_ids: Iterable[str]) -> None:
        for operation_id in operation_ids:
            self._unadmitted.pop(operation_id, None)
        self._stop_idle_heartbeat()

    async def start_or_queue(self, entry: Entry, slot: Slot, snapshot: Snapshot | None = None) -> Operation:
        """Give the new operation of ENTRY its table, and start or queue the operation. Returns its state.

        SNAPSHOT is the table as the checks of the request read it.

        The operation starts at once if it has this server's SLOT. Otherwise it is queued. It ends ABORTED if
        another operation holds the table. Raises Failure.
        """
        lease = entry.lease_of(self._heartbeat.server)
        if entry.operation.status.state.ended or (entry.lease_holder and lease is None):
            return entry.operation  # another server was faster
        if lease is None:
            # The server that acquires the lease later acts on the result.
            await self._store.hold_table(entry.operation.spec.table_name, entry.operation.spec.operation_id)
            self._queue.append(entry)
            self._start_queued()
            return entry.operation
        refused = await self._take_table(lease, entry.operation)
        if refused is None:
            self._begin(entry.operation, lease, slot.epoch, snapshot)
        return refused or entry.operation

    async def add_dormant(self, operation: Operation) -> Operation:
        """Write OPERATION, which is new and dormant. Returns the operation as it is stored.

        The operation ends ABORTED if another operation holds its table. Raises Failure.
        """
        entry = await self._store.add(operation, "")
        spec = entry.operation.spec
        if not entry.operation.status.state.dormant:
            return entry.operation  # another server was faster
        holder = await self._store.hold_table(spec.table_name, spec.operation_id)
        if holder != spec.operation_id:
            end = End(State.ABORTED, error_of(held_by_another(spec.table_name, holder)))
            status = journal.after_end(entry.operation.status, end, datetime.now(UTC))
            return await self.rewrite(entry, status) or entry.operation
        self._log_rest(entry.operation)
        return entry.operation

    async def rewrite(self, entry: Entry, status: OperationStatus) -> Operation | None:
        """Write STATUS of ENTRY, which is dormant, and queue the operation if STATUS is PENDING.

        Returns the operation as it is stored, None if it has changed since ENTRY was read. Raises Failure.
        """
        written = await self._store.rewrite(entry, status)
        if written is None:
            return None
        if status.state.ended:
            self._note_end(written.operation)
        elif not status.state.dormant:
            self._queue.append(written)
            self._start_queued()
        self._changed(written.operation.spec.operation_id)
        return written.operation

    async def _take_table(self, lease: StoredLease, operation: Operation) -> Operation | None:
        """Give OPERATION its table. If another operation holds the table, end OPERATION and return it."""
        spec = operation.spec
        holder = await self._store.hold_table(spec.table_name, spec.operation_id)
        if holder == spec.operation_id:
            return None
        end = End(State.ABORTED, error_of(held_by_another(spec.table_name, holder)))
        refused = replace(operation, status=journal.after_end(operation.status, end, datetime.now(UTC)))
        try:
            await self._store.save(lease, refused.status)
            self._note_end(refused)
        except LeaseLost:  # the server that has the operation ends it in the same way
            _log.info("another server took over the operation", operation_id=spec.operation_id)
        return refused

    def cancel(self, operation_id: str) -> None:
        """Cancel the operation if this server carries it out."""
        if operation_id in self._runs:
            self._runs[operation_id].cancel()
        if operation_id in self._unadmitted:
            self._unadmitted[operation_id] = replace(self._unadmitted[operation_id], cancel_requested=True)
            self._changed(operation_id)

    async def stop(self) -> None:
        """Release all operations, each before its next call, so that other servers continue them."""
        self._stopping = True
        if self._looking is not None:
            self._looking.cancel()
        self._admission.stop()
        for run in list(self._runs.values()):
            run.stop()
        while self._tasks:
            await asyncio.wait(self._tasks)
        self._heartbeat.end()

    def _begin(
        self,
        operation: Operation,
        stored: StoredLease,
        epoch: int,
        snapshot: Snapshot | None = None,
        *,
        previous: str = "",
    ) -> None:
        """Start to carry out OPERATION. PREVIOUS is the server that had the operation before, "" for none."""
        operation_id = operation.spec.operation_id
        lease = Lease(self._store, stored, self._heartbeat, epoch)
        changed = partial(self._changed, operation_id)
        server = self._heartbeat.server
        run = Run(
            operation,
            lease,
            self._endpoint,
            self._hub,
            server,
            changed,
            audit=self._audit,
            approval_timeout=self._approval_timeout,
            observer=self._observer,
            tracing=self._tracing,
        )
        if snapshot is not None:
            run.start_from(snapshot)
        if self._stopping:
            run.stop()
        if previous:
            self._observer.taken_over()
            self._log_event("operation was taken over", operation, previous_server=previous)
        else:
            self._log_event("operation began", operation)
        self._runs[operation_id] = run
        # A new context, because the operation outlives the call that starts it.
        self._in_background(self._carry_out(run), Context())

    async def _carry_out(self, run: Run) -> None:
        spec = run.operation.spec
        try:
            await self._hub.supervisor.complete("operation", run.carry_out)
            if run.operation.status.state.ended:
                self._note_end(run.operation)
            if run.operation.status.state.dormant:
                self._log_rest(run.operation)
            if not run.is_saved:
                self._remember_lost(run.operation)
        finally:
            del self._runs[spec.operation_id]
            self._changed(spec.operation_id)
            self._start_queued()
            self._stop_idle_heartbeat()

    def _abandon(self, failure: Failure) -> None:
        """End all operations, because the operations table is gone."""
        for run in list(self._runs.values()):
            run.abandon(failure)

    def _stop_idle_heartbeat(self) -> None:
        """End the heartbeat if this server has no operations."""
        if not self._runs and not self._acquiring and not self._unadmitted:
            self._heartbeat.end()

    def _remember_lost(self, operation: Operation) -> None:
        self._lost[operation.spec.operation_id] = operation
        if len(self._lost) > _MAX_LOST:
            del self._lost[next(iter(self._lost))]

    def _start_queued(self) -> None:
        """Acquire the leases of queued operations while there is room."""
        while self._queue and self.has_free_slot:
            self._claim_soon(self._queue.popleft())

    def _claim_soon(self, entry: Entry) -> None:
        operation_id = entry.operation.spec.operation_id
        # The search also finds queued operations, and the same server could acquire the lease twice.
        if self._is_here(operation_id):
            return
        self._acquiring.add(operation_id)
        self._in_background(self._acquire(entry))

    async def _acquire(self, entry: Entry) -> None:
        try:
            acquired = await self._hub.supervisor.complete(
                "operation.acquire_lease", partial(self._try_acquire, entry)
            )
            if acquired is not None:
                self._begin(
                    entry.operation, *acquired, previous=entry.lease_holder or entry.operation.status.server
                )
        finally:
            self._acquiring.discard(entry.operation.spec.operation_id)
        self._start_queued()
        self._stop_idle_heartbeat()

    async def _try_acquire(self, entry: Entry) -> tuple[StoredLease, int] | None:
        """The lease of ENTRY and the epoch of the heartbeat; None if the operation can't be started."""
        lease: StoredLease | None = None
        try:
            epoch = await self._heartbeat.begin()
            lease = await self._store.acquire_lease(entry, self._heartbeat.server)
            if lease is None or await self._take_table(lease, entry.operation) is not None:
                return None
            if entry.operation.status.state is State.PENDING:
                admission, _ = await self._admission.of(entry.operation.spec.request_key)
                if admission.obstacles:
                    await self._abort_unadmitted(entry.operation, lease, admission)
                    return None
        except CheckStopped:  # this server stops
            if lease is not None:
                await self._release(lease)
            return None
        except Failure as failure:  # the next search of any server finds the operation
            _log.debug(
                "could not acquire the lease of the operation",
                endpoint=self._endpoint.name,
                reason=failure.reason,
            )
            return None
        return lease, epoch

    async def _take_over_later(self) -> None:
        # Random, so that servers that started together do not all search at the same time.
        spread = random.uniform(0.8, 1.2)  # noqa: S311  # not a secret
        await asyncio.sleep(self._lease_seconds / SEARCHES_PER_LEASE * spread)
        try:
            for entry in await self._failure_detector.orphans(self._is_here):
                ended = self._ended_rest(entry.operation)
                if ended is not None:
                    await self.rewrite(entry, ended)
                elif self.has_free_slot:
                    self._claim_soon(entry)
        except Failure as failure:
            _log.debug("could not search for operations", endpoint=self._endpoint.name, reason=failure.reason)

    def _ended_rest(self, operation: Operation) -> OperationStatus | None:
        """The last status of OPERATION, which is due; None if the operation is to be carried out."""
        state, now = operation.status.state, datetime.now(UTC)
        if state.dormant and operation.cancel_requested:
            return approval.after_cancellation(operation.status, now)
        return approval.after_expiry(operation, now) if state is State.AWAITING_APPROVAL else None

    def _note_end(self, operation: Operation) -> None:
        """Tell the log and the observer how OPERATION ended."""
        status = operation.status
        seconds = max(0.0, ((status.ended or status.updated) - operation.spec.created).total_seconds())
        self._observer.ended(status.state, seconds)
        self._log_event(
            "operation ended",
            operation,
            state=status.state.value,
            reason=status.error.reason if status.error else None,
            calls=len(status.calls),
            seconds=round(seconds, 3),
        )

    def _is_here(self, operation_id: str) -> bool:
        return any(operation_id in here for here in (self._runs, self._acquiring, self._unadmitted))

    def _in_background(self, work: Coroutine[None, None, None], context: Context | None = None) -> None:
        task = asyncio.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _log_rest(self, operation: Operation) -> None:
        """Log what OPERATION, which is dormant, waits for."""
        awaits = WaitsFor.APPROVAL if operation.status.state is State.AWAITING_APPROVAL else WaitsFor.TIME
        self._log_event("operation waits", operation, waits_for=awaits, waits=list(operation.status.waits))

    def _log_event(self, event: str, operation: Operation, **facts: object) -> None:
        log_event(event, operation.spec, self._endpoint.name, **facts)
