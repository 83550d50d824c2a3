"""Who asked for what, and what came of it: a line in the log for each change, and audit records."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import grpc
import structlog
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tableadmin_server.bounds import off_loop, received
from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.identity import readable_peer
from tableadmin_server.interceptors.wrapping import (
    Around,
    Context,
    Continuation,
    Handler,
    Received,
    wrapped,
)
from tableadmin_server.security.audit import redaction
from tableadmin_server.security.audit.audit import Audit, outcome_of
from tableadmin_server.security.audit.record import Act, Outcome
from tableadmin_server.security.audit.requests import is_change, method_of, named
from tableadmin_server.security.authorization.permitting import permitting_policies
from tableadmin_server.security.identity import Caller, caller

# In the metadata of a call, and in the trailing metadata of its answer.
_ENDPOINT_KEY = "tableadmin-endpoint"
_USER_AGENT_KEY = "user-agent"
_REQUEST_ID_KEY = "tableadmin-request-id"
_AWS_REQUEST_ID_KEY = "aws-request-id"

# Names that a line or a record has at most, and characters of a text that the caller chose.
_MAX_NAMES = 20
_MAX_TEXT = 256
_UNKNOWN_CALLER = "UNAUTHENTICATED"
_CANCELLED = Outcome("CANCELLED")
_INTERNAL = Outcome("INTERNAL", "INTERNAL")

_log = structlog.get_logger()


@dataclass
class _Call:
    """A call under way: PAYLOAD is its request, or None for a stream of requests."""

    method: str
    payload: bytes | None
    context: Context
    endpoint: str
    is_change: bool
    act: Act | None = None

    async def described(self, *, in_full: bool) -> Act:
        """What the call asks for; the request itself only IN_FULL."""
        request = await self._request()
        content: Mapping[str, Any] = {}
        if request is not None and in_full:
            content = await off_loop(partial(redaction.of_message, request), len(self.payload or b""))
        names = () if request is None else islice(named(request), _MAX_NAMES)
        service, _, operation = self.method.lstrip("/").rpartition("/")
        metadata = {str(key): str(value) for key, value in self.context.invocation_metadata() or ()}
        return Act(
            _caller(self.context, metadata),
            service,
            operation,
            metadata.get(_ENDPOINT_KEY, self.endpoint)[:_MAX_TEXT],
            tuple(name[:_MAX_TEXT] for name in names),
            content,
            _trailing(self.context).get(_REQUEST_ID_KEY, ""),
            is_change=self.is_change,
        )

    async def _request(self) -> Message | None:
        method = method_of(self.method)
        if method is None or not isinstance(self.payload, bytes):
            return None
        try:
            return await received(GetMessageClass(method.input_type).FromString, self.payload)
        except Failure:
            return None


# The call that the running task serves.
_call: ContextVar[_Call | None] = ContextVar("audited_call", default=None)


class AuditInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Logs each change when its call has ended, and gives AUDIT the outcome before the call is answered.

    AUDIT also gets the calls that are denied, and reads where it wants them. ENDPOINT is the name of the
    endpoint of calls that name none. It belongs inside the interceptor that makes request ids, and outside
    of those that deny calls.
    """

    def __init__(self, audit: Audit, endpoint: str) -> None:
        self._audit = audit
        self._endpoint = endpoint

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """The RPC's handler; where nothing of it is logged or recorded, as it is."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not (is_change(method) or self._audit.is_on):
            return handler
        return wrapped(handler, self._audited(method), handler.request_deserializer)

    def _audited(self, method: str) -> Around:
        changes = is_change(method)

        @asynccontextmanager
        async def audited(payload: Received, context: Context) -> AsyncIterator[Received]:
            call = _Call(method, payload, context, self._endpoint, changes)
            _call.set(call)
            began = time.monotonic()
            outcome = _INTERNAL
            try:
                yield payload
                aws_request_id = _trailing(context).get(_AWS_REQUEST_ID_KEY, "")
                outcome = Outcome(aws_request_id=aws_request_id, policies=permitting_policies())
            except Failure as failure:
                outcome = outcome_of(failure)
                raise
            except asyncio.CancelledError:
                outcome = _CANCELLED
                raise
            finally:
                await self._ended(call, replace(outcome, seconds=time.monotonic() - began))

        return audited

    async def _ended(self, call: _Call, outcome: Outcome) -> None:
        is_recorded = self._audit.is_on and (call.is_change or outcome.denied or self._is_read(call))
        if not (is_recorded or call.is_change):
            return
        if outcome.code == _UNKNOWN_CALLER:
            # The bytes of somebody who is not known are not parsed.
            call.payload = None
        act = call.act or await call.described(in_full=is_recorded)
        if call.is_change:
            _log_change(act, outcome)
        if is_recorded:
            await self._audit.conclude(act, outcome)

    def _is_read(self, call: _Call) -> bool:
        return self._audit.reads and call.method.startswith("/tableadmin.")


class IntentInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Gives AUDIT the intent of each change before the change is handled; refuses the change where it can't.

    It belongs inside of the interceptors that deny calls.
    """

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """The RPC's handler; that of a change begins with the intent."""
        handler = await continuation(handler_call_details)
        if handler is None or not (self._audit.is_on and is_change(handler_call_details.method)):
            return handler
        return wrapped(handler, self._intended, handler.request_deserializer)

    @asynccontextmanager
    async def _intended(self, request: Received, _context: Context) -> AsyncIterator[Received]:
        call = _call.get()
        if call is not None:
            call.act = await call.described(in_full=True)
            await self._audit.intend(call.act)
        yield request


def _log_change(act: Act, outcome: Outcome) -> None:
    facts = {
        "rpc": f"{act.service}/{act.operation}",
        "names": list(act.names),
        "endpoint": act.endpoint,
        "principal": None if outcome.code == _UNKNOWN_CALLER else str(act.caller.principal),
        "peer": act.caller.peer,
        "user_agent": act.caller.user_agent,
        "request_id": act.request_id,
        "aws_request_id": outcome.aws_request_id or None,
        "outcome": outcome.code,
        "reason": outcome.reason or None,
        "seconds": round(outcome.seconds, 4),
    }
    _log.info("change", **{name: value for name, value in facts.items() if value is not None})


def _caller(context: Context, metadata: Mapping[str, str]) -> Caller:
    """Who makes the call; where that was not found out, an unknown caller at the call's address."""
    known = caller()
    return replace(
        known,
        peer=known.peer or readable_peer(context.peer()),
        user_agent=(known.user_agent or metadata.get(_USER_AGENT_KEY, ""))[:_MAX_TEXT],
    )


def _trailing(context: Context) -> Mapping[str, str]:
    return {key: value for key, value in context.trailing_metadata() or () if isinstance(value, str)}
