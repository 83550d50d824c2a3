"""One watch: what it has sent, what it has to send, and the messages that say so."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.code_pb2 import Code

from tableadmin.v1 import (
    TableChange,
    TableEvent,
    TableEventType,
    WatchCheckpoint,
    WatchGap,
    WatchResponse,
)
from tableadmin_server.failure import Failure
from tableadmin_server.watching.hub import Hub, Outage, Track, is_transient
from tableadmin_server.watching.observation import Observation, Part, differences

EventType: TypeAlias = "TableEventType.ValueType"

_NUMBER_BYTES = 8


@dataclass(frozen=True)
class Scope:
    """Which tables a watch is about: those of NAMES, or all that PREFIX begins ("" is all)."""

    names: tuple[str, ...] = ()
    prefix: str | None = None

    def holds(self, name: str) -> bool:
        """Whether the table NAME belongs."""
        return name in self.names if self.prefix is None else name.startswith(self.prefix)


@dataclass(frozen=True)
class Options:
    """How to watch: the parts to look at, whether sizes matter, seconds to checkpoints, and when to end."""

    parts: frozenset[Part]
    sizes: bool = False
    checkpoint_interval: float = 30.0
    snapshot_only: bool = False


class _Subscription:
    """One table of a watch: what was sent of it."""

    def __init__(self, watch: "Watch", track: Track, first: EventType) -> None:
        self._watch = watch
        self.track = track
        self.first = first
        self.sent: Observation | None = None
        self.pending_since = 0

    def wake(self) -> None:
        """Something about the table is new."""
        self._watch.dirty(self)


class Watch:
    """One stream: tables in scope become subscriptions, news makes them dirty, `messages` sends what differs.

    Nothing is queued: a dirty table is sent as it is when its turn comes, so a slow reader costs the
    server one mark a table.
    """

    def __init__(self, hub: Hub, scope: Scope, options: Options) -> None:
        self._hub = hub
        self._scope = scope
        self._options = options
        self._subscriptions: dict[str, _Subscription] = {}
        self._dirty: dict[_Subscription, None] = {}
        self._awaited: set[_Subscription] = set()
        self._news = asyncio.Event()
        self._outages_sent = hub.outages if hub.outage is None else hub.outages - 1
        self._first: EventType = TableEventType.TABLE_EVENT_TYPE_SNAPSHOT
        self._resumed_at: int | None = None
        self._scope_known = scope.prefix is None
        self._names_followed: tuple[str, ...] | None = None

    def wake(self) -> None:
        """The names of the tables have changed, or an outage has begun."""
        self._news.set()

    def dirty(self, subscription: _Subscription) -> None:
        """SUBSCRIPTION may have something to send."""
        if subscription not in self._dirty:
            subscription.pending_since = self._hub.revision
            self._dirty[subscription] = None
        self._news.set()

    async def messages(self, resume_token: bytes | None = None) -> AsyncGenerator[bytes]:
        """What to send, as serialized WatchResponses, until the caller leaves; raises Failure."""
        try:
            self._begin(resume_token)
            complete = False
            while True:
                self._news.clear()
                self._hub.check_running()
                self._follow_names()
                for message in self._due():
                    yield self._sealed(message, complete=complete)
                if not complete and self._scope_known and not self._awaited and not self._dirty:
                    complete = True
                    yield self._sealed(_CHECKPOINT, complete=True)
                    if self._options.snapshot_only:
                        return
                if not await self._has_news():
                    yield self._sealed(_CHECKPOINT, complete=complete)
        finally:
            self._end()

    def _begin(self, resume_token: bytes | None) -> None:
        self._hub.watches.add(self)
        if resume_token:
            self._resumed_at = _revision(self._hub, resume_token)
            self._first = TableEventType.TABLE_EVENT_TYPE_CREATED
        if self._scope.prefix is None:
            for name in self._scope.names:
                self._subscribe(name, TableEventType.TABLE_EVENT_TYPE_SNAPSHOT)
            return
        if self._resumed_at is not None:
            for track in self._hub.tracks():
                if self._scope.holds(track.name) and track.at(self._resumed_at):
                    self._subscribe(track.name, self._first)
        self._hub.names.join(self)

    def _end(self) -> None:
        self._hub.watches.discard(self)
        self._hub.names.leave(self)
        for name in list(self._subscriptions):
            self._unsubscribe(name)

    def _subscribe(self, name: str, first: EventType) -> None:
        track = self._hub.track(name)
        subscription = self._subscriptions[name] = _Subscription(self, track, first)
        if self._resumed_at is not None:
            if track.forgot(self._resumed_at):
                raise _expired("more has changed since than is remembered")
            subscription.sent = track.at(self._resumed_at)
        self._awaited.add(subscription)
        track.join(subscription, self._options.parts)

    def _unsubscribe(self, name: str) -> None:
        subscription = self._subscriptions.pop(name)
        self._dirty.pop(subscription, None)
        self._awaited.discard(subscription)
        subscription.track.leave(subscription, self._options.parts)

    def _follow_names(self) -> None:
        """Subscribe to tables that have come into scope; those that are gone say so themselves."""
        names = self._hub.names
        if self._scope.prefix is None or not names.is_fresh(self):
            return
        if names.failure is not None and not self._scope_known and not is_transient(names.failure):
            raise names.failure
        if names.state is None or names.state is self._names_followed:
            return
        for name in names.state:
            if self._scope.holds(name) and name not in self._subscriptions:
                self._subscribe(name, self._first)
        self._names_followed = names.state
        self._scope_known = True
        self._first = TableEventType.TABLE_EVENT_TYPE_CREATED

    def _due(self) -> Iterator[bytes]:
        """The messages that are due, made one by one as they are sent."""
        outage = self._hub.outage
        if outage is not None and outage.number > self._outages_sent:
            self._outages_sent = outage.number
            yield _gap(outage)
        while self._dirty:
            subscription = next(iter(self._dirty))
            del self._dirty[subscription]
            message = self._next_of(subscription)
            if message is not None:
                yield message

    def _next_of(self, subscription: _Subscription) -> bytes | None:
        track = subscription.track
        if not track.poller.is_fresh(subscription):
            return None
        if track.poller.failure is not None:
            if subscription in self._awaited and not is_transient(track.poller.failure):
                raise track.poller.failure
            return None
        self._awaited.discard(subscription)
        before, after = subscription.sent, track.newest
        subscription.sent = after
        if self._scope.prefix is not None and after.description is None:
            self._unsubscribe(track.name)
            if before is None:
                return None
        kind = _event_type(before, after, subscription.first)
        return None if before is after else _event(kind, before, after, self._options.sizes)

    async def _has_news(self) -> bool:
        """Wait for news, at most until the next checkpoint is due."""
        try:
            async with asyncio.timeout(self._options.checkpoint_interval):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _sealed(self, message: bytes, *, complete: bool) -> bytes:
        """MESSAGE with the token that resumes after it; serialized messages that follow each other merge."""
        return message + WatchResponse(resume_token=self._token() if complete else b"").SerializeToString()

    def _token(self) -> bytes:
        pending = next(iter(self._dirty), None)
        revision = self._hub.revision if pending is None else pending.pending_since - 1
        return self._hub.instance + revision.to_bytes(_NUMBER_BYTES)


_CHECKPOINT = WatchResponse(checkpoint=WatchCheckpoint()).SerializeToString()


def _event_type(before: Observation | None, after: Observation, first: EventType) -> EventType:
    if after.description is None:
        return TableEventType.TABLE_EVENT_TYPE_DELETED
    if before is None:
        return first
    if before.description is None:
        return TableEventType.TABLE_EVENT_TYPE_CREATED
    return TableEventType.TABLE_EVENT_TYPE_CHANGED


@lru_cache(maxsize=256)
def _event(
    kind: EventType,
    before: Observation | None,
    after: Observation,
    sizes: bool,  # noqa: FBT001  # lru_cache tells keyword arguments apart by order too
) -> bytes | None:
    """The event that tells AFTER from BEFORE, made once for all watches; None where nothing is to tell."""
    changes: list[TableChange] = []
    if kind == TableEventType.TABLE_EVENT_TYPE_CHANGED and before is not None:
        changes = differences(before, after, sizes=sizes)
        if not changes:
            return None
    state = None if after.description is None else after.state()
    event = TableEvent(type=kind, table_name=after.name, state=state, changes=changes)
    return WatchResponse(table=event).SerializeToString()


def _gap(outage: Outage) -> bytes:
    since = Timestamp()
    since.FromMilliseconds(round(outage.since * 1000))
    return WatchResponse(gap=WatchGap(since=since, reason=outage.reason)).SerializeToString()


def _revision(hub: Hub, token: bytes) -> int:
    """The revision that TOKEN stands for; raises Failure when it means nothing here any more."""
    instance, number = token[:_NUMBER_BYTES], token[_NUMBER_BYTES:]
    if instance != hub.instance or len(number) != _NUMBER_BYTES:
        raise _expired("it is from another server or another life of this one")
    revision = int.from_bytes(number)
    if revision < hub.forgotten:
        raise _expired("it is too old")
    return revision


def _expired(why: str) -> Failure:
    text = f"the resume token can't be honoured, {why}: watch again without it"
    return Failure(Code.ABORTED, text, reason="RESUME_TOKEN_EXPIRED")
