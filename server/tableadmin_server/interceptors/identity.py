"""Identifies the caller of every call."""

import asyncio
import contextvars
import ipaddress
import math
import random
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache, partial
from typing import TypeAlias, cast
from urllib.parse import unquote

from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.wrapping import Context, Handler, HeldRequest, Received, wrap_handler
from tableadmin_server.security.authentication import certificates, refusals
from tableadmin_server.security.authentication.authentication import Authentication
from tableadmin_server.security.authentication.credentials import Credentials
from tableadmin_server.security.identity import ANONYMOUS, Caller, Principal, Proof, set_caller

# Returns the caller of a call. Raises Failure.
Identify: TypeAlias = Callable[[Context], Awaitable[Caller]]
_Metadata: TypeAlias = Iterable[tuple[str, str | bytes]]

# Seconds within which the caller of a stream is identified again.
_AGAIN = 60.0
# Proofs that stay valid as long as the server runs.
_UNASKED = frozenset({"none", "socket"})
_NO_CONTEXT = contextvars.Context()
# The metadata key of the program that calls.
USER_AGENT_KEY = "user-agent"
# Health checks have no credentials.
_OPEN = "/grpc.health.v1.Health/"


class IdentityInterceptor(Interceptor):
    """Sets the caller of each call, which IDENTIFY returns.

    A stream ends when the credentials of its caller expire, and within a minute after they were revoked.

    This interceptor must be inside of the one that turns a Failure into a status, and outside of all that use
    the caller. Health checks need no caller.
    """

    def __init__(self, identify: Identify) -> None:
        self._identify = identify

    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """See `Interceptor`: the caller of each call is identified."""
        if method.startswith(_OPEN):
            return handler
        identified = partial(_Identified, self._identify, handler.response_streaming)
        return wrap_handler(handler, identified, handler.request_deserializer)


class _Identified(HeldRequest):
    """A call with a caller. A stream ends when the credentials of its caller are no longer valid."""

    __slots__ = ("_context", "_identify", "_is_stream", "_proof")

    def __init__(self, identify: Identify, is_stream: bool, received: Received, context: Context) -> None:  # noqa: FBT001  # bound by partial
        self._identify = identify
        self._is_stream = is_stream
        super().__init__(received)
        self._context = context
        self._proof: _Reauthentication | None = None

    async def __aenter__(self) -> Received:
        caller = await self._identify(self._context)
        set_caller(caller)
        if self._is_stream and not (caller.proof in _UNASKED and caller.expires is None):
            self._proof = _Reauthentication(self._identify, self._context, caller)
        return self.hand_over()

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if self._proof is None:
            return
        self._proof.stop()
        if isinstance(error, asyncio.CancelledError):
            self._proof.check()


class _Reauthentication:
    """Identifies the caller of this task's call again and again, and cancels the task if that fails.

    IDENTIFY is called each minute, because a token, a key or a certificate may have been revoked, and when
    the credentials of CALLER expire.
    """

    __slots__ = ("_asking", "_call", "_context", "_failure", "_identify", "_timer")

    def __init__(self, identify: Identify, context: Context, caller: Caller) -> None:
        self._identify = identify
        self._context = context
        self._call = cast("asyncio.Task[object]", asyncio.current_task())
        self._failure: Failure | None = None
        self._asking: asyncio.Task[None] | None = None
        self._timer = self._next(caller)

    def check(self) -> None:
        """Raise the Failure for which the task was cancelled, if it was."""
        if self._failure is not None:
            self._call.uncancel()
            raise self._failure from self._failure.__cause__

    def stop(self) -> None:
        """Stop identifying the caller."""
        self._timer.cancel()
        if self._asking is not None:
            self._asking.cancel()

    def _next(self, caller: Caller | None) -> asyncio.TimerHandle:
        left = math.inf if caller is None or caller.expires is None else caller.expires - time.time()
        # Random, so that thousands of streams that began together are not all checked at the same time.
        again = _AGAIN * random.uniform(0.5, 1.0)  # noqa: S311  # not a secret
        # A copy of the context of this task would need 100 bytes for each of thousands of streams.
        seconds = min(again, max(left, 0.0))
        return asyncio.get_running_loop().call_later(seconds, self._begin, context=_NO_CONTEXT)

    def _begin(self) -> None:
        self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        caller = None
        try:
            caller = await self._identify(self._context)
        except Failure as failure:
            # Keys that can't be read at the moment do not end the stream.
            if failure.code != Code.UNAVAILABLE:
                self._failure = failure
                self._call.cancel()
                return
        self._timer = self._next(caller)


def identify_by_credentials(authentication: Authentication, *, mutual_tls: bool = False) -> Identify:
    """Return an Identify that authenticates calls. With MUTUAL_TLS clients have certificates."""

    async def identify(context: Context) -> Caller:
        return await authentication.caller(_credentials(context, mutual_tls=mutual_tls))

    return identify


def identify_as(
    principal: Principal = ANONYMOUS, proof: Proof = "none", *, mutual_tls: bool = False
) -> Identify:
    """Return an Identify that takes every caller for PRINCIPAL, for listeners without authentication.

    With MUTUAL_TLS clients have certificates, which must be valid.
    """
    # The calls of a connection have equal callers.
    known = lru_cache(1024)(partial(Caller, principal, proof))

    async def identify(context: Context) -> Caller:
        expires = _end_of_certificate(context) if mutual_tls else None
        return known(_peer(context), _user_agent(context.invocation_metadata()), expires)

    return identify


def _credentials(context: Context, *, mutual_tls: bool) -> Credentials:
    metadata = context.invocation_metadata() or ()
    return Credentials(
        authorization=[value for key, value in metadata if key == "authorization"],
        certificate=_certificate(context) if mutual_tls else None,
        peer=_peer(context),
        user_agent=_user_agent(metadata),
    )


def _end_of_certificate(context: Context) -> float | None:
    """The expiry of the client certificate; raises Failure if it is not valid now."""
    pem = _certificate(context)
    try:
        return None if pem is None else certificates.check_validity(pem, time.time())
    except certificates.RefusedCertificate as error:
        raise refusals.invalid_credentials(f"client certificate: {error}") from error


def _certificate(context: Context) -> bytes | None:
    return next(iter(context.auth_context().get("x509_pem_cert", ())), None)


def _user_agent(metadata: _Metadata | None) -> str:
    """The user agent. It is interned, because thousands of streams have the same one."""
    return sys.intern(metadata_value(metadata, USER_AGENT_KEY))


def metadata_value(metadata: _Metadata | None, key: str, default: str = "") -> str:
    """Return the first value of KEY in METADATA, DEFAULT if there is none."""
    for each, value in metadata or ():
        if each == key:
            return str(value)
    return default


def _peer(context: Context) -> str:
    return sys.intern(readable_peer(context.peer()))  # a connection has many streams


@lru_cache(1024)  # the calls of a connection have the same peer
def readable_peer(peer: str) -> str:
    """Return the address and port of PEER, such as `ipv6:%5B::1%5D:50051` or `ipv4:10.0.0.1:50051`.

    An IPv4-mapped IPv6 address becomes an IPv4 address. The zone of an address is left out.
    """
    family, _, rest = unquote(peer).partition(":")
    if family == "ipv6":
        host, _, port = rest.rpartition(":")
        address = ipaddress.IPv6Address(host.strip("[]").partition("%")[0])
        return f"{address.ipv4_mapped}:{port}" if address.ipv4_mapped else f"[{address}]:{port}"
    return rest if family == "ipv4" else f"{family}:"
