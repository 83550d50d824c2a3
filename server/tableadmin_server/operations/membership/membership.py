"""Tells the servers that share an operations table which tables each of them has just changed."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count

import structlog

from tableadmin_server.failure import Failure
from tableadmin_server.operations.execution.heartbeat import now
from tableadmin_server.operations.membership.other_members import BEAT_INTERVAL, OtherMembers
from tableadmin_server.operations.membership.own_changes import OwnChanges
from tableadmin_server.operations.storage.store import TABLE_GONE, Member, Store
from tableadmin_server.polling.auto_reset_event import AutoResetEvent
from tableadmin_server.watching.hub import Hub

_log = structlog.get_logger()

# Seconds between reads of the other servers' items while streams are open. Otherwise BEAT_INTERVAL applies.
LOOK_INTERVAL = 0.5
# Seconds between writes of this server's item at least. Changes in between share a write.
ANNOUNCE_GAP = 0.25
# Seconds until a failed read or write is retried.
_RETRY_INTERVAL = 2.0


class Membership:
    """The server NAME among those that share the operations table in STORE.

    Each server writes an item with the tables that it has just changed, and reads the items of the others. A
    change by another server polls the table on HUB. SHARE is called with the number of running servers. While
    the operations table does not exist, nothing is written. While no other server has streams, a server
    writes its item every BEAT_INTERVAL only. After a change it checks whether another server has streams now.
    """

    def __init__(self, store: Store, name: str, hub: Hub, share: Callable[[int], object]) -> None:
        self._store = store
        self._name = name
        self._hub = hub
        self._share = share
        self._own = OwnChanges()
        self._others = OtherMembers(now)
        self._revisions = count(1)
        self._changed = AutoResetEvent()
        # Whether the operations table exists; None before the first read.
        self._has_table: bool | None = None
        # Whether this server's item is written, and whether it says that this server has streams.
        self._is_announced = self._watches = False
        self._looked = float("-inf")
        self._failures: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        hub.on_change = self._note_change

    @property
    def live(self) -> int:
        """The number of running servers, this server included."""
        return 1 + self._others.live

    def start(self) -> None:
        """Share changes until `stop`."""
        repeat = self._hub.supervisor.repeat
        self._tasks = [
            asyncio.create_task(repeat("membership.announce", self._announce_later)),
            asyncio.create_task(repeat("membership.look", self._look_later)),
        ]

    async def stop(self) -> None:
        """Write that this server has stopped. Its last changes stay in its item for the other servers."""
        for task in self._tasks:
            task.cancel()
        if self._has_table and self._tasks:
            await self._tried("announce", partial(self._announce, left=True))

    def _note_change(self, table: str) -> None:
        self._own.add(table)
        self._changed.wake()

    async def _announce_later(self) -> None:
        """Write this server's item every BEAT_INTERVAL, and after a change if another server has streams."""
        after_change = await self._changed.wait(asyncio.get_running_loop().time() + BEAT_INTERVAL)
        if self._has_table is None or (self._has_table and after_change and not self._must_announce):
            await self._tried("look", self._look)
        if not self._has_table:
            return
        if self._must_announce or not after_change:
            await self._tried("announce", self._announce)
        if "announce" in self._failures:
            self._changed.wake()
            await asyncio.sleep(_RETRY_INTERVAL)
        else:
            await asyncio.sleep(ANNOUNCE_GAP)

    @property
    def _must_announce(self) -> bool:
        """Whether another server has streams, or this server's item is missing or outdated."""
        return self._others.watch or not self._is_announced or self._lacks_streams

    @property
    def _lacks_streams(self) -> bool:
        """Whether this server has streams and its item does not say so."""
        return self._hub.streams.any and not self._watches

    async def _announce(self, *, left: bool = False) -> None:
        changes, watches = self._own.current(now()), self._hub.streams.any
        await self._store.save_member(Member(self._name, next(self._revisions), changes, watches, left))
        self._has_table = self._is_announced = True
        self._watches = watches
        self._own.written(changes, now())

    async def _look_later(self) -> None:
        """Read the other servers' items: every LOOK_INTERVAL while streams are open, else BEAT_INTERVAL."""
        await asyncio.sleep(_RETRY_INTERVAL if "look" in self._failures else LOOK_INTERVAL)
        if self._has_table and self._lacks_streams:
            self._changed.wake()
        watched = self._hub.streams.any and self._has_table is not False
        if watched or now() - self._looked >= BEAT_INTERVAL:
            await self._tried("look", self._look)

    async def _look(self) -> None:
        self._looked = now()
        members = await self._store.members()
        if members is None:
            self._has_table = False
            return
        had_watchers = self._others.watch
        self._has_table = True
        changed, gone = self._others.read([each for each in members if each.name != self._name])
        for table in changed:
            self._hub.poll_now(table)
        self._share(self.live)
        if not self._is_announced or (self._others.watch and not had_watchers):
            self._changed.wake()
        for each in gone:
            await self._store.forget_member(each)

    async def _tried(self, task: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do WORK of TASK ("announce" or "look"). A failure is logged if it differs from the last one."""
        try:
            await work()
        except Failure as failure:
            if failure.reason == TABLE_GONE:
                self._has_table = False
                self._failures.pop(task, None)
            elif self._failures.get(task) != failure.reason:
                self._failures[task] = failure.reason
                _log.info(
                    "could not tell other servers which tables this server changes"
                    if task == "announce"
                    else "could not read which tables other servers change",
                    endpoint=self._hub.endpoint.name,
                    reason=failure.reason,
                )
        else:
            self._failures.pop(task, None)
