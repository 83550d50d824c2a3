"""The operations of one endpoint, as those who ask for them and look at them see them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.operations import admission
from tableadmin_server.operations.following import Following
from tableadmin_server.operations.reconcile import trouble_of
from tableadmin_server.operations.record import Operation, Order, Progress, State
from tableadmin_server.operations.request import Application
from tableadmin_server.operations.runner import Runner
from tableadmin_server.operations.store import Request, Store
from tableadmin_server.watching.hub import Hub


class Operations:
    """Begins, shows and stops the operations of ENDPOINT; every method raises Failure."""

    def __init__(self, endpoint: Endpoint, hub: Hub) -> None:
        self._endpoint = endpoint
        self._store = Store(endpoint)
        self._applying: set[asyncio.Task[list[Operation]]] = set()
        self._alone: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._following = Following(hub, self.get)
        self._runner = Runner(endpoint, hub, self._store, self._following.poke)

    def start(self) -> None:
        """Take over operations that no server carries out, until `stop`."""
        self._runner.start()

    async def stop(self) -> None:
        """Give back what this server carries out."""
        await self._runner.stop()

    async def apply(self, application: Application) -> list[Operation]:
        """An operation for each table of APPLICATION, those of the first time if it was asked for before."""
        applying = asyncio.create_task(self._apply(application))
        # Whoever leaves before the answer leaves no request half begun.
        self._applying.add(applying)
        applying.add_done_callback(self._applying.discard)
        return await asyncio.shield(applying)

    async def _apply(self, application: Application) -> list[Operation]:
        # Two at a time would each make the operations that they do not find, and carry them out.
        alone = self._alone.setdefault(application.request_id, asyncio.Lock())
        async with alone:
            known = await self._store.request(application.request_id)
            request = known or await self._admitted(application)
            return await asyncio.gather(*map(self._begin, application.orders(request)))

    async def get(self, operation_id: str) -> Operation | None:
        """Where the operation stands; None where there is none."""
        here = self._runner.operation(operation_id)
        if here is not None:
            return here
        entry = await self._store.get(operation_id)
        return self._runner.lost(operation_id) if entry is None else entry.operation

    async def page(self, *, before: str, limit: int) -> tuple[list[Operation], str]:
        """At most LIMIT operations, newest first, and the id to go on BEFORE; "" begins, and is the end."""
        stored, following = await self._store.page(before=before, limit=limit)
        return [self._runner.operation(each.order.operation_id) or each for each in stored], following

    async def cancel(self, operation_id: str) -> Operation | None:
        """Ask the operation to stop before its next call; None where there is none."""
        entry = await self._store.request_cancel(operation_id)
        if entry is None:
            return None
        if entry.operation.cancel_requested:
            self._runner.cancel(operation_id)
            if self._runner.operation(operation_id) is None and entry.owner:
                await self._store.tell(entry.owner, operation_id)
        self._following.poke(operation_id)
        return self._runner.operation(operation_id) or entry.operation

    def follow(self, operation_ids: Sequence[str]) -> AsyncGenerator[Operation | None]:
        """Each operation as it is now, and whenever it has changed, until all have ended.

        None is a sign of life. Raises Failure (NOT_FOUND) for what is not, or no more, an operation.
        """
        return self._following.follow(operation_ids)

    async def _admitted(self, application: Application) -> Request:
        """What stands of APPLICATION once nothing stands against it."""
        request = application.remembered(datetime.now(UTC))
        try:
            await admission.check(self._endpoint, list(application.orders(request)), await self._busy())
        except Failure:
            # What stands against it may be itself, where another server was faster.
            known = await self._store.request(application.request_id)
            if known is None:
                raise
            return known
        await self._store.ensure()
        return await self._store.add_request(application.request_id, request)

    async def _busy(self) -> dict[str, str]:
        """The operations that are changing tables, by table."""
        locks = await self._store.locks()
        ended = await asyncio.gather(*(self._has_ended(lock.operation_id) for lock in locks))
        return {
            lock.table_name: lock.operation_id for lock, over in zip(locks, ended, strict=True) if not over
        }

    async def _has_ended(self, operation_id: str) -> bool:
        operation = await self.get(operation_id)
        return operation is None or operation.progress.state.ended

    async def _begin(self, order: Order) -> Operation:
        """The operation for ORDER: the one there is, or a new one."""
        there = await self.get(order.operation_id)
        if there is not None:
            return there
        holder = await self._locked_by(order)
        if holder != order.operation_id:
            return (await self._store.add(_refused(order, holder), "")).operation
        async with self._runner.room(order.operation_id) as room:
            state = State.RUNNING if room.owner else State.PENDING
            entry = await self._store.add(Operation(order=order, progress=_new(state)), room.owner)
            if entry.operation.progress.state.ended:  # another server was faster, and is through with it
                await self._store.unlock(order.table_name, order.operation_id)
        self._runner.take(entry, room)
        return entry.operation

    async def _locked_by(self, order: Order) -> str:
        """The id of the operation that has the table: ORDER's, or one that has not ended."""
        while True:
            holder = await self._store.lock(order.table_name, order.operation_id)
            if holder == order.operation_id or not await self._has_ended(holder):
                return holder
            await self._store.unlock(order.table_name, holder)


def _new(state: State) -> Progress:
    return Progress(state=state, updated=datetime.now(UTC))


def _refused(order: Order, holder: str) -> Operation:
    """The operation that ended before it began, since the operation HOLDER has the table."""
    now = datetime.now(UTC)
    trouble = trouble_of(admission.under_way(order.table_name, holder))
    progress = Progress(state=State.ABORTED, updated=now, ended=now, trouble=trouble)
    return Operation(order=order, progress=progress)
