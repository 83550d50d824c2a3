"""The tables of one endpoint that are watched or were watched recently."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.watching.watched_table import RETENTION, WatchedTable

if TYPE_CHECKING:
    from tableadmin_server.watching.hub import Hub

# One in so many reads of a part that AWS allows is for periodic reads, the rest for tables that have changed.
ROUND_SHARE = 2
# Polls a second, of all tables together, for watchers that join and of tables that do not change.
_POLLS_FOR_JOINED = 300


class WatchedTables:
    """The watched tables by name. Each is kept for RETENTION seconds after its last watcher has left."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._by_name: dict[str, WatchedTable] = {}
        self._expiries: dict[str, asyncio.TimerHandle] = {}

    @property
    def watched_count(self) -> int:
        """The number of tables that have watchers."""
        return len(self._by_name) - len(self._expiries)

    def of(self, name: str) -> WatchedTable:
        """Return the table NAME, which is created if it is not kept."""
        if name not in self._by_name:
            self._by_name[name] = WatchedTable(self._hub, name)
        return self._by_name[name]

    def all(self) -> list[WatchedTable]:
        """Return all kept tables."""
        return list(self._by_name.values())

    def trigger(self, name: str) -> None:
        """Poll the table NAME now, if it is kept."""
        if name in self._by_name:
            self._by_name[name].trigger()

    def watched(self, table: WatchedTable) -> None:
        """Keep TABLE, which has a watcher."""
        expiry = self._expiries.pop(table.name, None)
        if expiry is not None:
            expiry.cancel()

    def unwatched(self, table: WatchedTable) -> None:
        """Drop TABLE after RETENTION seconds, because its last watcher has left."""
        # Resume tokens of streams that have sent the table are older than this revision.
        forget = partial(self._forget, table.name, self._hub.revisions.next())
        self._expiries[table.name] = asyncio.get_running_loop().call_later(RETENTION, forget)

    def gathering(self) -> float:
        """Return the seconds during which joining watchers of a watched table are collected for one poll.

        A table that does not change is polled again after as many seconds at the earliest. Otherwise
        thousands of streams that join tables, or thousands of tables, would keep the server busy with polls.
        """
        return self.watched_count / _POLLS_FOR_JOINED

    def round_of(self, part: Part) -> float:
        """Return the least seconds between reads of PART of a table. All tables share AWS's limit."""
        return ROUND_SHARE * self.watched_count * self._hub.endpoint.spacing(ROWS[part].operation)

    def _forget(self, name: str, unwatched_since: int) -> None:
        del self._by_name[name], self._expiries[name]
        self._hub.revisions.forget(unwatched_since)
