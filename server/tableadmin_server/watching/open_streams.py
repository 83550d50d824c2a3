"""The open streams of one endpoint, which are woken by an outage and when the server stops."""

from tableadmin_server.failure import server_stopping
from tableadmin_server.polling.poller import Spread, Watcher
from tableadmin_server.watching.malloc_trim import MallocTrim


class OpenStreams:
    """The open streams. SPREAD makes the calls that wake them."""

    def __init__(self, spread: Spread) -> None:
        self._spread = spread
        self._open: set[Watcher] = set()
        self._trim = MallocTrim()
        self._stopping = False

    @property
    def any(self) -> bool:
        """Whether any stream is open."""
        return bool(self._open)

    @property
    def count(self) -> int:
        """The number of open streams."""
        return len(self._open)

    def enter(self, stream: Watcher) -> None:
        """Add STREAM."""
        self._open.add(stream)
        self._trim.opened()

    def exit(self, stream: Watcher) -> None:
        """Remove STREAM, which has ended."""
        self._open.discard(stream)
        self._trim.closed()

    def wake(self) -> None:
        """Wake every open stream."""
        self._spread(lambda stream: stream.wake(""), self._open)

    def stop(self) -> None:
        """End all streams, also later ones, because the server stops."""
        self._stopping = True
        self.wake()

    def check_running(self) -> None:
        """Raise Failure (UNAVAILABLE) if the server stops. Callers continue at another server."""
        if self._stopping:
            raise server_stopping()
