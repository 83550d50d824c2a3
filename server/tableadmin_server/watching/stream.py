"""One watch: what it has sent, what it has to send, and the messages that say so."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.code_pb2 import Code

from tableadmin.v1 import TableEvent, TableEventType, WatchCheckpoint, WatchGap, WatchResponse
from tableadmin_server.failure import Failure
from tableadmin_server.polling.outages import Outage, is_transient
from tableadmin_server.tables.differences import differences
from tableadmin_server.tables.parts import Part
from tableadmin_server.tables.snapshot import Snapshot, is_another
from tableadmin_server.watching.hub import Hub
from tableadmin_server.watching.track import Track

EventType: TypeAlias = "TableEventType.ValueType"

# A token has four fields: whose memory it is about, what is watched and how, the tables that the caller
# knows to exist, and the revision up to which it knows them.
_FIELD_BYTES = 8
_TOKEN_BYTES = 4 * _FIELD_BYTES
_MASK = (1 << 8 * _FIELD_BYTES) - 1


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

    __slots__ = ("_left", "_watch", "first", "pending_since", "sent", "track")

    def __init__(self, watch: "Watch", track: Track, first: EventType) -> None:
        self._watch = watch
        self._left = False
        self.track = track
        # What its first event is called, if nothing was sent of it before.
        self.first = first
        self.sent: Snapshot | None = None
        # The hub's revision when it got something to send.
        self.pending_since = 0

    def wake(self) -> None:
        """Something about the table is new."""
        self._watch.dirty(self)

    def leave(self, parts: Iterable[Part]) -> None:
        """Look no longer at the table, or at PARTS."""
        if not self._left:
            self._left = True
            self.track.leave(self, parts)


class Watch:
    """One stream: tables in scope become subscriptions, news makes them dirty, `messages` sends what differs.

    Nothing is queued: a dirty table is sent as it is when its turn comes, so a slow reader costs the
    server one mark a table.
    """

    def __init__(self, hub: Hub, scope: Scope, options: Options) -> None:
        self._hub = hub
        self._scope = scope
        self._options = options
        self._digest = _digest(scope, options)
        self._subscriptions: dict[str, _Subscription] = {}
        self._dirty: dict[_Subscription, None] = {}
        # Those of which nothing is known yet.
        self._awaited: set[_Subscription] = set()
        self._news = asyncio.Event()
        self._checkpoint_due = 0.0
        self._outages_sent = hub.outages.over
        # What a table is called that comes into scope, and whether all that were there are known.
        self._first: EventType = TableEventType.TABLE_EVENT_TYPE_SNAPSHOT
        self._scope_known = scope.prefix is None
        self._names_followed: tuple[str, ...] | None = None
        self._complete = False
        # Which tables the caller knows to exist: the hashes of their names, each XORed in and out.
        self._known = 0
        self._resume_token = b""

    def wake(self) -> None:
        """The names of the tables have changed, an outage has begun, or the server stops."""
        self._news.set()

    def dirty(self, subscription: _Subscription) -> None:
        """SUBSCRIPTION may have something to send."""
        if subscription not in self._dirty:
            subscription.pending_since = self._hub.revisions.newest
            self._dirty[subscription] = None
        self._news.set()
        if self._options.snapshot_only and self._is_seen(subscription):
            subscription.leave(self._options.parts)

    async def messages(self, resume_token: bytes | None = None) -> AsyncGenerator[bytes]:
        """What to send, as serialized WatchResponses, until the caller leaves; raises Failure."""
        try:
            self._begin(resume_token)
            while True:
                await self._hub.turns.take()
                self._news.clear()
                self._follow_names()
                for message in self._due():
                    yield self._sealed(message)
                    await self._hub.turns.take()
                if self._completed():
                    yield self._sealed(_CHECKPOINT)
                    if self._options.snapshot_only:
                        return
                if not await self._has_news() and self._complete:
                    yield self._sealed(_CHECKPOINT)
        finally:
            self._end()

    def _begin(self, resume_token: bytes | None) -> None:
        self._hub.enter(self)
        self._postpone_checkpoint()
        if resume_token:
            self._resume(resume_token)
        if self._scope.prefix is not None:
            self._hub.names.join(self)
        for name in self._scope.names:
            if name not in self._subscriptions:
                self._subscribe(name, None)

    def _resume(self, token: bytes) -> None:
        """Take up what TOKEN says was sent; raises Failure when it means nothing here any more."""
        instance, digest, known, number = (token[at : at + _FIELD_BYTES] for at in range(0, 32, _FIELD_BYTES))
        if len(token) != _TOKEN_BYTES or instance != self._hub.revisions.instance:
            raise _expired("another server issued the token, or this server has restarted")
        if digest != self._digest:
            raise _expired("the token belongs to a watch with another scope")
        revision = int.from_bytes(number)
        tracks = [track for track in self._hub.tracks.all() if self._scope.holds(track.name)]
        if revision < self._hub.revisions.forgotten or any(track.forgot(revision) for track in tracks):
            raise _expired("the server no longer stores the changes since the token")
        for track in tracks:
            sent = track.at(revision)
            if sent is not None:
                self._subscribe(track.name, sent)
        if int.from_bytes(known) != self._known:
            raise _expired("the set of watched tables has changed")
        self._resume_token = token
        self._first = TableEventType.TABLE_EVENT_TYPE_CREATED

    def _end(self) -> None:
        self._hub.exit(self)
        self._hub.names.leave(self)
        for subscription in list(self._subscriptions.values()):
            self._unsubscribe(subscription)

    def _subscribe(self, name: str, sent: Snapshot | None) -> None:
        track = self._hub.tracks.of(name)
        subscription = self._subscriptions[name] = _Subscription(self, track, self._first)
        self._note_sent(subscription, sent)
        self._awaited.add(subscription)
        track.join(subscription, self._options.parts)

    def _unsubscribe(self, subscription: _Subscription) -> None:
        if self._subscriptions.pop(subscription.track.name, None) is None:
            return
        self._dirty.pop(subscription, None)
        self._awaited.discard(subscription)
        subscription.leave(self._options.parts)

    def _is_seen(self, subscription: _Subscription) -> bool:
        """Whether there is all of the table that the watch is for."""
        track = subscription.track
        return track.poller.is_fresh(subscription) and not track.lacks(self._options.parts)

    def _follow_names(self) -> None:
        """Subscribe to tables that have come into scope, and leave those that are gone."""
        if self._scope.prefix is None or (self._options.snapshot_only and self._scope_known):
            return
        names = self._hub.names
        failure = names.failure_for(self)
        if failure is not None and not self._scope_known and not is_transient(failure):
            raise failure
        if names.state is None or names.state is self._names_followed or not names.is_fresh(self):
            return
        self._names_followed = names.state
        for name in names.state:
            if self._scope.holds(name) and name not in self._subscriptions:
                self._subscribe(name, None)
        for subscription in list(self._subscriptions.values()):
            self._leave_if_gone(subscription)
        self._scope_known = True
        self._first = TableEventType.TABLE_EVENT_TYPE_CREATED
        if self._options.snapshot_only:
            names.leave(self)

    def _leave_if_gone(self, subscription: _Subscription) -> None:
        """Leave a table that was seen to be gone, unless the names have it still: it may come back."""
        gone = subscription.sent is not None and subscription.sent.description is None
        if gone and self._names_followed is not None and subscription.track.name not in self._names_followed:
            self._unsubscribe(subscription)

    def _due(self) -> Iterator[bytes]:
        """The messages that are due, made one by one as they are sent."""
        outage = self._hub.outages.current
        if outage is not None and outage.number > self._outages_sent:
            self._outages_sent = outage.number
            yield _gap(outage)
        self._hub.streams.check_running()
        while self._dirty:
            subscription = next(iter(self._dirty))
            del self._dirty[subscription]
            message = self._next_of(subscription)
            if self._options.snapshot_only and subscription not in self._awaited:
                self._unsubscribe(subscription)
            if message is not None:
                yield message
            self._hub.streams.check_running()

    def _next_of(self, subscription: _Subscription) -> bytes | None:
        poller = subscription.track.poller
        failure = poller.failure_for(subscription)
        awaited = subscription in self._awaited
        if failure is not None and awaited and not self._complete and not is_transient(failure):
            raise failure
        if not poller.is_fresh(subscription) or (awaited and subscription.track.lacks(self._options.parts)):
            return None
        before, after = subscription.sent, subscription.track.newest
        why = after.unreadable.get(Part.DESCRIPTION)
        if before is None and why is not None and self._scope.prefix is None:
            raise why
        self._awaited.discard(subscription)
        self._note_sent(subscription, after)
        self._leave_if_gone(subscription)
        # Of a table that nobody named it is no news that it is not there.
        never_there = self._scope.prefix is not None and not (_exists(before) or _exists(after))
        return None if before is after or never_there else self._event(subscription, before, after)

    def _note_sent(self, subscription: _Subscription, seen: Snapshot | None) -> None:
        if _exists(subscription.sent) != _exists(seen):
            self._known ^= hash(subscription.track.name) & _MASK
        subscription.sent = seen

    def _event(self, subscription: _Subscription, before: Snapshot | None, after: Snapshot) -> bytes | None:
        kind = _event_type(before, after, subscription.first)
        shown = subscription.track.latest if kind != TableEventType.TABLE_EVENT_TYPE_CHANGED else after
        changed_from = before if kind == TableEventType.TABLE_EVENT_TYPE_CHANGED else None
        key = (kind, changed_from, self._options.parts, self._options.sizes)
        make = partial(_event, kind, changed_from, shown or after, self._options)
        return subscription.track.message(key, make)

    def _completed(self) -> bool:
        """Whether only now all is sent that there was when the watch began."""
        if self._complete or self._awaited or self._dirty or not self._scope_known:
            return False
        self._complete = True
        return True

    async def _has_news(self) -> bool:
        """Wait for news, until the next checkpoint is due."""
        try:
            async with asyncio.timeout_at(self._checkpoint_due):
                await self._news.wait()
        except TimeoutError:
            self._postpone_checkpoint()
            return False
        return True

    def _postpone_checkpoint(self) -> None:
        self._checkpoint_due = asyncio.get_running_loop().time() + self._options.checkpoint_interval

    def _sealed(self, message: bytes) -> bytes:
        """MESSAGE with the token that resumes after it; serialized messages that follow each other merge."""
        self._postpone_checkpoint()
        return message + WatchResponse(resume_token=self._token()).SerializeToString()

    def _token(self) -> bytes:
        """What resumes here; while snapshots are due, what resumed this: all that was not sent must come."""
        if not self._complete:
            return self._resume_token
        pending = next(iter(self._dirty), None)
        revision = self._hub.revisions.newest if pending is None else pending.pending_since - 1
        return b"".join((self._hub.revisions.instance, self._digest, _bytes(self._known), _bytes(revision)))


_CHECKPOINT = WatchResponse(checkpoint=WatchCheckpoint()).SerializeToString()


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
    """The event that shows AFTER, and what differs from BEFORE; None where there is nothing to tell."""
    shown = after.only(options.parts)
    changes = differences(before.only(options.parts), shown, sizes=options.sizes) if before else []
    if before is not None and not changes:
        return None
    state = None if shown.description is None else shown.state
    event = TableEvent(type=kind, table_name=after.name, state=state, changes=changes)
    return WatchResponse(table=event).SerializeToString()


def _gap(outage: Outage) -> bytes:
    since = Timestamp()
    since.FromMilliseconds(round(outage.since * 1000))
    return WatchResponse(gap=WatchGap(since=since, reason=outage.reason)).SerializeToString()


def _digest(scope: Scope, options: Options) -> bytes:
    """What a token holds of what is watched: the same tables and aspects have the same."""
    text = repr((sorted(scope.names), scope.prefix, sorted(options.parts), options.sizes))
    return blake2b(text.encode(), digest_size=_FIELD_BYTES).digest()


def _bytes(number: int) -> bytes:
    return number.to_bytes(_FIELD_BYTES)


def _expired(why: str) -> Failure:
    text = f"the resume token cannot be used: {why}. Call Watch again without the token"
    return Failure(Code.ABORTED, text, reason="RESUME_TOKEN_EXPIRED")
