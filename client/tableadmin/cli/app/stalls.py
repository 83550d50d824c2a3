"""End a stream without responses after the timeout of the run, with the likely reason."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Timer
from typing import TYPE_CHECKING, TypeVar

from tableadmin.cli.app.exit_codes import CommandFailed

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tableadmin.client import Client
    from tableadmin.streams.stream import Stream

R = TypeVar("R", bound="Message")

_OTHER_ENDPOINT = "'tablectl endpoint list' lists the endpoints of the server, and --endpoint chooses one"
# The timeout of the check whether the service responds, in seconds.
_PROBE = 0.5


class _Clock:
    """Closes STREAM after SECONDS without a response."""

    def __init__(self, stream: Stream[R], seconds: float) -> None:
        self.stalled = False
        self._stream = stream
        self._seconds = seconds
        self._timer: Timer | None = None

    def start(self) -> None:
        """Start the timer."""
        self.stop()
        self._timer = Timer(self._seconds, self._stall)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Stop the timer."""
        if self._timer:
            self._timer.cancel()

    def _stall(self) -> None:
        self.stalled = True
        self._stream.close()


def until_stalled(client: Client, stream: Stream[R], *, first_only: bool = False) -> Iterator[R]:
    """Yield the responses of STREAM. Each must come within the timeout of CLIENT, with FIRST_ONLY the first.

    Raises CommandFailed after the timeout. A `gap` of a watch does not count as a response: it is the reason
    in the error.
    """
    seconds, why = client.options.timeout or 0.0, ""
    clock = _Clock(stream, seconds)
    clock.start()
    try:
        for response in stream:
            gap = _gap(response)
            why = gap or why
            if not gap:
                (clock.stop if first_only else clock.start)()
            yield response
    finally:
        clock.stop()
    if clock.stalled:
        reason = f"{why}; {_OTHER_ENDPOINT}" if why else _silent(client)
        raise CommandFailed(f"no answer within {seconds:g} s: {reason}")


def _gap(response: object) -> str:
    """Return the reason of a `gap` of a watch, "" for other responses."""
    gap = getattr(response, "gap", None)
    return gap.reason if gap is not None else ""


def _silent(client: Client) -> str:
    """Return a message that says whether the service or its endpoint does not respond."""
    from tableadmin.errors import TableAdminError  # noqa: PLC0415 - grpc

    try:
        endpoints = client.with_options(timeout=_PROBE).list_endpoints()
    except TableAdminError:
        return "the service does not respond"
    chosen = client.options.endpoint
    named = (each.name for each in endpoints if (each.name == chosen if chosen else each.is_default))
    return f"the endpoint {next(named, '')!r} does not respond"
