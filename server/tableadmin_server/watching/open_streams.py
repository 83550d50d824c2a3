"""The streams of one endpoint that are open: they learn of outages, and of the end of the server."""

from tableadmin_server.failure import server_stopping
from tableadmin_server.polling.poller import Spread, Watcher
from tableadmin_server.watching.malloc_trim import MallocTrim


class OpenStreams:
    """Wakes every open stream when something concerns all of them, by calls that SPREAD makes."""

    def __init__(self, spread: Spread) -> None:
        self._spread = spread
        self._open: set[Watcher] = set()
        self._trim = MallocTrim()
        self._stopping = False

    @property
    def any(self) -> bool:
        """Whether a stream is open."""
        return bool(self._open)

    @property
    def count(self) -> int:
        """The number of open streams."""
        return len(self._open)

    def enter(self, stream: Watcher) -> None:
        """STREAM is open until `exit`."""
        self._open.add(stream)
        self._trim.opened()

    def exit(self, stream: Watcher) -> None:
        """STREAM has ended."""
        self._open.discard(stream)
        self._trim.closed()

    def wake(self) -> None:
        """Wake every open stream."""
        self._spread(lambda stream: stream.wake(""), self._open)

    def stop(self) -> None:
        """End every stream, now and later: the server stops."""
        self._stopping = True
        self.wake()

    def check_running(self) -> None:
        """Raise Failure (UNAVAILABLE) when the server stops: callers go on elsewhere."""
        if self._stopping:
            raise server_stopping()
