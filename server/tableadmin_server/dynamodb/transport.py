"""botocore's requests, sent by libcurl: botocore's own sender takes a quarter more CPU time for a call.

botocore asks the handlers of its event `before-send` for a response before it sends a request itself.
Signing, retries and parsing stay botocore's, so what fails here is told in botocore's own exceptions.
libcurl follows no redirects and reads no cookies, .netrc or .curlrc unless it is told to.
"""

import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar, cast
from urllib.parse import urlsplit

import pycurl
from botocore import exceptions as boto
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.httpsession import where
from botocore.session import Session
from botocore.utils import get_environ_proxies

T = TypeVar("T")

# As botocore's own sender has it: no compression, and nothing that libcurl would add of its own accord
# (a name without a value removes it).
_EVERY_TIME = (b"Accept-Encoding: identity", b"Accept:", b"Expect:")

# The rest is HTTPClientError.
_FAILURES: Mapping[object, type[boto.HTTPClientError | boto.ConnectionError]] = {
    pycurl.E_COULDNT_RESOLVE_HOST: boto.EndpointConnectionError,
    pycurl.E_COULDNT_CONNECT: boto.EndpointConnectionError,
    pycurl.E_OPERATION_TIMEDOUT: boto.ReadTimeoutError,
    pycurl.E_SSL_CONNECT_ERROR: boto.SSLError,
    pycurl.E_PEER_FAILED_VERIFICATION: boto.SSLError,
    pycurl.E_SSL_CACERT_BADFILE: boto.SSLError,
    pycurl.E_UNSUPPORTED_PROTOCOL: boto.ConnectionClosedError,
    pycurl.E_GOT_NOTHING: boto.ConnectionClosedError,
    pycurl.E_PARTIAL_FILE: boto.ConnectionClosedError,
    pycurl.E_SEND_ERROR: boto.ConnectionClosedError,
    pycurl.E_RECV_ERROR: boto.ConnectionClosedError,
}

# The operation of a call whose first request was made already, and its response or what it failed with.
_FIRST: ContextVar["tuple[str, AWSResponse | boto.BotoCoreError] | None"] = ContextVar("_FIRST", default=None)


def with_first(outcome: AWSResponse | boto.BotoCoreError, operation: str, call: Callable[[], T]) -> T:
    """What CALL, boto3's of OPERATION, returns or raises when its first request has this OUTCOME."""
    token = _FIRST.set((operation, outcome))
    try:
        return call()
    finally:
        _FIRST.reset(token)


def trusted(session: Session) -> str:
    """The file of certificates that clients of SESSION trust."""
    return session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE") or where()


@dataclass(frozen=True)
class Transport:
    """How requests are sent: timeouts in seconds, and the file of certificates that are trusted.

    A request takes at most both timeouts together, however slowly the answer drips in.
    """

    connect_timeout: float
    read_timeout: float
    ca_bundle: str

    def attach(self, client: BaseClient) -> bool:
        """Send what CLIENT has to send; each thread that calls it keeps a connection of its own.

        Where the environment names a proxy for the endpoint, CLIENT goes on to send by itself: False.
        """
        url = client.meta.endpoint_url
        if get_environ_proxies(url).get(urlsplit(url).scheme):
            return False
        # A thread that ends closes its connection.
        threads = threading.local()

        def send(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
            first = _first_of(event_name)
            if first is not None:
                return first
            if not hasattr(threads, "curl"):
                threads.curl = self.connection()
            exchange = Exchange(threads.curl, request.url, request.headers.items(), request.body)
            try:
                threads.curl.perform()
            except pycurl.error as error:
                raise exchange.failure(error) from error
            return exchange.response()

        # The stubs have it that handlers return nothing.
        client.meta.events.register("before-send.dynamodb", cast("Callable[..., None]", send))
        return True

    def connection(self) -> pycurl.Curl:
        """What makes one request at a time, and is not connected yet."""
        curl = pycurl.Curl()
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.TCP_KEEPALIVE, 1)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.PATH_AS_IS, 1)
        # None, whatever the environment says: see attach.
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
        curl.setopt(pycurl.CAINFO, self.ca_bundle)
        # Not also the folder that libcurl may have been built with.
        curl.setopt(pycurl.CAPATH, os.devnull)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, math.ceil(self.connect_timeout * 1000))
        curl.setopt(pycurl.TIMEOUT_MS, math.ceil((self.connect_timeout + self.read_timeout) * 1000))
        return curl


def _first_of(event_name: str) -> AWSResponse | None:
    """The response to the request that EVENT_NAME announces, if it was made already; raises its failure."""
    operation, outcome = _FIRST.get() or ("", None)
    if outcome is None or event_name != f"before-send.dynamodb.{operation}":
        return None
    _FIRST.set(None)
    if isinstance(outcome, AWSResponse):
        return outcome
    raise outcome


class _Body(BytesIO):
    """The body of a response, as AWSResponse reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


class Exchange:
    """One request of botocore's, ready to be made by CURL, and then its response.

    The body is JSON, never a file. Where the headers do not say its length, libcurl adds that.
    """

    def __init__(
        self, curl: pycurl.Curl, url: str, headers: Iterable[tuple[str, str | bytes]], body: object
    ) -> None:
        self._curl = curl
        self._url = url
        self._head: list[bytes] = []
        self._body = _Body()
        fields = [_field(name, value) for name, value in headers]
        curl.setopt(pycurl.URL, _url(url))
        curl.setopt(pycurl.HTTPHEADER, [*fields, *_EVERY_TIME])
        curl.setopt(pycurl.POSTFIELDS, _bytes(cast("str | bytes", body or b"")))
        curl.setopt(pycurl.HEADERFUNCTION, self._head.append)
        curl.setopt(pycurl.WRITEFUNCTION, self._body.write)

    def response(self) -> AWSResponse:
        """What was answered."""
        status = self._curl.getinfo(pycurl.RESPONSE_CODE)
        return AWSResponse(self._url, status, _headers(self._head), self._body)

    def failure(self, error: pycurl.error) -> boto.BotoCoreError:
        """How botocore tells ERROR."""
        kind: type[boto.BotoCoreError] = _FAILURES.get(error.args[0], boto.HTTPClientError)
        # Nothing was sent.
        if kind is boto.ReadTimeoutError and not self._curl.getinfo(pycurl.REQUEST_SIZE):
            kind = boto.ConnectTimeoutError
        return kind(endpoint_url=self._url, error=error)


def _url(url: str) -> bytes:
    """URL with the host as botocore signs it: in lower case."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.lower()).geturl().encode()


def _field(name: str, value: str | bytes) -> bytes:
    """A header field as libcurl wants it, which takes an empty value for one to remove."""
    line = b"%s: %s" % (name.encode(), _bytes(value)) if value else b"%s;" % name.encode()
    if b"\r" in line or b"\n" in line:
        raise boto.HTTPClientError(error=f"a line break in the header {name}")
    return line


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _headers(head: list[bytes]) -> HTTPHeaders:
    fields = (line.decode("latin-1").partition(":") for line in head)
    # AWSResponse takes any mapping; its stubs don't.
    return cast("HTTPHeaders", {name: value.strip() for name, colon, value in fields if colon})
