"""Streams that say nothing: they end after the timeout of the run, with what is known of the reason."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Timer
from typing import TYPE_CHECKING, TypeVar

from tableadmin.cli.app.exit_codes import CommandFailed

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tableadmin.client import Client
    from tableadmin.streams import Stream

R = TypeVar("R", bound="Message")

_OTHER_ENDPOINT = "'tablectl endpoint list' lists the endpoints of the server, and --endpoint chooses one"
# Seconds that the service gets to say whether it is there.
_PROBE = 0.5


class _Clock:
    """Closes STREAM when it has told nothing for SECONDS."""

    def __init__(self, stream: Stream[R], seconds: float) -> None:
        self.stalled = False
        self._stream = stream
        self._seconds = seconds
        self._timer: Timer | None = None

    def start(self) -> None:
        """Count from now on."""
        self.stop()
        self._timer = Timer(self._seconds, self._stall)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Count no more."""
        if self._timer:
            self._timer.cancel()

    def _stall(self) -> None:
        self.stalled = True
        self._stream.close()


def until_stalled(client: Client, stream: Stream[R], *, first_only: bool = False) -> Iterator[R]:
    """The responses of a STREAM of CLIENT, each within the timeout of CLIENT; with FIRST_ONLY only the first.

    Raises CommandFailed where none comes in time. The GAP of a watch is no response in this sense: the GAP
    says why nothing comes.
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
    """Why a watch shows nothing new; "" for any other response."""
    gap = getattr(response, "gap", None)
    return gap.reason if gap is not None else ""


def _silent(client: Client) -> str:
    """Who does not respond: the service, or the endpoint behind it."""
    from tableadmin.errors import TableAdminError  # noqa: PLC0415 - grpc

    try:
        endpoints = client.with_options(timeout=_PROBE).list_endpoints()
    except TableAdminError:
        return "the service does not respond"
    chosen = client.options.endpoint
    named = (each.name for each in endpoints if (each.name == chosen if chosen else each.is_default))
    return f"the endpoint {next(named, '')!r} does not respond"
