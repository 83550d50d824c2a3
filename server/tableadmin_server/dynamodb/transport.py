"""botocore's requests, sent by libcurl: botocore's own sender takes a third of the CPU time of a call.

botocore asks the handlers of its event `before-send` for a response before it sends a request itself.
Signing, retries and parsing stay botocore's, so what fails here is told in botocore's own exceptions.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import cast

import pycurl
from botocore import exceptions as boto
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders

# What libcurl would add of its own accord; a name without a value removes it.
_NOT_ADDED = ("Accept:", "Expect:")

_FAILURES: Mapping[object, type[boto.HTTPClientError | boto.ConnectionError]] = {
    pycurl.E_COULDNT_RESOLVE_HOST: boto.EndpointConnectionError,
    pycurl.E_COULDNT_CONNECT: boto.EndpointConnectionError,
    pycurl.E_COULDNT_RESOLVE_PROXY: boto.ProxyConnectionError,
    pycurl.E_OPERATION_TIMEDOUT: boto.ReadTimeoutError,
    pycurl.E_SSL_CONNECT_ERROR: boto.SSLError,
    pycurl.E_PEER_FAILED_VERIFICATION: boto.SSLError,
    pycurl.E_SSL_CACERT_BADFILE: boto.SSLError,
    pycurl.E_GOT_NOTHING: boto.ConnectionClosedError,
    pycurl.E_PARTIAL_FILE: boto.ConnectionClosedError,
    pycurl.E_SEND_ERROR: boto.ConnectionClosedError,
    pycurl.E_RECV_ERROR: boto.ConnectionClosedError,
}


@dataclass(frozen=True)
class Transport:
    """How requests are sent: timeouts in seconds, and the file of certificates that are trusted."""

    connect_timeout: float
    read_timeout: float
    ca_bundle: str

    def attach(self, client: BaseClient) -> None:
        """Send what CLIENT has to send; each thread that calls it keeps a connection of its own."""
        threads = threading.local()

        def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
            if not hasattr(threads, "curl"):
                threads.curl = self._curl()
            return _sent(threads.curl, request)

        # The stubs have it that handlers return nothing.
        client.meta.events.register("before-send.dynamodb", cast("Callable[..., None]", send))

    def _curl(self) -> pycurl.Curl:
        curl = pycurl.Curl()
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.TCP_KEEPALIVE, 1)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.CAINFO, self.ca_bundle)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, round(self.connect_timeout * 1000))
        # libcurl bounds the whole of a request; answers of the control plane are one piece.
        curl.setopt(pycurl.TIMEOUT_MS, round((self.connect_timeout + self.read_timeout) * 1000))
        return curl


class _Body(BytesIO):
    """The body of a response, as AWSResponse reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


def _sent(curl: pycurl.Curl, request: AWSPreparedRequest) -> AWSResponse:
    head: list[bytes] = []
    body = _Body()
    fields = [f"{name}: {_text(value)}" for name, value in request.headers.items()]
    curl.setopt(pycurl.URL, request.url)
    curl.setopt(pycurl.HTTPHEADER, [*fields, *_NOT_ADDED])
    curl.setopt(pycurl.POSTFIELDS, request.body)
    curl.setopt(pycurl.HEADERFUNCTION, head.append)
    curl.setopt(pycurl.WRITEFUNCTION, body.write)
    try:
        curl.perform()
    except pycurl.error as error:
        raise _failure(curl, error, request.url) from error
    return AWSResponse(request.url, curl.getinfo(pycurl.RESPONSE_CODE), _headers(head), body)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _headers(head: list[bytes]) -> HTTPHeaders:
    headers = HTTPHeaders()
    for line in head:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            headers.add_header(name, value.strip())
    return headers


def _failure(curl: pycurl.Curl, error: pycurl.error, url: str) -> boto.BotoCoreError:
    kind: type[boto.BotoCoreError] = _FAILURES.get(error.args[0], boto.HTTPClientError)
    if kind is boto.ReadTimeoutError and not curl.getinfo(pycurl.PRETRANSFER_TIME):
        kind = boto.ConnectTimeoutError
    return kind(endpoint_url=url, proxy_url=url, error=error)
