"""One line in the log for each call of an RPC that may change something: who, what, and what came of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any
from urllib.parse import unquote

import grpc
import structlog
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.wrapping import (
    Around,
    Context,
    Continuation,
    Handler,
    Received,
    wrapped,
)
from tableadmin_server.security.audit.requests import is_change, named, request_of
from tableadmin_server.security.identity import caller

# In the metadata of a call, and in the trailing metadata of its answer.
_ENDPOINT_KEY = "tableadmin-endpoint"
_USER_AGENT_KEY = "user-agent"
_REQUEST_IDS: Mapping[str, str] = {
    "tableadmin-request-id": "request_id",
    "aws-request-id": "aws_request_id",
}

# Names that a line has at most, and characters of a text that the caller chose.
_MAX_NAMES = 20
_MAX_TEXT = 256

_log = structlog.get_logger()


class AuditInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Logs each change when its call has ended. It belongs inside the interceptor that makes request ids."""

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """The RPC's handler; that of a change is logged."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not is_change(method):
            return handler
        return wrapped(handler, _logged(method), handler.request_deserializer)


def _logged(method: str) -> Around:
    @asynccontextmanager
    async def logged(payload: Received, context: Context) -> AsyncIterator[Received]:
        began = time.monotonic()
        outcome: Mapping[str, Any] = {"outcome": "OK"}
        try:
            yield payload
        except Failure as failure:
            outcome = {
                "outcome": Code.Name(failure.code),
                "reason": failure.reason,
                "aws_request_id": failure.metadata.get("aws_request_id"),
            }
            raise
        except asyncio.CancelledError:
            outcome = {"outcome": "CANCELLED"}
            raise
        except BaseException:
            outcome = {"outcome": "INTERNAL"}
            raise
        finally:
            facts = {
                "rpc": method.removeprefix("/"),
                **_named(method, payload),
                **_who(context),
                **_request_ids(context),
                **outcome,
                "seconds": round(time.monotonic() - began, 4),
            }
            _log.info("change", **{name: value for name, value in facts.items() if value is not None})

    return logged


def _named(method: str, payload: bytes) -> Mapping[str, object]:
    """What the request that PAYLOAD is names: the first names, and how many there are if there are more."""
    request = request_of(method, payload)
    names = [name[:_MAX_TEXT] for name in islice(named(request), _MAX_NAMES + 1)] if request else []
    more = len(names) > _MAX_NAMES
    return {"names": names[:_MAX_NAMES], "more_names": True if more else None}


def _who(context: Context) -> Mapping[str, object]:
    known = caller()
    metadata = {str(key): str(value) for key, value in context.invocation_metadata() or ()}
    return {
        "endpoint": metadata.get(_ENDPOINT_KEY, "")[:_MAX_TEXT] or None,
        "principal": str(known.principal),
        "peer": known.peer or unquote(context.peer()),
        "user_agent": known.user_agent or metadata.get(_USER_AGENT_KEY, "")[:_MAX_TEXT],
    }


def _request_ids(context: Context) -> Mapping[str, str]:
    trailing = context.trailing_metadata() or ()
    return {_REQUEST_IDS[key]: value for key, value in trailing if key in _REQUEST_IDS}
