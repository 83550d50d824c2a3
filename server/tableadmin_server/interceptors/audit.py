"""Writes audit records of calls: the caller, the request and the outcome."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tableadmin_server.bounds import off_loop
from tableadmin_server.failure import Failure
from tableadmin_server.interceptors import call_facts
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.wrapping import (
    Around,
    Context,
    Handler,
    Received,
    wrap_handler,
)
from tableadmin_server.security.audit import redaction
from tableadmin_server.security.audit.audit import Audit, outcome_of
from tableadmin_server.security.audit.record import Activity, Outcome
from tableadmin_server.security.audit.recorded_change import RecordedChange, set_recorded_change
from tableadmin_server.security.audit.requests import begun_operations, found_tables, is_change, operation_id
from tableadmin_server.security.identity import permitting_policies

_CANCELLED = Outcome("CANCELLED")
_INTERNAL = Outcome("INTERNAL", "INTERNAL")


@dataclass
class _Call:
    """A call under way. PAYLOAD is its request, None for a stream of requests."""

    method: str
    payload: bytes | None
    context: Context
    endpoint: str
    is_change: bool
    activity: Activity | None = None
    change: RecordedChange | None = None

    async def described(self) -> Activity:
        """Return the activity of the call."""
        request = await call_facts.request_of(self.method, self.payload)
        content: Mapping[str, Any] = {}
        if request is not None:
            content = await off_loop(partial(redaction.of_message, request), len(self.payload or b""))
        service, _, operation = self.method.lstrip("/").rpartition("/")
        return Activity(
            call_facts.caller_of(self.context),
            service,
            operation,
            call_facts.endpoint_of(self.context, self.endpoint),
            call_facts.names_in(request),
            content,
            call_facts.request_id_of(self.context),
            operation_id="" if request is None else operation_id(request),
            is_change=self.is_change,
        )


# The beginning of the paths of the RPCs that are one call to the endpoint each.
_ONE_CALL = "/tableadmin.v1.TableAdmin/"

# The call that the current task serves.
_call: ContextVar[_Call | None] = ContextVar("audited_call", default=None)


class AuditInterceptor(Interceptor):
    """Records the outcome of each change in AUDIT before the call is answered.

    Denied calls are recorded too, and reads if AUDIT is configured so. ENDPOINT is the name of the default
    endpoint. This interceptor must be inside of the one that makes request ids, and outside of those that
    deny calls.
    """

    def __init__(self, audit: Audit, endpoint: str) -> None:
        self._audit = audit
        self._endpoint = endpoint

    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """See `Interceptor`: each call is recorded before the answer."""
        if not self._audit.is_on:
            return handler
        return wrap_handler(handler, self._audited(method), handler.request_deserializer)

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
                outcome = Outcome(
                    aws_request_id=call_facts.aws_request_id_of(context),
                    policies=permitting_policies(),
                    operation_ids=begun_operations(),
                )
            except Failure as failure:
                outcome = outcome_of(failure)
                raise
            except (asyncio.CancelledError, GeneratorExit):
                outcome = _CANCELLED
                raise
            finally:
                await self._ended(call, replace(outcome, seconds=time.monotonic() - began))

        return audited

    async def _ended(self, call: _Call, outcome: Outcome) -> None:
        if call.change is not None:
            call.change.end()
            if call.change.is_concluded:
                return
        if not (call.is_change or outcome.denied or self._is_read(call)):
            return
        if outcome.code == call_facts.UNKNOWN_CALLER:
            # Requests of unauthenticated callers are not parsed.
            call.payload = None
        activity = call.activity or await call.described()
        # Without policies the table of a call is found after the intent was written.
        activity = replace(activity, names=tuple(dict.fromkeys((*activity.names, *found_tables()))))
        await self._audit.conclude(activity, outcome)

    def _is_read(self, call: _Call) -> bool:
        return self._audit.reads and call.method.startswith("/tableadmin.")


class IntentInterceptor(Interceptor):
    """Records the intent of each change in AUDIT before the change is sent, or refuses the change.

    The records of an RPC that is one call to the endpoint are written by the thread that makes this call if
    the audit is free, see `tableadmin_server.dynamodb.client.change_records`. The intent of any other RPC is
    written before the RPC is handled. This interceptor must be inside of those that deny calls.
    """

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """See `Interceptor`: the intent of a change is recorded first."""
        if not (self._audit.is_on and is_change(method)):
            return handler
        record = self._begun if method.startswith(_ONE_CALL) else self._recorded
        return wrap_handler(handler, partial(_intended, record), handler.request_deserializer)

    async def _recorded(self, activity: Activity, _call: _Call) -> None:
        await self._audit.intend(activity)

    async def _begun(self, activity: Activity, call: _Call) -> None:
        call.change = await self._audit.begin(activity)
        set_recorded_change(call.change)


@asynccontextmanager
async def _intended(
    record: Callable[[Activity, _Call], Awaitable[None]], request: Received, _context: Context
) -> AsyncIterator[Received]:
    call = _call.get()
    if call is not None:
        call.activity = await call.described()
        await record(call.activity, call)
    yield request
