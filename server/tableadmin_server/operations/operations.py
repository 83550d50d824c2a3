"""The operations of one endpoint, as those who ask for them and look at them see them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from google.rpc.code_pb2 import Code

from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tableadmin_server.operations import admission
from tableadmin_server.operations.following import Following, not_found
from tableadmin_server.operations.request import Application
from tableadmin_server.operations.runner import Runner
from tableadmin_server.operations.storage.record import Admission, Operation, Order, Progress, State
from tableadmin_server.operations.storage.store import Entry, Found, Page, Request, Selection, Store
from tableadmin_server.tables.snapshot import Snapshot
from tableadmin_server.watching.hub import Hub


class Operations:
    """Begins, shows and stops the operations of ENDPOINT; every method raises Failure."""

    def __init__(self, endpoint: Endpoint, config: EndpointConfig, hub: Hub) -> None:
        self._endpoint = endpoint
        self._store = Store(endpoint)
        self._applying: set[asyncio.Task[list[Operation]]] = set()
        self._alone: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._following = Following(hub, self.get)
        self._runner = Runner(endpoint, config, hub, self._store, self._following.trigger)

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
            seen: Mapping[str, Snapshot] = {}
            request = await self._store.request(application.request_id)
            if request is None:
                request, seen = await self._checked(application)
            orders = list(application.orders(request))
            there = await self._there([order.operation_id for order in orders])
            new = [order for order in orders if order.operation_id not in there]
            begun = await self._begin_all(request, new, seen)
            return [{**there, **begun}[order.operation_id] for order in orders]

    async def get(self, operation_id: str) -> Operation | None:
        """Where the operation stands; None where there is none."""
        here = self._runner.operation(operation_id)
        if here is not None:
            return here
        entry = await self._store.get(operation_id)
        return self._runner.lost(operation_id) if entry is None else entry.operation

    async def page(self, selection: Selection, *, before: str, limit: int) -> Page:
        """See Store.page; the operations of this server are as they stand at this moment."""
        page = await self._store.page(selection, before=before, limit=limit)
        return replace(page, found={name: self._newest(found) for name, found in page.found.items()})

    def _newest(self, found: Found) -> Found:
        if isinstance(found, Failure):
            return found
        here = self._runner.operation(found.operation.order.operation_id)
        return found if here is None else replace(found, operation=here)

    async def forget(self, operation_id: str) -> None:
        """Remove the record of an operation that has ended or can't be read.

        Raises Failure: NOT_FOUND where there is none, FAILED_PRECONDITION while the operation has not ended.
        """
        found = (await self._store.entries([operation_id])).get(operation_id)
        if found is None:
            raise not_found(operation_id)
        if isinstance(found, Entry) and not found.operation.progress.state.ended:
            raise Failure(
                Code.FAILED_PRECONDITION,
                f"the operation {operation_id} has not ended; cancel the operation first",
                reason="OPERATION_NOT_ENDED",
                metadata={"operation_id": operation_id},
            )
        await self._store.forget(operation_id)

    async def cancel(self, operation_id: str) -> Operation | None:
        """Ask the operation to stop before its next call; None where there is none."""
        entry = await self._store.request_cancel(operation_id)
        if entry is None:
            return None
        if entry.operation.cancel_requested:
            self._runner.cancel(operation_id)
            if self._runner.operation(operation_id) is None and entry.owner:
                await self._store.tell(entry.owner, operation_id)
        self._following.trigger(operation_id)
        return self._runner.operation(operation_id) or entry.operation

    def follow(self, operation_ids: Sequence[str]) -> AsyncGenerator[Operation | None]:
        """Each operation as it is now, and whenever it has changed, until all have ended.

        None is a sign of life. Raises Failure (NOT_FOUND) for what is not, or no more, an operation.
        """
        return self._following.follow(operation_ids)

    async def _checked(self, application: Application) -> tuple[Request, Mapping[str, Snapshot]]:
        """What is written of APPLICATION once no check fails, and the tables that the checks have read."""
        request = application.remembered(datetime.now(UTC))
        try:
            orders = list(application.orders(request))
            holders = await self._store.holders([order.table_name for order in orders])
            seen = await admission.check(self._endpoint, orders, holders)
        except Failure:
            # What stands against it may be itself, where another server was faster.
            known = await self._store.request(application.request_id)
            if known is None:
                raise
            return known, {}
        if len(seen) == len(orders):
            request = replace(request, admission=Admission())
        await self._store.ensure()
        return await self._store.add_request(application.request_id, request), seen

    async def _there(self, operation_ids: Sequence[str]) -> dict[str, Operation]:
        """The operations that there are, by id; raises Failure for one that can't be read."""
        there: dict[str, Operation] = {}
        for operation_id, found in (await self._store.entries(operation_ids)).items():
            if isinstance(found, Failure):
                raise found
            there[operation_id] = self._runner.operation(operation_id) or found.operation
        lost = ((each, self._runner.lost(each)) for each in operation_ids if each not in there)
        return there | {operation_id: each for operation_id, each in lost if each is not None}

    async def _begin_all(
        self, request: Request, orders: Sequence[Order], seen: Mapping[str, Snapshot]
    ) -> dict[str, Operation]:
        """New operations for ORDERS of REQUEST, by id, whose tables were SEEN."""
        if not orders:
            return {}
        if request.admission is None or request.admission.obstacles:
            waits = ("the checks of all tables of the request",)
            begun = await self._runner.add_unadmitted([_new(order, State.PENDING, waits) for order in orders])
        else:
            self._runner.admitted(orders[0].request_id)
            begun = await asyncio.gather(
                *(self._begin(order, seen.get(order.operation_id)) for order in orders)
            )
        return {each.order.operation_id: each for each in begun}

    async def _begin(self, order: Order, seen: Snapshot | None) -> Operation:
        """A new operation for ORDER, or the one that another server has begun."""
        async with self._runner.room(order.operation_id) as room:
            entry = await self._store.add(
                _new(order, State.RUNNING if room.owner else State.PENDING), room.owner
            )
            return await self._runner.take(entry, room, seen)


def _new(order: Order, state: State, waits: tuple[str, ...] = ()) -> Operation:
    return Operation(order=order, progress=Progress(state=state, updated=datetime.now(UTC), waits=waits))
