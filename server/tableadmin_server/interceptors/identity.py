"""Every call has a caller: who made it, and how that was proved."""

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import unquote

import grpc

from tableadmin_server.interceptors.wrapping import Context, Continuation, Received, wrapped
from tableadmin_server.security.authentication import refusals
from tableadmin_server.security.authentication.authentication import Authentication
from tableadmin_server.security.authentication.credentials import Credentials
from tableadmin_server.security.identity import ANONYMOUS, Caller, Principal, Proof, set_caller

# Finds out who makes the call of a context; raises Failure.
Identify: TypeAlias = Callable[[Context], Awaitable[Caller]]

# Probes have no credentials.
_OPEN = "/grpc.health.v1.Health/"


class IdentityInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Sets the caller of each call as IDENTIFY finds it; a stream ends when the proof of its caller expires.

    It belongs inside the interceptor that turns a Failure into a status, and outside of all that asks who
    calls. A call of health needs no caller.
    """

    def __init__(self, identify: Identify) -> None:
        self._identify = identify

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[object, object] | None":
        """The RPC's handler, called once its caller is known."""
        handler = await continuation(handler_call_details)
        if handler is None or handler_call_details.method.startswith(_OPEN):
            return handler
        around = self._until_expiry if handler.response_streaming else self._identified
        return wrapped(handler, around, handler.request_deserializer)

    @asynccontextmanager
    async def _identified(self, received: Received, context: Context) -> AsyncIterator[Received]:
        set_caller(await self._identify(context))
        yield received

    @asynccontextmanager
    async def _until_expiry(self, received: Received, context: Context) -> AsyncIterator[Received]:
        caller = await self._identify(context)
        set_caller(caller)
        left = None if caller.expires is None else caller.expires - time.time()
        try:
            async with asyncio.timeout(left) as until:
                yield received
        except TimeoutError:
            if not until.expired():
                raise
            raise refusals.expired("token or certificate") from None


def authenticated(authentication: Authentication) -> Identify:
    """Whoever the credentials of a call prove."""

    async def identify(context: Context) -> Caller:
        return await authentication.caller(_credentials(context, authentication))

    return identify


def trusted(principal: Principal = ANONYMOUS, proof: Proof = "none") -> Identify:
    """PRINCIPAL, whoever calls: where reaching the listener is all the proof that is asked for."""

    async def identify(context: Context) -> Caller:
        return Caller(principal, proof, _peer(context), _user_agent(context))

    return identify


def _credentials(context: Context, authentication: Authentication) -> Credentials:
    metadata = context.invocation_metadata() or ()
    chain = context.auth_context().get("x509_pem_cert") if authentication.takes_certificates else None
    return Credentials(
        authorization=[value for key, value in metadata if key == "authorization"],
        certificate=next(iter(chain), None) if chain else None,
        peer=_peer(context),
        user_agent=_user_agent(context),
    )


def _user_agent(context: Context) -> str:
    return next((str(value) for key, value in context.invocation_metadata() or () if key == "user-agent"), "")


def _peer(context: Context) -> str:
    return readable_peer(context.peer())


def readable_peer(peer: str) -> str:
    """The PEER that gRPC names as `ipv6:%5B::1%5D:50051` or `ipv4:10.0.0.1:50051`: an address with its port.

    An IPv4 address that is written as one of IPv6 is written as IPv4, and a zone is left out.
    """
    family, _, rest = unquote(peer).partition(":")
    if family == "ipv6":
        host, _, port = rest.rpartition(":")
        address = ipaddress.IPv6Address(host.strip("[]").partition("%")[0])
        return f"{address.ipv4_mapped}:{port}" if address.ipv4_mapped else f"[{address}]:{port}"
    return rest if family == "ipv4" else f"{family}:"
