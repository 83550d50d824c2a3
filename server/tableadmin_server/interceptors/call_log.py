"""Logs each call when it has ended."""

import logging
import time
from functools import partial
from typing import Any

import grpc
import structlog
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import OWN_DOMAIN, Failure
from tableadmin_server.interceptors import call_facts
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.wrapping import Context, Handler, Received, wrap_handler
from tableadmin_server.security.audit.record import Outcome
from tableadmin_server.security.audit.requests import is_change

_EVENT = "call ended"
# Calls of other services (health, reflection, channelz) are logged at DEBUG unless the server is broken.
_OWN_SERVICES = "/tableadmin."
# The codes that say that the server or an endpoint is broken, and the codes of successful calls.
_BROKEN = frozenset({"DATA_LOSS", "INTERNAL", "UNAVAILABLE", "UNKNOWN"})
_FINE = frozenset({"OK", "CANCELLED"})
_STOPPING = "SERVER_STOPPING"
# The request of a stream is kept, for the names in it, up to so many bytes.
_MAX_KEPT = 2048
_MAX_CAUSE = 1000


def level_of(method: str, outcome: Outcome) -> int:
    """Return the log level of a call of METHOD that ended with OUTCOME."""
    if outcome.reason == _STOPPING:
        return logging.INFO
    if outcome.code in _BROKEN:
        return logging.ERROR
    if not method.startswith(_OWN_SERVICES):
        return logging.DEBUG
    if outcome.code not in _FINE:
        return logging.WARNING
    return logging.INFO if is_change(method) else logging.DEBUG


class CallLogInterceptor(Interceptor):
    """Logs each call. ENDPOINT is the name of the default endpoint.

    This interceptor must be inside of the one that makes request ids, and outside of all others.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._log = structlog.get_logger().bind()

    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """See `Interceptor`: each call is logged when it has ended."""
        is_stream = handler.response_streaming or handler.request_streaming
        shows_success = self._log.is_enabled_for(level_of(method, Outcome()))
        max_kept = _MAX_KEPT if is_stream else None
        logged = partial(_Logged, self._log, self._endpoint, method, shows_success, max_kept)
        return wrap_handler(handler, logged, handler.request_deserializer)

    def unknown(self, method: str, /) -> None:
        """See `Interceptor`: the call is logged now."""
        outcome = Outcome("UNIMPLEMENTED")
        rpc = method.lstrip("/")[: call_facts.MAX_TEXT]
        self._log.log(level_of(method, outcome), _EVENT, rpc=rpc, code=outcome.code)


class _Logged:
    """A call under way. Large requests of streams are not kept, because there are thousands of streams."""

    __slots__ = (
        "_began",
        "_context",
        "_endpoint",
        "_log",
        "_max_kept",
        "_method",
        "_received",
        "_shows_success",
    )

    def __init__(
        self,
        log: Any,  # noqa: ANN401  # loggers of structlog have no common type
        endpoint: str,
        method: str,
        shows_success: bool,  # noqa: FBT001  # bound by partial
        max_kept: int | None,
        received: Received,
        context: Context,
    ) -> None:
        self._log = log
        self._endpoint = endpoint
        self._method = method
        self._shows_success = shows_success
        self._max_kept = max_kept
        self._received = received
        self._context = context

    async def __aenter__(self) -> Received:
        self._began = time.monotonic()
        received = self._received
        if self._max_kept is not None and not (
            isinstance(received, bytes) and len(received) <= self._max_kept
        ):
            self._received = None
        return received

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is None and not self._shows_success:
            return
        outcome = call_facts.outcome(self._context, error)
        level = level_of(self._method, outcome)
        if self._log.is_enabled_for(level):
            self._log.log(level, _EVENT, **await self._facts(outcome), **_cause(error))

    async def _facts(self, outcome: Outcome) -> dict[str, object]:
        """The facts of the call, which ended with OUTCOME, as far as they are known."""
        seconds = time.monotonic() - self._began
        is_known = outcome.code != call_facts.UNKNOWN_CALLER
        is_own = self._method.startswith(_OWN_SERVICES)
        request = await call_facts.request_of(self._method, self._received) if is_known and is_own else None
        caller = call_facts.caller_of(self._context)
        facts = {
            "rpc": self._method.lstrip("/"),
            "code": outcome.code,
            "reason": outcome.reason,
            "seconds": round(seconds, 4),
            "endpoint": call_facts.endpoint_of(self._context, self._endpoint) if is_own else "",
            "names": call_facts.names_in(request),
            "principal": str(caller.principal) if is_known else "",
            "peer": caller.peer,
            "user_agent": caller.user_agent,
            "request_id": call_facts.request_id_of(self._context),
            "aws_request_id": outcome.aws_request_id,
        }
        return {key: value for key, value in facts.items() if value not in ("", ())}


def _cause(error: BaseException | None) -> dict[str, object]:
    """The cause of ERROR, which the caller does not get: hosts, roles, tracebacks of unexpected errors."""
    if isinstance(error, Failure):
        cause = error.__cause__
        if cause is None or error.domain != OWN_DOMAIN or error.code == Code.INVALID_ARGUMENT:
            return {}
        return {"cause": f"{type(cause).__name__}: {cause}"[:_MAX_CAUSE]}
    if isinstance(error, Exception) and not isinstance(error, grpc.aio.AbortError):
        return {"exc_info": error}
    return {}
