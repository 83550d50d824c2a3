"""Streams of the states of operations. All streams of one operation share its poll loop."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from functools import partial

from google.rpc.code_pb2 import Code

from tableadmin_server.dynamodb.poll_order import PollPriority
from tableadmin_server.failure import Failure
from tableadmin_server.operations.storage.record import Operation
from tableadmin_server.polling.auto_reset_event import AutoResetEvent
from tableadmin_server.polling.poller import Poller
from tableadmin_server.watching.hub import Hub

# Seconds between reads of an operation that another server carries out.
_POLL_SECONDS = 2.0
# Seconds without a change after which a stream gets None.
_KEEPALIVE_SECONDS = 30.0


class OperationPolls:
    """The poll loops of operations, which READ reads. `trigger` polls at once."""

    def __init__(self, hub: Hub, read: Callable[[str], Awaitable[Operation | None]]) -> None:
        self._hub = hub
        self._read = read
        self._pollers: dict[str, Poller[Operation | None]] = {}

    def trigger(self, operation_id: str) -> None:
        """Poll the operation now, because it has changed."""
        if operation_id in self._pollers:
            self._pollers[operation_id].trigger()

    async def follow(self, operation_ids: Sequence[str]) -> AsyncGenerator[Operation | None]:
        """See Operations.follow."""
        follower = AutoResetEvent()
        with self._joined(follower, operation_ids) as pollers:
            async with aclosing(self._changes(follower, pollers)) as changes:
                async for operation in changes:
                    yield operation

    async def _changes(
        self, follower: AutoResetEvent, pollers: dict[str, Poller[Operation | None]]
    ) -> AsyncGenerator[Operation | None]:
        sent: dict[str, Operation] = {}
        left = set(pollers)
        while left:
            self._hub.streams.check_running()
            for operation_id in sorted(left):
                operation = _seen(operation_id, pollers[operation_id], follower)
                if operation is not None and operation != sent.get(operation_id):
                    sent[operation_id] = operation
                    if operation.status.state.ended:
                        left.remove(operation_id)
                    yield operation
            if left and not await follower.wait(asyncio.get_running_loop().time() + _KEEPALIVE_SECONDS):
                yield None

    @contextlib.contextmanager
    def _joined(
        self, follower: AutoResetEvent, operation_ids: Sequence[str]
    ) -> Iterator[dict[str, Poller[Operation | None]]]:
        pollers = {operation_id: self._poller(operation_id) for operation_id in operation_ids}
        self._hub.enter(follower)
        for poller in pollers.values():
            poller.join(follower, _POLL_SECONDS)
        try:
            yield pollers
        finally:
            self._hub.exit(follower)
            for operation_id, poller in pollers.items():
                poller.leave(follower)
                if not poller.watched:
                    self._pollers.pop(operation_id, None)

    def _poller(self, operation_id: str) -> Poller[Operation | None]:
        if operation_id not in self._pollers:
            read = partial(self._read, operation_id)
            self._pollers[operation_id] = self._hub.poller(
                read, lambda before, now: before != now, PollPriority()
            )
        return self._pollers[operation_id]


def _seen(operation_id: str, poller: Poller[Operation | None], follower: AutoResetEvent) -> Operation | None:
    """The operation, None while it can't be read; raises Failure if it does not exist."""
    if not poller.is_readable(follower):
        return None
    if poller.state is None:
        raise not_found(operation_id)
    return poller.state


def not_found(operation_id: str) -> Failure:
    """Return the Failure (NOT_FOUND) for an operation that does not exist or whose record has expired."""
    return Failure(
        Code.NOT_FOUND,
        f"the operation {operation_id} does not exist, or its record has expired",
        reason="OPERATION_NOT_FOUND",
        metadata={"operation_id": operation_id},
    )
