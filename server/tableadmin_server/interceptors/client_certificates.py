"""Client certificates that have expired end the calls of their clients."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache

import grpc
from cryptography import x509

from tableadmin_server.interceptors.wrapping import Context, Continuation, Handler, Received, wrapped
from tableadmin_server.security.authentication import refusals


class ClientCertificatesInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Ends each call whose client certificate has expired with UNAUTHENTICATED.

    gRPC checks certificates at the handshake alone. A connection outlives the certificate, and a TLS session
    is resumed with a certificate that has expired.
    """

    async def intercept_service(  # type: ignore[override]  # grpc gives and takes None where there is no RPC
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """The RPC's handler, called while the certificate is valid."""
        handler = await continuation(handler_call_details)
        return handler and wrapped(handler, _valid, handler.request_deserializer)


@asynccontextmanager
async def _valid(received: Received, context: Context) -> AsyncIterator[Received]:
    for pem in context.auth_context().get("x509_pem_cert", ()):
        if _expires(pem) <= datetime.now(UTC):
            raise refusals.expired("client certificate")
    yield received


@lru_cache(10_000)
def _expires(pem: bytes) -> datetime:
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc
