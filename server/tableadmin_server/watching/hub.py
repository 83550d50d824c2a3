"""What is watched at one endpoint: a shared poll loop for each table, and the memory of resume tokens."""

import asyncio
import os
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from tableadmin.awsshape import AwsDict
from tableadmin_server.failure import Failure, server_stopping
from tableadmin_server.polling.outages import Outages, is_of_the_table
from tableadmin_server.polling.poller import SLOWEST, Poller, Watcher
from tableadmin_server.supervision import Supervisor
from tableadmin_server.tables.differences import differences
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.snapshot import Snapshot, are_others
from tableadmin_server.tables.transitions import transitions
from tableadmin_server.watching.malloc_trim import MallocTrim
from tableadmin_server.watching.part_reads import PartReads
from tableadmin_server.watching.source import Source, polling_reader
from tableadmin_server.watching.turns import Turns

T = TypeVar("T")

# Seconds for which what was seen is remembered, so that a stream that broke can resume.
RETENTION = 300.0
# States remembered of a table: a resume token older than the oldest of them can't be honoured.
HISTORY = 32
# Seconds between reads of time to live, backups and tags while nothing suggests that they have changed.
_PARTS_INTERVAL = 5.0
_PARTS_INTERVAL_FAST = 1.0
# Of the reads of a part that AWS takes one in so many is for the rounds, the rest for what has just changed.
_ROUNDS = 2


@dataclass(frozen=True)
class _Remembered:
    """A state of a table, its revision, and when it was seen on the event loop's clock."""

    revision: int
    at: float
    seen: Snapshot


class Track:
    """One table that is or was watched: its poll loop and its last states, by revision."""

    def __init__(self, hub: "Hub", name: str) -> None:
        self.name = name
        self._hub = hub
        self._wanted: Counter[Part] = Counter()
        self._parts = PartReads(partial(hub.reader.part, name), self._arrived)
        self._joined = self._triggered = float("-inf")
        self._history: deque[_Remembered] = deque()
        self._trimmed = False
        self._messages: dict[object, bytes | None] = {}
        self.poller = hub.poller(self._read, self._moves)
        # As last read: like `newest`, but for what moves with the clock.
        self.latest: Snapshot | None = None

    @property
    def newest(self) -> Snapshot:
        """The newest state that differs from the one before; there is one once a poll has succeeded."""
        return self._history[-1].seen

    def join(self, watcher: Watcher, parts: Iterable[Part], slowest: float = SLOWEST) -> None:
        """Look on, PARTS included."""
        parts = ROWS.keys() & parts
        self._wanted.update(parts)
        if parts:
            self._joined = _now()
        self._hub.watched(self)
        self.poller.join(watcher, slowest)

    def leave(self, watcher: Watcher, parts: Iterable[Part]) -> None:
        """Look no longer."""
        self._wanted.subtract(ROWS.keys() & parts)
        self.poller.leave(watcher)
        if not self.poller.watched:
            self._parts.stop()
            self._hub.unwatched(self)

    def trigger(self) -> None:
        """Poll as soon as may be, every part included."""
        self._triggered = _now()
        self.poller.trigger()

    def at(self, revision: int) -> Snapshot | None:
        """The state at REVISION; None if the table was not watched then."""
        return next((each.seen for each in reversed(self._history) if each.revision <= revision), None)

    def forgot(self, revision: int) -> bool:
        """Whether the state at REVISION was known once and is no more."""
        return self._trimmed and self._history[0].revision > revision

    def message(self, key: object, make: Callable[[], bytes | None]) -> bytes | None:
        """What MAKE makes, made once for all watches that send KEY before the next state is seen."""
        if key not in self._messages:
            self._messages[key] = make()
        return self._messages[key]

    def lacks(self, parts: Collection[Part]) -> bool:
        """Whether one of PARTS is still to come: its turn is far away."""
        return not self._parts.overdue.isdisjoint(parts)

    async def _read(self) -> Snapshot:
        overdue = self._parts.overdue
        self._saw(await self._observed())
        if overdue - self._parts.overdue:
            self.poller.wake()
        return self.newest

    def _saw(self, after: Snapshot) -> None:
        if after is self.latest:
            return
        after.check()
        self.latest = after
        self._messages.clear()
        if not self._history or differences(self.newest, after, sizes=True):
            self._remember(after)

    async def _observed(self) -> Snapshot:
        try:
            description = await self._hub.reader.description(self.name)
        except Failure as failure:
            if not is_of_the_table(failure):
                raise
            return self._undescribed(failure)
        if description is None:
            self._parts.forget()
            return Snapshot(self.name, None)
        return await self._with_parts(description)

    def _undescribed(self, why: Failure) -> Snapshot:
        self._parts.forget()
        # Who may not describe a table is told so even when it is gone: then its name is.
        if (
            self.latest is not None
            and Part.DESCRIPTION in self.latest.unreadable
            and self._hub.names_lack(self.name)
        ):
            return Snapshot(self.name, None)
        return Snapshot.undescribed(self.name, why)

    async def _with_parts(self, description: AwsDict) -> Snapshot:
        before = self.latest.description if self.latest else None
        if before is None or are_others(before, description):
            self._parts.forget()
        due = self._due(changed=before != description)
        if self.latest and before == description and not due:
            return self.latest
        await self._parts.refresh(description, due)
        return self._parts.snapshot(self.name, description, +self._wanted)

    def _due(self, *, changed: bool) -> list[Part]:
        """The parts to read; CHANGED says that the description is another than before."""
        hurry = self.latest is not None and transitions(self.latest)
        interval = _PARTS_INTERVAL_FAST if hurry else min(_PARTS_INTERVAL, self.poller.slowest)
        return [part for part in +self._wanted if self._is_due(part, interval, changed=changed)]

    def _is_due(self, part: Part, interval: float, *, changed: bool) -> bool:
        known = self._parts.known(part)
        if known is None or known.began <= self._triggered or (changed and known.answer is None):
            return True
        if changed or known.began <= self._joined:
            interval = 0.0
        return _now() - known.ended >= max(interval, self._hub.round_of(part))

    def _arrived(self) -> None:
        """A part has come, or failed, for which no poll has waited."""
        # Whoever wanted it may have been content with the part before it, and left.
        if not self.poller.watched:
            return
        if self._parts.failed:
            self.poller.trigger()
            return
        if self.latest is not None and self.latest.description is not None:
            self._saw(self._parts.snapshot(self.name, self.latest.description, +self._wanted))
        self.poller.wake()

    def _moves(self, before: Snapshot | None, after: Snapshot) -> bool:
        if before is not None and differences(before, after, sizes=False):
            return True
        return bool(transitions(after))

    def _remember(self, seen: Snapshot) -> None:
        now = _now()
        self._history.append(_Remembered(self._hub.next_revision(), now, seen))
        while len(self._history) > HISTORY or (
            len(self._history) > 1 and self._history[1].at < now - RETENTION
        ):
            self._history.popleft()
            self._trimmed = True


class Hub:
    """The tables of one endpoint that are watched, and what all watches of the endpoint share.

    SUPERVISOR runs the background loops of the endpoint.
    """

    def __init__(self, source: Source, supervisor: Supervisor | None = None) -> None:
        self.supervisor = supervisor or Supervisor()
        self.reader = polling_reader(source)
        self._source = source
        self.outages = Outages(self._wake_all)
        # Tokens of another instance mean nothing here.
        self.instance = os.urandom(8)
        # Counts what is new; a token says up to where.
        self.revision = 1
        # Tokens older than this can't be honoured: a table that was watched then is forgotten.
        self.forgotten = 0
        # The poll loop of the names of all tables.
        self.names = self.poller(self.reader.table_names, lambda before, now: before not in (None, now))
        self._tracks: dict[str, Track] = {}
        self._expiries: dict[str, asyncio.TimerHandle] = {}
        self._things: dict[tuple[object, ...], Poller[AwsDict]] = {}
        # Who is told of outages, and of the end.
        self._guests: set[Watcher] = set()
        self._memory = MallocTrim()
        # What streams take before each message.
        self.turns = Turns()
        self._stopping = False

    def enter(self, guest: Watcher) -> None:
        """Be told of outages and of the end, until `exit`."""
        self._guests.add(guest)
        self._memory.opened()

    def exit(self, guest: Watcher) -> None:
        """Be told no longer."""
        self._guests.discard(guest)
        self._memory.closed()
        if not self._guests:
            self.outages.forget()

    def poller(self, read: Callable[[], Awaitable[T]], moves: Callable[[T | None, T], bool]) -> Poller[T]:
        """A poll loop of this endpoint."""
        return Poller(read, moves, self.outages, self.supervisor)

    def track(self, name: str) -> Track:
        """The track of the table NAME, remembered or new."""
        if name not in self._tracks:
            self._tracks[name] = Track(self, name)
        return self._tracks[name]

    def tracks(self) -> list[Track]:
        """Every track that is remembered."""
        return list(self._tracks.values())

    def watched(self, track: Track) -> None:
        """Somebody looks at TRACK."""
        expiry = self._expiries.pop(track.name, None)
        if expiry is not None:
            expiry.cancel()

    def unwatched(self, track: Track) -> None:
        """Nobody looks at TRACK any more: it is remembered for a while."""
        # Streams that are shown the table hold older tokens than this.
        forget = partial(self._forget, track.name, self.next_revision())
        self._expiries[track.name] = asyncio.get_running_loop().call_later(RETENTION, forget)

    def round_of(self, part: Part) -> float:
        """Seconds between reads of PART of a table at least: AWS takes few, and each table has its turn."""
        return (
            _ROUNDS * (len(self._tracks) - len(self._expiries)) * self._source.spacing(ROWS[part].operation)
        )

    def names_lack(self, name: str) -> bool:
        """Whether the names of all tables are looked at, and NAME is not among them."""
        return self.names.watched and self.names.state is not None and name not in self.names.state

    def thing(self, operation: str, params: AwsDict) -> Poller[AwsDict]:
        """The poll loop of something that OPERATION with PARAMS reads; give it back with `dropped`."""
        key = (operation, *params.items())
        if key not in self._things:
            read = partial(self.reader.ask, operation, params)
            self._things[key] = self.poller(read, lambda *_: True)
        return self._things[key]

    def dropped(self, poller: Poller[AwsDict]) -> None:
        """Forget the poll loop of a thing that nobody looks at."""
        if not poller.watched:
            self._things = {key: each for key, each in self._things.items() if each is not poller}

    def trigger(self, name: str) -> None:
        """The table NAME may just have been changed, made or deleted: look at once, if anybody watches."""
        if name in self._tracks:
            self._tracks[name].trigger()
        if self.names.watched:
            self.names.trigger()

    def stop(self) -> None:
        """End every watch and wait."""
        self._stopping = True
        self._wake_all()

    def check_running(self) -> None:
        """Raise Failure (UNAVAILABLE) when the server stops: callers go on elsewhere."""
        if self._stopping:
            raise server_stopping()

    def next_revision(self) -> int:
        """The revision of something new."""
        self.revision += 1
        return self.revision

    def _wake_all(self) -> None:
        for guest in list(self._guests):
            guest.wake()

    def _forget(self, name: str, unwatched_since: int) -> None:
        del self._tracks[name], self._expiries[name]
        self.forgotten = max(self.forgotten, unwatched_since)


def _now() -> float:
    return asyncio.get_running_loop().time()
