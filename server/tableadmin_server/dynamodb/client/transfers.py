"""Makes the transfers of libcurl on the event loop.

pycurl's AsyncCurlMulti does the same, but needs more CPU time: each transfer adds a reader and a timer to the
event loop and removes them again. Here a selector watches the sockets of libcurl, the event loop watches the
selector, and all transfers share one timer.
"""

import asyncio
import selectors
from collections.abc import Iterable
from contextvars import Context

import pycurl

# The events of selectors for which libcurl waits. Its other values mean that it does not wait.
_EVENTS = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}
# libcurl's values for the events of a selector.
_READY = {
    selectors.EVENT_READ: pycurl.CSELECT_IN,
    selectors.EVENT_WRITE: pycurl.CSELECT_OUT,
    selectors.EVENT_READ | selectors.EVENT_WRITE: pycurl.CSELECT_IN | pycurl.CSELECT_OUT,
}
_NEVER = float("inf")


class Transfers:
    """The transfers under way, all on the event loop of the first one."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._note_due)
        self._sockets = selectors.DefaultSelector()
        self._watched: set[int] = set()
        self._under_way: dict[pycurl.Curl, asyncio.Future[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        # Begins the transfers that were added in this turn of the event loop, all at once.
        self._beginning: asyncio.Handle | None = None
        # When libcurl must be called next, by the event loop's clock. The timer may go off earlier.
        self._due = _NEVER
        self._timer: asyncio.TimerHandle | None = None

    async def make(self, curl: pycurl.Curl) -> None:
        """Make the transfer of CURL. If the caller is cancelled, the transfer ends.

        Raises pycurl.error, and RuntimeError after `close`.
        """
        if self._multi.closed:
            raise RuntimeError("the transfers are closed")
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            # A new context, because the reader outlives the first caller.
            Context().run(self._loop.add_reader, self._sockets, self._go_on)
        self._multi.add_handle(curl)
        ended = self._under_way[curl] = self._loop.create_future()
        if self._beginning is None:
            self._beginning = self._loop.call_soon(self._begin)
        try:
            await ended
        finally:
            if self._under_way.pop(curl, None) is not None:
                self._multi.remove_handle(curl)

    def close(self) -> None:
        """Cancel the transfers under way, and close the connections."""
        for curl, ended in self._under_way.items():
            self._multi.remove_handle(curl)
            ended.cancel()
        self._under_way.clear()
        self._multi.close()
        for handle in (self._beginning, self._timer):
            if handle is not None:
                handle.cancel()
        if self._loop is not None:
            self._loop.remove_reader(self._sockets)
        self._sockets.close()

    def _watch(self, what: int, socket: int, _multi: object, _data: object) -> None:
        """Wait for the events WHAT of SOCKET. libcurl calls this."""
        events = _EVENTS.get(what)
        if events is None:
            if socket in self._watched:
                self._watched.remove(socket)
                self._sockets.unregister(socket)
        elif socket in self._watched:
            self._sockets.modify(socket, events)
        else:
            self._watched.add(socket)
            self._sockets.register(socket, events)

    def _note_due(self, milliseconds: int) -> None:
        """Note when libcurl must be called next, never if MILLISECONDS is negative. libcurl calls this."""
        assert self._loop is not None
        self._due = self._loop.time() + milliseconds / 1000 if milliseconds >= 0 else _NEVER

    def _begin(self) -> None:
        self._beginning = None
        self._expire()

    def _go_on(self) -> None:
        """Go on with the sockets that are ready."""
        self._act((key.fd, _READY[events]) for key, events in self._sockets.select(0))

    def _expire(self) -> None:
        """Go on with what is due. libcurl then says again when it must be called next."""
        self._due = _NEVER
        self._act([(pycurl.SOCKET_TIMEOUT, 0)])

    def _act(self, events: Iterable[tuple[int, int]]) -> None:
        """Tell libcurl of EVENTS, pairs of a socket and libcurl's value, and end complete transfers."""
        try:
            for socket, ready in events:
                self._multi.socket_action(socket, ready)
        except pycurl.error as error:
            for ended in self._under_way.values():
                _end(ended, error)
            return
        _, complete, failed = self._multi.info_read()
        for curl in complete:
            _end(self._under_way[curl])
        for curl, code, message in failed:
            _end(self._under_way[curl], pycurl.error(code, message))
        self._set_timer()

    def _set_timer(self) -> None:
        """Set the timer, unless it goes off in time."""
        assert self._loop is not None
        if self._timer is not None:
            if self._timer.when() <= self._due:
                return
            self._timer.cancel()
        self._timer = None if self._due == _NEVER else self._loop.call_at(self._due, self._timed_out)

    def _timed_out(self) -> None:
        assert self._loop is not None
        self._timer = None
        if self._due <= self._loop.time():
            self._expire()
        else:
            self._set_timer()


def _end(ended: "asyncio.Future[None]", error: pycurl.error | None = None) -> None:
    if ended.done():  # its caller was cancelled
        return
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)
