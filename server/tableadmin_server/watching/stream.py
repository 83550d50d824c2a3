"""The stream of one watch: the tables that it has sent, those that it must send, and its messages."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import BytesValue
from google.rpc.code_pb2 import Code

from tableadmin.v1 import TableEvent, TableEventType, WatchCheckpoint, WatchEvent, WatchGap
from tableadmin_server.failure import Failure
from tableadmin_server.polling.outages import Outage, is_transient
from tableadmin_server.tables.differences import differences
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot, is_another
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.watched_table import WatchedTable

EventType: TypeAlias = "TableEventType.ValueType"

# A resume token has four fields: the server process, a digest of scope and options, a hash of the tables that
# the caller knows to exist, and the revision up to which the caller has received changes.
_FIELD_BYTES = 8
_TOKEN_BYTES = 4 * _FIELD_BYTES
# A watch subscribes to at most so many tables in one turn of the event loop.
_JOINED_IN_A_TURN = 16
# A message has at most so many events, and no further event once it has so many bytes.
_EVENTS, _EVENT_BYTES = 16, 65_536
_MASK = (1 << 8 * _FIELD_BYTES) - 1


@dataclass(frozen=True)
class Scope:
    """The tables of a watch: NAMES, or if PREFIX is set, all tables whose names begin with it."""

    names: tuple[str, ...] = ()
    prefix: str | None = None

    def holds(self, name: str) -> bool:
        """Whether the table NAME is in scope."""
        return name in self.names if self.prefix is None else name.startswith(self.prefix)


@dataclass(frozen=True)
class Options:
    """Options of a watch: the parts, whether size changes are sent, and the seconds between checkpoints.

    SNAPSHOT_ONLY ends the watch once the current state of all tables is sent.
    """

    parts: frozenset[Part]
    sizes: bool = False
    checkpoint_interval: float = 30.0
    snapshot_only: bool = False


class Watch:
    """One stream. It subscribes to the tables in scope, marks changed ones dirty, and sends the differences.

    Nothing is queued: a dirty table is sent in its current state, so a slow reader costs the server one mark
    a table. Dicts by table name hold the state of the tables, instead of one object a table: with thousands
    of streams of hundreds of tables, garbage collections would pause the event loop.
    """

    __slots__ = (
        "_awaited",
        "_checkpoint_due",
        "_complete",
        "_created",
        "_digest",
        "_dirty",
        "_found_names",
        "_has_news",
        "_hub",
        "_is_begun",
        "_known",
        "_left",
        "_names_followed",
        "_options",
        "_outages_sent",
        "_resume_token",
        "_scope",
        "_scope_known",
        "_sent",
        "_waiting",
    )

    def __init__(self, hub: Hub, scope: Scope, options: Options) -> None:
        self._hub = hub
        self._scope = scope
        self._options = options
        self._digest = _digest(scope, options)
        # The subscribed tables, each with the state that was sent last.
        self._sent: dict[str, Snapshot | None] = {}
        # The tables that came into scope after the start, as new tables do.
        self._created: dict[str, None] = {}  # an empty set needs 150 bytes more
        # The tables that may have something to send, each with the hub's revision when it was marked.
        self._dirty: dict[str, int] = {}
        # The tables that have not been read since the watch subscribed to them.
        self._awaited: set[str] = set()
        # The tables that are not polled for this watch any more, and may still have something to send.
        self._left: dict[str, None] = {}
        self._has_news = False
        # Set while the watch waits for news.
        self._waiting: asyncio.Future[None] | None = None
        self._checkpoint_due = 0.0
        self._outages_sent = hub.outages.over
        # Whether the watch knows all tables that were in scope when it began.
        self._scope_known = scope.prefix is None
        # Whether tables that come into scope now were created after the watch began.
        self._is_begun = False
        # Names in scope that were found while the names of all tables are read. They are followed first.
        self._found_names: tuple[str, ...] = ()
        self._names_followed: tuple[str, ...] | None = None
        self._complete = False
        # A hash of the tables that the caller knows to exist: the XOR of the hashes of their names.
        self._known = 0
        self._resume_token = b""

    def wake(self, table: str) -> None:
        """Note a change of TABLE; "" is a change of the table names, the endpoint or the server."""
        if table and not self._note_dirty(table):
            return
        self._has_news = True
        self._go_on()

    def found_names(self, names: Sequence[str]) -> None:
        """Note NAMES, some of the names of all tables."""
        if not self._scope_known:
            self._found_names += tuple(filter(self._scope.holds, names))
            self.wake("")

    def _go_on(self) -> None:
        """End the wait for news."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _note_dirty(self, table: str) -> bool:
        """Note that TABLE may have something to send; whether the watch has subscribed to it."""
        if table not in self._sent:
            return False
        self._dirty.setdefault(table, self._hub.revisions.newest)
        if self._options.snapshot_only and self._is_seen(table):
            self._leave(table)
        return True

    async def messages(self, resume_token: bytes | None = None) -> AsyncGenerator[bytes]:
        """Yield serialized WatchResponses until the caller disconnects. Raises Failure."""
        try:
            await self._begin(resume_token)
            while True:
                await self._hub.scheduler.turn()
                self._has_news = False
                await self._follow_names()
                for message in self._due_messages():
                    yield message
                    await self._hub.scheduler.turn()
                if self._completed():
                    yield _element(self._sealed(_CHECKPOINT))
                    if self._options.snapshot_only:
                        return
                if not await self._news() and self._complete:
                    yield _element(self._sealed(_CHECKPOINT))
        finally:
            self._end()

    async def _begin(self, resume_token: bytes | None) -> None:
        self._hub.enter(self)
        self._postpone_checkpoint()
        if resume_token:
            await self._resume(resume_token)
        if self._scope.prefix is not None:
            self._hub.awaiting_names[self] = None
            self._hub.names.join(self)
        await self._subscribe_all((name, None) for name in self._scope.names)

    async def _resume(self, token: bytes) -> None:
        """Restore the state that TOKEN names; raises Failure if this server can't restore it."""
        instance, digest, known, number = (token[at : at + _FIELD_BYTES] for at in range(0, 32, _FIELD_BYTES))
        if len(token) != _TOKEN_BYTES or instance != self._hub.revisions.instance:
            raise _expired("another server issued the token, or this server has restarted")
        if digest != self._digest:
            raise _expired("the token belongs to a watch with another scope")
        revision = int.from_bytes(number)
        tables = [table for table in self._hub.tables.all() if self._scope.holds(table.name)]
        if revision < self._hub.revisions.forgotten or any(table.forgot(revision) for table in tables):
            raise _expired("the server no longer stores the changes since the token")
        states = [(table.name, table.at(revision)) for table in tables]
        await self._subscribe_all((name, sent) for name, sent in states if sent is not None)
        if int.from_bytes(known) != self._known:
            raise _expired("the set of watched tables has changed")
        self._resume_token = token
        self._is_begun = True

    def _end(self) -> None:
        self._hub.exit(self)
        self._hub.names.leave(self)
        self._hub.awaiting_names.pop(self, None)
        self._hub.scheduler.spread(self._leave, self._sent)

    async def _subscribe_all(self, tables: Iterable[tuple[str, Snapshot | None]]) -> None:
        """Subscribe to new tables of TABLES, pairs of name and last sent state; some in each turn."""
        for number, (name, sent) in enumerate(tables, 1):
            if number % _JOINED_IN_A_TURN == 0:
                await self._hub.scheduler.turn()
            if name not in self._sent:
                self._subscribe(name, sent)

    def _subscribe(self, name: str, sent: Snapshot | None) -> None:
        if self._is_begun:
            self._created[name] = None
        self._note_sent(name, sent)
        self._awaited.add(name)
        self._hub.tables.of(name).join(self, self._options.parts)

    def _unsubscribe(self, name: str) -> None:
        self._leave(name)
        del self._sent[name]
        self._dirty.pop(name, None)
        self._awaited.discard(name)
        for names in (self._created, self._left):
            names.pop(name, None)

    def _leave(self, name: str) -> None:
        """Stop polling the table NAME for this watch."""
        if name not in self._left:
            self._left[name] = None
            self._hub.tables.of(name).leave(self, self._options.parts)

    def _is_seen(self, name: str) -> bool:
        """Whether all requested parts of the table NAME have been read."""
        table = self._hub.tables.of(name)
        return table.poller.is_fresh(self) and not table.lacks(self._options.parts)

    async def _follow_names(self) -> None:
        """Subscribe to tables that have come into scope, and unsubscribe from deleted ones."""
        if self._scope.prefix is None or (self._options.snapshot_only and self._scope_known):
            return
        found, self._found_names = self._found_names, ()
        await self._subscribe_all((name, None) for name in found)
        names = self._hub.names
        failure = names.failure_for(self)
        if failure is not None and not self._scope_known and not is_transient(failure):
            raise failure
        if names.state is None or names.state is self._names_followed or not names.is_fresh(self):
            return
        self._names_followed = names.state
        self._hub.awaiting_names.pop(self, None)
        await self._subscribe_all((name, None) for name in names.state if self._scope.holds(name))
        for name in list(self._sent):
            self._leave_if_gone(name)
        self._scope_known = self._is_begun = True
        if self._options.snapshot_only:
            names.leave(self)

    def _leave_if_gone(self, name: str) -> None:
        """Unsubscribe from the table NAME if its deletion was sent and the table names do not include it."""
        sent = self._sent[name]
        gone = sent is not None and sent.description is None
        if gone and self._names_followed is not None and name not in self._names_followed:
            self._unsubscribe(name)

    def _due_messages(self) -> Iterator[bytes]:
        """The messages with the events that are due. Each is made when it is sent.

        Raises the Failure that ends the watch after the events that precede it.
        """
        events: list[bytes] = []
        size = 0
        try:
            for event in self._due():
                events.append(_element(self._sealed(event)))
                size += len(event)
                if len(events) == _EVENTS or size >= _EVENT_BYTES:
                    yield b"".join(events)
                    events, size = [], 0
        except Failure:
            if events:
                yield b"".join(events)
            raise
        if events:
            yield b"".join(events)

    def _due(self) -> Iterator[bytes]:
        """The events that are due. Each is made when it is taken."""
        outage = self._hub.outages.current
        if outage is not None and outage.number > self._outages_sent:
            self._outages_sent = outage.number
            yield _gap(outage)
        self._hub.streams.check_running()
        while self._dirty:
            name = next(iter(self._dirty))
            del self._dirty[name]
            event = self._next_of(name)
            # While the names are read, a table that was sent stays known: the names will have it again.
            done = self._options.snapshot_only and self._scope_known and name not in self._awaited
            if done and name in self._sent:
                self._unsubscribe(name)
            if event is not None:
                yield event
            self._hub.streams.check_running()

    def _next_of(self, name: str) -> bytes | None:
        table = self._hub.tables.of(name)
        failure = table.poller.failure_for(self)
        awaited = name in self._awaited
        if failure is not None and awaited and not self._complete and not is_transient(failure):
            raise failure
        if not table.poller.is_fresh(self) or (awaited and table.lacks(self._options.parts)):
            return None
        before, after = self._sent[name], table.newest
        why = after.unreadable.get(Part.DESCRIPTION)
        if before is None and why is not None and self._scope.prefix is None:
            raise why
        first = _CREATED if name in self._created else _SNAPSHOT
        self._awaited.discard(name)
        self._note_sent(name, after)
        self._leave_if_gone(name)
        # The absence of a table is only reported if the caller named the table.
        never_there = self._scope.prefix is not None and not (_exists(before) or _exists(after))
        if before is after or never_there:
            return None
        event = self._event(table, before, after, first)
        if event is not None and self._complete:
            self._hub.observe_lag(asyncio.get_running_loop().time() - table.newest_at)
        return event

    def _note_sent(self, name: str, seen: Snapshot | None) -> None:
        if _exists(self._sent.get(name)) != _exists(seen):
            self._known ^= hash(name) & _MASK
        self._sent[name] = seen

    def _event(
        self, table: WatchedTable, before: Snapshot | None, after: Snapshot, first: EventType
    ) -> bytes | None:
        kind = _event_type(before, after, first)
        shown = table.latest if kind != TableEventType.TABLE_EVENT_TYPE_CHANGED else after
        changed_from = before if kind == TableEventType.TABLE_EVENT_TYPE_CHANGED else None
        key = (kind, changed_from, self._options.parts, self._options.sizes)
        make = partial(_event, kind, changed_from, shown or after, self._options)
        return table.message(key, make)

    def _completed(self) -> bool:
        """Whether the state of all tables at the start of the watch has just been sent completely."""
        if self._complete or self._awaited or self._dirty or not self._scope_known:
            return False
        self._complete = True
        return True

    async def _news(self) -> bool:
        """Wait for news until the next checkpoint is due. Returns whether there is news."""
        if not self._has_news:
            # An asyncio.Event with a timeout needs 1.3 KB more memory for each stream.
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            checkpoint = loop.call_at(self._checkpoint_due, self._go_on, context=_NO_CONTEXT)
            try:
                await self._waiting
            finally:
                self._waiting = None
                checkpoint.cancel()
        if not self._has_news:
            self._postpone_checkpoint()
        return self._has_news

    def _postpone_checkpoint(self) -> None:
        self._checkpoint_due = asyncio.get_running_loop().time() + self._options.checkpoint_interval

    def _sealed(self, event: bytes) -> bytes:
        """EVENT with the resume token after it. Concatenated serialized messages merge into one."""
        self._postpone_checkpoint()
        return event + WatchEvent(resume_token=self._token()).SerializeToString()

    def _token(self) -> bytes:
        """The current resume token. Until the first snapshots are sent, it is the caller's token."""
        if not self._complete:
            return self._resume_token
        pending = next(iter(self._dirty), None)
        revision = self._hub.revisions.newest if pending is None else self._dirty[pending] - 1
        return b"".join((self._hub.revisions.instance, self._digest, _bytes(self._known), _bytes(revision)))


# The event types of a table that existed when the watch began, and of one that came into scope later.
_SNAPSHOT: EventType = TableEventType.TABLE_EVENT_TYPE_SNAPSHOT
_CREATED: EventType = TableEventType.TABLE_EVENT_TYPE_CREATED
# A copy of the context of a task would need 100 bytes for each of thousands of streams.
_NO_CONTEXT = contextvars.Context()
_CHECKPOINT = WatchEvent(checkpoint=WatchCheckpoint()).SerializeToString()


def _exists(seen: Snapshot | None) -> bool:
    return seen is not None and seen.description is not None


def _event_type(before: Snapshot | None, after: Snapshot, first: EventType) -> EventType:
    if after.description is None:
        return TableEventType.TABLE_EVENT_TYPE_DELETED
    if before is None:
        return first
    if is_another(before, after):
        return TableEventType.TABLE_EVENT_TYPE_CREATED
    return TableEventType.TABLE_EVENT_TYPE_CHANGED


def _event(kind: EventType, before: Snapshot | None, after: Snapshot, options: Options) -> bytes | None:
    """The event with AFTER and its differences from BEFORE; None if there is no difference."""
    shown = after.only(options.parts)
    changes = differences(before.only(options.parts), shown, sizes=options.sizes) if before else []
    if before is not None and not changes:
        return None
    state = None if shown.description is None else shown.state
    event = TableEvent(type=kind, table_name=after.name, state=state, changes=changes)
    return WatchEvent(table=event).SerializeToString()


def _element(event: bytes) -> bytes:
    """A serialized WatchResponse with EVENT. Concatenated ones are a WatchResponse with all their events.

    A list of messages looks like a field of bytes: https://protobuf.dev/programming-guides/encoding/#last-one-wins
    """
    return BytesValue(value=event).SerializeToString()


def _gap(outage: Outage) -> bytes:
    since = Timestamp()
    since.FromMilliseconds(round(outage.since * 1000))
    return WatchEvent(gap=WatchGap(since=since, reason=outage.reason)).SerializeToString()


def _digest(scope: Scope, options: Options) -> bytes:
    """The digest of scope and options in a resume token."""
    text = repr((sorted(scope.names), scope.prefix, sorted(options.parts), options.sizes))
    return blake2b(text.encode(), digest_size=_FIELD_BYTES).digest()


def _bytes(number: int) -> bytes:
    return number.to_bytes(_FIELD_BYTES)


def _expired(why: str) -> Failure:
    text = f"the resume token cannot be used: {why}. Call Watch again without the token"
    return Failure(Code.ABORTED, text, reason="RESUME_TOKEN_EXPIRED")
