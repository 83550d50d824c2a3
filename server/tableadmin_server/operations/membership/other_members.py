"""The other servers that share the operations table. Pure."""

from collections.abc import Callable, Collection

from tableadmin_server.operations.execution.time_in_state import TimeInState
from tableadmin_server.operations.storage.store import Member

# Seconds between writes of a member without changes.
BEAT_INTERVAL = 10.0
# A server whose item has not changed for so many seconds has failed.
MEMBER_TIMEOUT = 3 * BEAT_INTERVAL


class OtherMembers:
    """The other servers, as of the last read of their items. CLOCK measures seconds.

    Times of other machines are never compared.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._times = TimeInState(clock)
        # The number of the last known change of each server.
        self._seen: dict[str, int] = {}
        # The number of servers that run, and whether any of them has streams.
        self.live = 0
        self.watch = False

    def read(self, members: Collection[Member]) -> tuple[set[str], list[Member]]:
        """Take MEMBERS as just read. Returns the tables with new changes, and the failed members."""
        changed = {table for each in members for table in self._new_changes(each)}
        unchanged = {each.name: self._times.seconds(each.name, each.revision) for each in members}
        names = unchanged.keys()
        self._times.forget_others(names)
        self._seen = {name: number for name, number in self._seen.items() if name in names}
        gone = [each for each in members if unchanged[each.name] >= MEMBER_TIMEOUT]
        live = [each for each in members if not each.left and unchanged[each.name] < MEMBER_TIMEOUT]
        self.live = len(live)
        self.watch = any(each.watches for each in live)
        return changed, gone

    def _new_changes(self, member: Member) -> list[str]:
        seen = self._seen.get(member.name, 0)
        # A read of an index may return an older item than the last read.
        self._seen[member.name] = max(seen, *member.changes, 0)
        return [table for number, table in member.changes.items() if number > seen]
