"""When a call that failed is made again, and after which pause. No I/O.

`calls` carries out what is decided here for calls, `streams` what `watching` decides for streams.
gRPC's own retries are not used: four tries within two seconds end before a server has started again.
A call is sent again only where no server has answered it, or a server that stops. The server itself has tried
its endpoint `max_attempts` times before it reports an error of the endpoint, and the client adds no tries.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from google.protobuf.message import Message

from tableadmin.channel import DEFAULT_TIMEOUT, REPEATABLE
from tableadmin.errors import TableAdminError, Unavailable, closed

# Tries where no server has ever answered.
MAX_ATTEMPTS = 4
# Seconds between calls: at least, and at most after the first failure.
_SHORTEST, _FIRST = 0.1, 0.2
# Seconds between the tries of a call at most.
_LONGEST = 1.0

_STOPPING = "SERVER_STOPPING"


@dataclass
class Connection:
    """What is known of a channel: whether the service has ever answered on it, whether it was closed."""

    answered: bool = False
    closed: Event = field(default_factory=Event)


class Attempts:
    """The tries of the call that sends REQUEST, within TIMEOUT seconds.

    A call that may be repeated is tried until a server answers, if one has answered on the channel before.
    Without a timeout it is tried for the default timeout.
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
        """The timeout of the next try, in seconds."""
        if self._timeout is None or not self._failures:
            return self._timeout
        return self._timeout - (time.monotonic() - self._began)

    def renewed(self, renewed: bool) -> bool:  # noqa: FBT001 - what was found out of the last try
        """Whether a try with a RENEWED token follows at once: once, as the server did nothing before."""
        follows = renewed and not self._renewed
        self._renewed = self._renewed or renewed
        return follows

    def failed(self, error: TableAdminError) -> float:
        """Seconds to wait before the next try, after one that ended in ERROR; raises ERROR after the last."""
        self._failures += 1
        self._connection.answered |= bool(error.reason)
        if self._connection.closed.is_set() and not error.reason:
            raise closed() from error
        if not (self._repeatable and isinstance(error, Unavailable) and is_unserved(error)):
            raise error
        if self._failures >= MAX_ATTEMPTS and not self._connection.answered:
            raise error
        seconds = pause(self._failures, _LONGEST)
        limit = DEFAULT_TIMEOUT if self._timeout is None else self._timeout
        # A try with less time than that would end in DEADLINE_EXCEEDED, which hides what is wrong.
        if time.monotonic() + seconds + _SHORTEST >= self._began + limit:
            raise error
        return seconds


def is_unserved(error: TableAdminError) -> bool:
    """Whether ERROR says that no server has served the call: none has answered, or one that stops."""
    return error.reason in {"", _STOPPING}


def jittered(least: float, most: float) -> float:
    """A random number of seconds between LEAST and MOST."""
    import random  # noqa: PLC0415 - it takes a millisecond, and most calls are never lost

    return random.uniform(least, most)  # noqa: S311 - nobody is to be kept from guessing it


def pause(failures: int, longest: float, draw: Callable[[float, float], float] = jittered) -> float:
    """Seconds to wait after so many failures: at random, up to twice as long each time, LONGEST at most."""
    return draw(_SHORTEST, min(longest, _FIRST * 2.0 ** min(failures - 1, 10)))
