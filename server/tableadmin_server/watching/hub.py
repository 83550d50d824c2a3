"""All that watches, waits and operations of one endpoint share."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tableadmin_server.polling.outages import Outages
from tableadmin_server.polling.poller import Poller, Watcher
from tableadmin_server.supervision import Supervisor
from tableadmin_server.watching.fair_scheduler import FairScheduler
from tableadmin_server.watching.open_streams import OpenStreams
from tableadmin_server.watching.resource_polls import ResourcePolls
from tableadmin_server.watching.revisions import Revisions
from tableadmin_server.watching.source import Source, polling_reader
from tableadmin_server.watching.watched_tables import WatchedTables

T = TypeVar("T")


def _at_once() -> float:
    return 0.0


class Hub:
    """The poll loops of one endpoint, SOURCE, and the streams that look at them.

    SUPERVISOR runs the loops. Each member has one job: `tables` the tables, `names` their names, `resources`
    what else is waited for, `streams` the open streams, `scheduler` their fairness, `revisions` resume tokens
    and `outages` the times in which the endpoint could not be asked. OBSERVE_LAG is told how many seconds
    after a change was seen its event is made, for each event.
    """

    def __init__(
        self,
        source: Source,
        supervisor: Supervisor | None = None,
        observe_lag: Callable[[float], object] = lambda _: None,
    ) -> None:
        self.observe_lag = observe_lag
        # Tells the other servers that a table may have been changed; nobody where the endpoint has no others.
        self.announce: Callable[[str], object] = lambda _: None
        self.supervisor = supervisor or Supervisor()
        self.source = source
        self.reader = polling_reader(source)
        self.scheduler = FairScheduler()
        self.streams = OpenStreams(self.scheduler.spread)
        self.outages = Outages(self.streams.wake)
        self.revisions = Revisions()
        self.tables = WatchedTables(self)
        self.names = self.poller(self.reader.table_names, lambda before, now: before not in (None, now))
        self.resources = ResourcePolls(self.reader.ask, self.poller)

    def enter(self, stream: Watcher) -> None:
        """STREAM is open until `exit`."""
        self.streams.enter(stream)

    def exit(self, stream: Watcher) -> None:
        """STREAM has ended; with the last one nobody knows of an outage any more."""
        self.streams.exit(stream)
        if not self.streams.any:
            self.outages.forget()

    def poller(
        self, read: Callable[[], Awaitable[T]], moves: Callable[[T | None, T], bool], subject: str = ""
    ) -> Poller[T]:
        """A poll loop of this endpoint; SUBJECT is the name of the table that it polls, if it is one."""
        gather = self.tables.gathering if subject else _at_once
        return Poller(read, moves, self.outages, self.supervisor, self.scheduler.spread, subject, gather)

    def names_lack(self, name: str) -> bool:
        """Whether the names of all tables are watched, and NAME is not among them."""
        return self.names.watched and self.names.state is not None and name not in self.names.state

    def trigger(self, name: str) -> None:
        """The table NAME may just have been changed through this server: poll at once, and tell others."""
        self.poll_now(name)
        self.announce(name)

    def poll_now(self, name: str) -> None:
        """The table NAME may just have been changed, made or deleted: poll at once, if anybody watches."""
        self.tables.trigger(name)
        if self.names.watched:
            self.names.trigger()
