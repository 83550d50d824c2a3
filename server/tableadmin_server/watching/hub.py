"""The poll loops and streams that watches, waits and operations of one endpoint share."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from tableadmin_server.dynamodb.poll_order import PollPriority
from tableadmin_server.polling.outages import Outages
from tableadmin_server.polling.poller import Poller, Watcher
from tableadmin_server.supervision import Supervisor
from tableadmin_server.watching.fair_scheduler import FairScheduler
from tableadmin_server.watching.open_streams import OpenStreams
from tableadmin_server.watching.polled_endpoint import PolledEndpoint, polling_reader
from tableadmin_server.watching.resource_polls import ResourcePolls
from tableadmin_server.watching.revisions import Revisions
from tableadmin_server.watching.watched_tables import WatchedTables

T = TypeVar("T")


class NamesWatcher(Protocol):
    """A watch of all tables, or of those with a prefix."""

    def found_names(self, names: Sequence[str]) -> None:
        """Note NAMES, some of the names of all tables."""


# So many watches are told of each page of names.
_FEW = 16


def _at_once() -> float:
    return 0.0


class Hub:
    """The poll loops of ENDPOINT, and the streams that watch them.

    SUPERVISOR runs the loops. `tables` polls tables, `names` the names of all tables, `resources` backups,
    exports and imports. `awaiting_names` has the watches that do not know the names yet. `streams` has the
    open streams, `scheduler` shares the event loop between them, `revisions` numbers states for resume
    tokens, `outages` has the outages of the endpoint. OBSERVE_LAG is called for each event with the seconds
    from the read of the change to the event.
    """

    def __init__(
        self,
        endpoint: PolledEndpoint,
        supervisor: Supervisor | None = None,
        observe_lag: Callable[[float], object] = lambda _: None,
    ) -> None:
        self.observe_lag = observe_lag
        # Called with the name of a table that this server may have changed. Membership sets it, and tells the
        # other servers.
        self.on_change: Callable[[str], object] = lambda _: None
        self.supervisor = supervisor or Supervisor()
        self.endpoint = endpoint
        self.scheduler = FairScheduler()
        self.streams = OpenStreams(self.scheduler.spread)
        self.outages = Outages(self.streams.wake)
        self.revisions = Revisions()
        self.tables = WatchedTables(self)
        self.names = self._poller_of_names()
        self.awaiting_names: dict[NamesWatcher, None] = {}
        self.resources = ResourcePolls(endpoint, self.poller)

    def enter(self, stream: Watcher) -> None:
        """Register STREAM as open."""
        self.streams.enter(stream)

    def exit(self, stream: Watcher) -> None:
        """Remove STREAM. The last stream ends the current outage."""
        self.streams.exit(stream)
        if not self.streams.any:
            self.outages.forget()

    def poller(
        self,
        read: Callable[[], Awaitable[T]],
        moves: Callable[[T | None, T], bool],
        priority: PollPriority,
        subject: str = "",
    ) -> Poller[T]:
        """Return a new poll loop, which sets the PRIORITY of the calls that READ makes.

        SUBJECT is the name of the polled table, "" for other resources.
        """
        gather = self.tables.gathering if subject else _at_once
        spread = self.scheduler.spread
        return Poller(read, moves, self.outages, self.supervisor, spread, subject, gather, priority)

    def _poller_of_names(self) -> Poller[tuple[str, ...]]:
        priority = PollPriority()
        read = partial(polling_reader(self.endpoint, priority).table_names, self._found_names)
        return self.poller(read, lambda before, now: before not in (None, now), priority)

    def _found_names(self, names: Sequence[str]) -> None:
        """Tell the watches that await the names of all tables some of the NAMES, while the rest is read.

        If they are many, to tell each of each page would block the event loop: they wait for all names.
        """
        if len(self.awaiting_names) <= _FEW:
            for each in self.awaiting_names:
                each.found_names(names)

    def names_lack(self, name: str) -> bool:
        """Whether the names of all tables are polled and do not include NAME."""
        return self.names.watched and self.names.state is not None and name not in self.names.state

    def trigger(self, name: str) -> None:
        """Poll the table NAME now, because this server may have changed it, and tell the other servers."""
        self.poll_now(name)
        self.on_change(name)

    def poll_now(self, name: str) -> None:
        """Poll the table NAME and the names of all tables now, if they are watched."""
        self.tables.trigger(name)
        if self.names.watched:
            self.names.trigger()
