"""A table that is or was watched: its poll loop and its last states."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tableadmin.awsshape import AwsDict
from tableadmin_server.dynamodb.poll_order import PollPriority
from tableadmin_server.failure import Failure
from tableadmin_server.polling.outages import is_of_the_table
from tableadmin_server.polling.poller import LONGEST_INTERVAL, Watcher
from tableadmin_server.tables.differences import differences
from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.tables.snapshot import Snapshot, are_others
from tableadmin_server.tables.transitions import transitions
from tableadmin_server.watching.part_reads import PartReads
from tableadmin_server.watching.polled_endpoint import polling_reader

if TYPE_CHECKING:
    from tableadmin_server.watching.hub import Hub

# Seconds for which states are kept, so that a broken stream can resume.
RETENTION = 300.0
# The number of states kept for a table. A resume token older than the oldest state can't be used.
HISTORY = 32
# Seconds between reads of the parts while neither table nor description changes; while they do, the faster.
PARTS_INTERVAL = 5.0
PARTS_INTERVAL_FAST = 1.0


@dataclass(frozen=True)
class _Remembered:
    """A state of a table, its revision, and when it was read, by the event loop's clock."""

    revision: int
    at: float
    seen: Snapshot


class WatchedTable:
    """A table that is or was watched: its poll loop and its last states, by revision."""

    def __init__(self, hub: "Hub", name: str) -> None:
        self.name = name
        self._hub = hub
        self._wanted: Counter[Part] = Counter()
        priority = PollPriority()
        self._reader = polling_reader(hub.endpoint, priority)
        self._parts = PartReads(partial(self._reader.part, name), self._arrived)
        self._joined = self._triggered = float("-inf")
        self._history: deque[_Remembered] = deque()
        self._trimmed = False
        self._messages: dict[object, bytes | None] = {}
        self.poller = hub.poller(self._read, self._moves, priority, name)
        # The last read state. It differs from `newest` only in members that change with time.
        self.latest: Snapshot | None = None

    @property
    def newest(self) -> Snapshot:
        """The newest state that differs from the one before. Exists after the first successful poll."""
        return self._history[-1].seen

    @property
    def newest_at(self) -> float:
        """When the newest state was read, by the event loop's clock."""
        return self._history[-1].at

    def join(
        self, watcher: Watcher, parts: Iterable[Part], longest_interval: float = LONGEST_INTERVAL
    ) -> None:
        """Poll for WATCHER, with PARTS, at least every LONGEST_INTERVAL seconds."""
        parts = ROWS.keys() & parts
        self._wanted.update(parts)
        if parts:
            self._joined = _now()
        self._hub.tables.watched(self)
        self.poller.join(watcher, longest_interval)

    def leave(self, watcher: Watcher, parts: Iterable[Part]) -> None:
        """Stop polling PARTS for WATCHER."""
        self._wanted.subtract(ROWS.keys() & parts)
        self.poller.leave(watcher)
        if not self.poller.watched:
            self._parts.stop()
            self._hub.tables.unwatched(self)

    def trigger(self) -> None:
        """Poll as soon as possible, all parts included."""
        self._triggered = _now()
        self.poller.trigger()

    def at(self, revision: int) -> Snapshot | None:
        """Return the state at REVISION, None if the table was not watched then."""
        return next((each.seen for each in reversed(self._history) if each.revision <= revision), None)

    def forgot(self, revision: int) -> bool:
        """Whether the state at REVISION was dropped."""
        return self._trimmed and self._history[0].revision > revision

    def message(self, key: object, make: Callable[[], bytes | None]) -> bytes | None:
        """Return the message of MAKE. All watches with the same KEY share it until the next state."""
        if key not in self._messages:
            self._messages[key] = make()
        return self._messages[key]

    def lacks(self, parts: Collection[Part]) -> bool:
        """Whether a read of PARTS has not ended and takes longer than a poll waits."""
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
            description = await self._reader.description(self.name)
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
        # AWS denies DescribeTable also for a deleted table. Then the table names tell of the deletion.
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
        """The parts to read. CHANGED says that the description has changed."""
        wanted = +self._wanted
        if not wanted:
            return []
        is_moving = self.latest is not None and transitions(self.latest)
        interval = PARTS_INTERVAL_FAST if is_moving else min(PARTS_INTERVAL, self.poller.longest_interval)
        return [part for part in wanted if self._is_due(part, interval, changed=changed)]

    def _is_due(self, part: Part, interval: float, *, changed: bool) -> bool:
        known = self._parts.known(part)
        if known is None or known.began <= self._triggered or (changed and known.answer is None):
            return True
        if changed or known.began <= self._joined:
            interval = 0.0
        return _now() - known.ended >= max(interval, self._hub.tables.round_of(part))

    def _arrived(self) -> None:
        """Handle the end of a read for which no poll waited."""
        # The watcher that wanted the part may have left.
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
        self._history.append(_Remembered(self._hub.revisions.next(), now, seen))
        while len(self._history) > HISTORY or (
            len(self._history) > 1 and self._history[1].at < now - RETENTION
        ):
            self._history.popleft()
            self._trimmed = True


def _now() -> float:
    return asyncio.get_running_loop().time()
