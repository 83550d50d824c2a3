"""The operations of one endpoint, as the services use them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

import msgspec
from google.rpc.code_pb2 import Code

from tableadmin_server.config import EndpointConfig, PoliciesConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.operations import admission
from tableadmin_server.operations.admission import CheckedTable
from tableadmin_server.operations.execution import approval
from tableadmin_server.operations.execution.observer import (
    UNOBSERVED,
    UNTRACED,
    OperationObserver,
    OperationTracing,
)
from tableadmin_server.operations.execution.reconcile import drift_failure
from tableadmin_server.operations.membership.membership import Membership
from tableadmin_server.operations.operation_polls import OperationPolls, not_found
from tableadmin_server.operations.request import ApplyRequest
from tableadmin_server.operations.runner import Runner
from tableadmin_server.operations.storage.record import (
    Admission,
    Operation,
    OperationSpec,
    OperationStatus,
    State,
)
from tableadmin_server.operations.storage.store import Entry, Found, Page, RequestRecord, Selection, Store
from tableadmin_server.planner import plan
from tableadmin_server.security.audit.audit import Audit
from tableadmin_server.security.identity import Principal
from tableadmin_server.tables.planned import read_for_plan
from tableadmin_server.watching.hub import Hub


class Operations:
    """Starts, reads, approves and cancels the operations of ENDPOINT. Every method raises Failure.

    Operations wait for approvals for APPROVAL_TIMEOUT seconds at most. OBSERVER is told of their events,
    TRACING traces them.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        config: EndpointConfig,
        hub: Hub,
        audit: Audit,
        approval_timeout: float = PoliciesConfig().approval_timeout,
        observer: OperationObserver = UNOBSERVED,
        tracing: OperationTracing = UNTRACED,
    ) -> None:
        self._approval_timeout = timedelta(seconds=approval_timeout)
        self.endpoint = endpoint
        self._store = Store(endpoint, audit)
        self._tracing = tracing
        self._applying: set[asyncio.Task[list[Operation]]] = set()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._polls = OperationPolls(hub, self.get)
        self._runner = Runner(
            endpoint,
            config,
            hub,
            self._store,
            audit,
            self._polls.trigger,
            approval_timeout,
            observer=observer,
            tracing=tracing,
        )
        self._membership = Membership(self._store, self._runner.server, hub, self._share)

    def start(self) -> None:
        """Take over operations until `stop`, and exchange changes with other servers until `leave`."""
        self._runner.start()
        self._membership.start()

    async def stop(self) -> None:
        """Release the operations that this server carries out."""
        await self._runner.stop()

    async def leave(self) -> None:
        """Send the last changes to the servers that share the operations table, and tell them of the stop."""
        await self._membership.stop()

    @property
    def live_servers(self) -> int:
        """The number of running servers that share the operations table, this server included."""
        return self._membership.live

    def _share(self, servers: int) -> None:
        """Use 1/SERVERS of the call budget and of the concurrent operations, which all servers share."""
        self.endpoint.background.share(servers)
        self._runner.share(servers)

    @property
    def approvals_waiting(self) -> int:
        """The number of operations, of all servers, that waited for approval at the last search."""
        return self._runner.approvals_waiting

    def held(self) -> list[Operation]:
        """Return the operations that this server carries out or has queued. Any thread may call this."""
        return self._runner.held()

    async def apply(self, apply_request: ApplyRequest) -> list[Operation]:
        """Return an operation for each table. A repeated request gets the operations of the first one."""
        applying = asyncio.create_task(self._apply(replace(apply_request, trace=self._tracing.origin())))
        # A caller that disconnects cancels its call. The writes of the request are finished all the same.
        self._applying.add(applying)
        applying.add_done_callback(self._applying.discard)
        return await asyncio.shield(applying)

    async def _apply(self, apply_request: ApplyRequest) -> list[Operation]:
        # Two concurrent calls with the same key would each create the operations that do not exist yet.
        lock = self._locks.setdefault(apply_request.key, asyncio.Lock())
        async with lock:
            checked: Mapping[str, CheckedTable] = {}
            request = await self._store.request(apply_request.key)
            if request is None:
                request, checked = await self._check(apply_request)
            specs = list(apply_request.operation_specs(request))
            existing = await self._existing([spec.operation_id for spec in specs])
            new = [spec for spec in specs if spec.operation_id not in existing]
            created = await self._create_all(request, new, checked)
            return [{**existing, **created}[spec.operation_id] for spec in specs]

    async def get(self, operation_id: str) -> Operation | None:
        """Return the operation in its current state, None if it does not exist."""
        here = self._runner.operation(operation_id)
        if here is not None:
            return here
        entry = await self._store.get(operation_id)
        return self._runner.lost(operation_id) if entry is None else entry.operation

    async def page(self, selection: Selection, *, before: str, limit: int) -> Page:
        """Return a page as Store.page does. Operations of this server are in their current state."""
        page = await self._store.page(selection, before=before, limit=limit)
        return replace(page, found={name: self._newest(found) for name, found in page.found.items()})

    def _newest(self, found: Found) -> Found:
        if isinstance(found, Failure):
            return found
        here = self._runner.operation(found.operation.spec.operation_id)
        return found if here is None else replace(found, operation=here)

    async def forget(self, operation_id: str) -> None:
        """Remove the record of an operation that has ended or can't be read.

        Raises Failure: NOT_FOUND if it does not exist, FAILED_PRECONDITION if it has not ended.
        """
        found = (await self._store.entries([operation_id])).get(operation_id)
        if found is None:
            raise not_found(operation_id)
        if isinstance(found, Entry) and not found.operation.status.state.ended:
            raise Failure(
                Code.FAILED_PRECONDITION,
                f"the operation {operation_id} has not ended; cancel the operation first",
                reason="OPERATION_NOT_ENDED",
                metadata={"operation_id": operation_id},
            )
        await self._store.forget(operation_id)

    async def cancel(self, operation_id: str) -> Operation | None:
        """Cancel the operation before its next call. Returns None if it does not exist."""
        entry = await self._store.request_cancel(operation_id)
        if entry is None:
            return None
        if entry.operation.status.state.dormant:
            now = datetime.now(UTC)
            ended = await self._runner.rewrite(
                entry, approval.after_cancellation(entry.operation.status, now)
            )
            if ended is not None:
                return ended
        if entry.operation.cancel_requested:
            self._runner.cancel(operation_id)
            if self._runner.operation(operation_id) is None and entry.lease_holder:
                await self._store.notify_cancel(entry.lease_holder, operation_id)
        self._polls.trigger(operation_id)
        return self._runner.operation(operation_id) or entry.operation

    async def approve(self, operation_id: str, principal: Principal, comment: str) -> Operation | None:
        """Approve the plan of the operation as PRINCIPAL. Returns None if the operation does not exist.

        Raises Failure if the principal may not approve, if the operation does not wait for approval, and if
        its table has changed. A changed table ends the operation.
        """
        while True:
            entry = await self._store.get(operation_id)
            if entry is None:
                return None
            given = approval.approval_of(entry.operation, principal, comment, datetime.now(UTC))
            if given is None:
                return self._runner.operation(operation_id) or entry.operation
            drift = await self._drift(entry.operation, given.fingerprint)
            if drift is not None:
                ended = approval.ended_by_drift(entry.operation, drift, given.at)
                if await self._runner.rewrite(entry, ended) is not None:
                    raise _drift_failure(drift)
                continue
            written = await self._runner.rewrite(entry, approval.after_approval(entry.operation, given))
            if written is not None:
                return written

    async def reject(self, operation_id: str, principal: Principal, comment: str) -> Operation | None:
        """Reject the plan of the operation as PRINCIPAL, and end the operation. Returns None if none exists.

        Raises Failure if the principal may not reject, and if the operation does not wait for approval.
        """
        while True:
            entry = await self._store.get(operation_id)
            if entry is None:
                return None
            now = datetime.now(UTC)
            rejection = approval.approval_of(entry.operation, principal, comment, now, rejects=True)
            if rejection is None:
                return entry.operation
            written = await self._runner.rewrite(entry, approval.after_rejection(entry.operation, rejection))
            if written is not None:
                return written

    async def _drift(self, operation: Operation, fingerprint: str) -> Failure | None:
        """How the table differs from FINGERPRINT, None if it does not. Raises Failure if it can't be read."""
        spec = operation.spec
        live = await read_for_plan(self.endpoint, spec.table_name, spec.table_spec)
        return drift_failure(spec.table_name, fingerprint, plan(spec.table_spec, live, datetime.now(UTC)))

    def follow(self, operation_ids: Sequence[str]) -> AsyncGenerator[Operation | None]:
        """Yield each operation in its current state and after each change, until all have ended.

        Yields None after 30 s without a change. Raises Failure (NOT_FOUND) if an operation does not exist.
        """
        return self._polls.follow(operation_ids)

    async def _check(self, apply_request: ApplyRequest) -> tuple[RequestRecord, Mapping[str, CheckedTable]]:
        """Check and write APPLY_REQUEST: its record, and the tables that the checks have read."""
        request = apply_request.record(datetime.now(UTC))
        try:
            specs = list(apply_request.operation_specs(request))
            holders = await self._store.holders([spec.table_name for spec in specs])
            checked = await admission.check(self.endpoint, specs, holders)
        except Failure:
            # If another server has written the same request, the tables are held by its own operations.
            known = await self._store.request(apply_request.key)
            if known is None:
                raise
            return known, {}
        if len(checked) == len(specs):
            request = replace(request, admission=Admission())
        await self._store.ensure()
        return await self._store.add_request(apply_request.key, request), checked

    async def _existing(self, operation_ids: Sequence[str]) -> dict[str, Operation]:
        """The operations that exist, by id; raises Failure if the record of one can't be read."""
        existing: dict[str, Operation] = {}
        for operation_id, found in (await self._store.entries(operation_ids)).items():
            if isinstance(found, Failure):
                raise found
            existing[operation_id] = self._runner.operation(operation_id) or found.operation
        lost = ((each, self._runner.lost(each)) for each in operation_ids if each not in existing)
        return existing | {operation_id: each for operation_id, each in lost if each is not None}

    async def _create_all(
        self, request: RequestRecord, specs: Sequence[OperationSpec], checked: Mapping[str, CheckedTable]
    ) -> dict[str, Operation]:
        """Create operations for SPECS of REQUEST, by id. CHECKED has the checked tables."""
        if not specs:
            return {}
        if request.admission is None or request.admission.obstacles:
            waits = ("the checks of all tables of the request",)
            created = await self._runner.add_unadmitted([_new(spec, State.PENDING, waits) for spec in specs])
        else:
            self._runner.admitted(specs[0].request_key)
            created = await asyncio.gather(
                *(self._create(spec, checked.get(spec.operation_id)) for spec in specs)
            )
        return {each.spec.operation_id: each for each in created}

    async def _create(self, spec: OperationSpec, checked: CheckedTable | None) -> Operation:
        """Create an operation for SPEC, or return the one that another server has created."""
        new = _new(spec, State.PENDING)
        resting = None if checked is None else self._resting(new, checked)
        if resting is not None:
            return await self._runner.add_dormant(msgspec.structs.replace(new, status=resting))
        async with self._runner.slot(spec.operation_id) as slot:
            entry = await self._store.add(
                _new(spec, State.RUNNING if slot.lease_holder else State.PENDING), slot.lease_holder
            )
            return await self._runner.start_or_queue(entry, slot, checked and checked.live)

    def _resting(self, operation: Operation, checked: CheckedTable) -> OperationStatus | None:
        """The dormant status of OPERATION, None if it may begin. CHECKED is its checked table."""
        now = datetime.now(UTC)
        return approval.dormant_status(
            operation.spec, operation.status, checked.plan, checked.required, now, self._approval_timeout
        )


def _drift_failure(drift: Failure) -> Failure:
    message = f"{drift.message}. The operation has ended: make a new plan"
    return Failure(Code.FAILED_PRECONDITION, message, reason=drift.reason)


def _new(spec: OperationSpec, state: State, waits: tuple[str, ...] = ()) -> Operation:
    return Operation(spec=spec, status=OperationStatus(state=state, updated=datetime.now(UTC), waits=waits))
