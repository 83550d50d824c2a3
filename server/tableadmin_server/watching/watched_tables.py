"""The tables of one endpoint that are watched, or were a short time ago."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from tableadmin_server.tables.parts import ROWS, Part
from tableadmin_server.watching.watched_table import RETENTION, WatchedTable

if TYPE_CHECKING:
    from tableadmin_server.watching.hub import Hub

# Of the reads of a part that AWS takes one in so many is for the rounds, the rest for what has just changed.
ROUND_SHARE = 2
# Polls a second, of all tables together, for those who join.
_POLLS_FOR_JOINED = 300


class WatchedTables:
    """The watched tables by name, each kept for RETENTION seconds after the last one stops watching it."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._by_name: dict[str, WatchedTable] = {}
        self._expiries: dict[str, asyncio.TimerHandle] = {}

    @property
    def watched_count(self) -> int:
        """The number of tables that somebody watches."""
        return len(self._by_name) - len(self._expiries)

    def of(self, name: str) -> WatchedTable:
        """The table NAME, remembered or new."""
        if name not in self._by_name:
            self._by_name[name] = WatchedTable(self._hub, name)
        return self._by_name[name]

    def all(self) -> list[WatchedTable]:
        """Every table that is remembered."""
        return list(self._by_name.values())

    def trigger(self, name: str) -> None:
        """Poll the table NAME at once, if it is remembered."""
        if name in self._by_name:
            self._by_name[name].trigger()

    def watched(self, table: WatchedTable) -> None:
        """Somebody watches TRACK."""
        expiry = self._expiries.pop(table.name, None)
        if expiry is not None:
            expiry.cancel()

    def unwatched(self, table: WatchedTable) -> None:
        """Nobody watches TRACK any more."""
        # Streams that are shown the table hold older tokens than this.
        forget = partial(self._forget, table.name, self._hub.revisions.next())
        self._expiries[table.name] = asyncio.get_running_loop().call_later(RETENTION, forget)

    def gathering(self) -> float:
        """Seconds in which those who join gather before a table that is watched already is polled for them.

        Thousands of streams that join hundreds of tables would make the server poll and do nothing else.
        """
        return self.watched_count / _POLLS_FOR_JOINED

    def round_of(self, part: Part) -> float:
        """Seconds between reads of PART of a table at least: AWS takes few, and each table has its turn."""
        return ROUND_SHARE * self.watched_count * self._hub.source.spacing(ROWS[part].operation)

    def _forget(self, name: str, unwatched_since: int) -> None:
        del self._by_name[name], self._expiries[name]
        self._hub.revisions.forget(unwatched_since)
