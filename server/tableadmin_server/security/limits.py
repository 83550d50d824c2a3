"""Limits each principal's calls a second, concurrent calls and streams."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from google.rpc.code_pb2 import Code

from tableadmin_server.config.limits import LimitsConfig, PrincipalLimits
from tableadmin_server.failure import Failure
from tableadmin_server.security.identity import Caller

# So many principals are kept while they are idle.
_IDLE_PRINCIPALS = 10_000
# The retry delay in seconds of a call that exceeds a limit on concurrent calls.
_ENDED_SECONDS = 1.0


@dataclass
class _Usage:
    """The use of a principal: the calls LEFT of the burst at the time AT, and calls and streams under way.

    REFUSED counts the refused calls of all principals, by limit.
    """

    limits: PrincipalLimits
    refused: Counter[str]
    left: float
    at: float
    calls: int = 0
    streams: int = 0

    @property
    def is_idle(self) -> bool:
        """Whether no call and no stream is under way."""
        return not (self.calls or self.streams)

    def exhausted(self, key: str, limit: str, seconds: float) -> Failure:
        """Count a call past the limit KEY, and return its Failure. SECONDS is the retry delay."""
        self.refused[key] += 1
        return Failure(
            Code.RESOURCE_EXHAUSTED,
            f"the caller has reached its limit of {limit}; retry the call later",
            reason="CALLER_LIMIT_EXCEEDED",
            retry_delay=seconds,
            quota=limit,
        )


class _Call:
    """A context in which a call counts."""

    __slots__ = ("_use",)

    def __init__(self, use: _Usage) -> None:
        self._use = use

    def __enter__(self) -> None:
        limit = self._use.limits.concurrent_calls
        if self._use.calls >= limit:
            raise self._use.exhausted("concurrent_calls", f"{limit} calls at the same time", _ENDED_SECONDS)
        self._use.calls += 1

    def __exit__(self, *_: object) -> None:
        self._use.calls -= 1


class _Stream(_Call):
    """A context in which a stream counts."""

    __slots__ = ()

    def __enter__(self) -> None:
        limit = self._use.limits.streams
        if self._use.streams >= limit:
            raise self._use.exhausted("streams", f"{limit} streams at the same time", _ENDED_SECONDS)
        self._use.streams += 1

    def __exit__(self, *_: object) -> None:
        self._use.streams -= 1


_UNCOUNTED = nullcontext()


class Limits:
    """Limits the calls of each principal. Callers of listeners without authentication have no limits."""

    def __init__(self, config: LimitsConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._clock = clock
        self._uses: OrderedDict[str, _Usage] = OrderedDict()
        # The number of refused calls, by limit.
        self.refused = Counter(calls_per_second=0, concurrent_calls=0, streams=0)

    def call(self, caller: Caller, *, is_stream: bool) -> AbstractContextManager[None]:
        """Return a context for a call of CALLER. Raises Failure (RESOURCE_EXHAUSTED) past a limit."""
        if caller.proof == "none":
            return _UNCOUNTED
        use = self._use(str(caller.principal))
        self._take(use)
        return _Stream(use) if is_stream else _Call(use)

    def _use(self, principal: str) -> _Usage:
        if principal in self._uses:
            self._uses.move_to_end(principal)
            return self._uses[principal]
        if len(self._uses) >= _IDLE_PRINCIPALS:
            self._forget_one()
        limits = self._config.of(principal)
        use = self._uses[principal] = _Usage(limits, self.refused, float(limits.burst), self._clock())
        return use

    def _forget_one(self) -> None:
        """Remove the principal that has been idle for the longest time."""
        idle = next((name for name, use in self._uses.items() if use.is_idle), None)
        if idle is not None:
            del self._uses[idle]

    def _take(self, use: _Usage) -> None:
        """Take one call of the burst, which refills with time."""
        rate, now = use.limits.calls_per_second, self._clock()
        use.left = min(float(use.limits.burst), use.left + rate * (now - use.at))
        use.at = now
        if use.left < 1:
            raise use.exhausted("calls_per_second", f"{rate:g} calls per second", (1 - use.left) / rate)
        use.left -= 1
