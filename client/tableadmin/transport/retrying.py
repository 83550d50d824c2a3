"""Decide whether and when a failed call is retried. No I/O.

`calls` sends the retries of calls; `streams` sends the retries of streams, which `watching` decides.
gRPC's own retries end after two seconds, before a server has restarted, so they are not used. A call is
retried only if no server answered the call, or if the server is stopping. An error of the endpoint is not
retried: the server has already called the endpoint `max_attempts` times.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from google.protobuf.message import Message

from tableadmin.channel import DEFAULT_TIMEOUT, REPEATABLE
from tableadmin.errors import TableAdminError, Unavailable, client_closed

# The number of attempts while no server has ever answered.
MAX_ATTEMPTS = 4
# The shortest pause, and the longest pause after the first failure, in seconds.
_SHORTEST, _FIRST = 0.1, 0.2
# The longest pause between the attempts of a call, in seconds.
_LONGEST = 1.0

_STOPPING = "SERVER_STOPPING"


@dataclass
class Connection:
    """The state of a channel: whether the service has ever answered, and whether the channel was closed."""

    answered: bool = False
    closed: Event = field(default_factory=Event)


class RetryState:
    """What has happened to a call that sends REQUEST within TIMEOUT seconds, and whether it is retried.

    If a server has answered on the channel before, a repeatable call is retried until a server answers.
    Without a timeout, the retries end after the default timeout.
    """

    def __init__(self, request: Message, timeout: float | None, connection: Connection) -> None:
        self._repeatable = request.DESCRIPTOR.full_name in REPEATABLE
        self._connection = connection
        self._failures = 0
        self._renewed = False
        self._timeout = timeout
        self._began = time.monotonic()

    @property
    def timeout(self) -> float | None:
        """The timeout of the next attempt, in seconds."""
        if self._timeout is None or not self._failures:
            return self._timeout
        return self._timeout - (time.monotonic() - self._began)

    def retries_at_once(self, renewed: bool) -> bool:  # noqa: FBT001 - the result of a check
        """Whether to retry at once with RENEWED credentials. This happens once in a call."""
        follows = renewed and not self._renewed
        self._renewed = self._renewed or renewed
        return follows

    def pause_after(self, error: TableAdminError) -> float:
        """Return the seconds to wait before the attempt after ERROR. Raises ERROR if no attempt follows."""
        self._failures += 1
        self._connection.answered |= bool(error.reason)
        if self._connection.closed.is_set() and not error.reason:
            raise client_closed() from error
        if not (self._repeatable and isinstance(error, Unavailable) and is_unserved(error)):
            raise error
        if self._failures >= MAX_ATTEMPTS and not self._connection.answered:
            raise error
        seconds = pause(self._failures, _LONGEST)
        limit = DEFAULT_TIMEOUT if self._timeout is None else self._timeout
        # An attempt with less time would end with DEADLINE_EXCEEDED, which hides the cause.
        if time.monotonic() + seconds + _SHORTEST >= self._began + limit:
            raise error
        return seconds


def is_unserved(error: TableAdminError) -> bool:
    """Whether ERROR means that no server processed the call: none answered, or the server is stopping."""
    return error.reason in {"", _STOPPING}


def random_between(least: float, most: float) -> float:
    """Return a random number of seconds between LEAST and MOST."""
    import random  # noqa: PLC0415 - the import takes a millisecond, and most calls are not retried

    return random.uniform(least, most)  # noqa: S311 - not a secret


def pause(failures: int, longest: float, draw: Callable[[float, float], float] = random_between) -> float:
    """Return a random pause in seconds. Its bound doubles with each of FAILURES, up to LONGEST."""
    return draw(_SHORTEST, min(longest, _FIRST * 2.0 ** min(failures - 1, 10)))
