"""Streams that resume after a lost connection: when the next call begins, and with which request. No I/O.

`stream` sends the calls, for the synchronous and for the asynchronous client.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

import grpc
from google.protobuf.message import Message

from tableadmin.errors import (
    Cancelled,
    ClientClosed,
    DeadlineExceeded,
    Internal,
    TableAdminError,
    Unavailable,
)
from tableadmin.transport.retrying import MAX_ATTEMPTS, is_unserved, pause, random_between

Request = TypeVar("Request", bound=Message)
# The messages of a call, and those for the caller.
Received = TypeVar("Received", bound=Message)
Response = TypeVar("Response", bound=Message)

# The longest pause between calls, in seconds.
_LONGEST = 5.0
# How much a call may end before its deadline, in seconds.
_TOLERANCE = 1.0


class ResumableStream(ABC, Generic[Request, Received, Response]):
    """A stream that continues with another call when a call ends early. The base class of all such streams.

    `finished` says that no further call is needed. `pause` is the number of seconds to wait before the next
    call.
    """

    rpc: ClassVar[str]

    def __init__(self) -> None:
        self.now: Callable[[], float] = time.monotonic
        self.draw: Callable[[float, float], float] = random_between
        self.finished = False
        self.pause = 0.0
        self._answered = False
        self._failures = 0

    @abstractmethod
    def next_call(self) -> tuple[Request, float | None]:
        """Return the next request and its timeout in seconds. Raises DeadlineExceeded."""

    @abstractmethod
    def received(self, response: Received) -> Sequence[Response]:
        """Return the responses for the caller when RESPONSE arrives."""

    def ended(self, error: TableAdminError | None = None) -> Sequence[Response]:
        """Return the responses for the caller when a call ends. Raises ERROR if a retry would not help."""
        self.pause = 0.0
        if self.finished:
            return ()
        if error is None:
            error = Unavailable("the stream ended early", grpc.StatusCode.UNAVAILABLE)
        return self._lost(self._premature(error) if isinstance(error, DeadlineExceeded) else error)

    def _premature(self, error: DeadlineExceeded) -> TableAdminError:
        """Return Unavailable in place of ERROR if the expired deadline is not the caller's.

        While time remains, either the endpoint was too slow for the server, or a clock was set. Without a
        timeout of the caller, only an error with a reason is the server's.
        """
        remaining = self._remaining()
        if not error.reason if remaining is None else remaining <= _TOLERANCE:
            return error
        return Unavailable(error.message, grpc.StatusCode.UNAVAILABLE, reason=error.reason)

    def _note_answer(self) -> None:
        """Note that the service has answered, which makes the next failure the first one."""
        self._answered, self._failures = True, 0

    @abstractmethod
    def _lost(self, error: TableAdminError) -> Sequence[Response]:
        """Return the responses for the caller when ERROR ended a call early. Raises to end the stream."""

    def _back_off(self, error: TableAdminError) -> None:
        """Set the pause before the next call. Raises ERROR if another call would not help."""
        self._failures += 1
        if not _is_transient(error):
            raise error
        # After a first response, the stream also survives outages of the endpoint.
        if not self._answered and (self._failures == MAX_ATTEMPTS or not is_unserved(error)):
            raise error
        self.pause = pause(self._failures, _LONGEST, self.draw)
        remaining = self._remaining()
        if remaining is not None:
            self.pause = max(0.0, min(self.pause, remaining))

    def _remaining(self) -> float | None:
        """Return the seconds until the caller's deadline, None without a deadline."""
        return None


def _is_transient(error: TableAdminError) -> bool:
    """Whether ERROR is transient: the connection was lost, or the server stops."""
    if isinstance(error, Unavailable | ClientClosed):
        return isinstance(error, Unavailable)
    # Broken streams end with these codes, without a reason.
    return isinstance(error, Cancelled | Internal) and not error.reason
