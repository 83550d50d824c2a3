"""botocore's requests, sent by libcurl: botocore's own sender takes a quarter more CPU time for a call.

botocore asks the handlers of its event `before-send` for a response before it sends a request itself.
Signing, retries and parsing stay botocore's, so what fails here is told in botocore's own exceptions.
libcurl follows no redirects and reads no cookies, .netrc or .curlrc unless it is told to.
"""

import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import cast
from urllib.parse import urlsplit

import pycurl
from botocore import exceptions as boto
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.httpsession import where
from botocore.session import Session
from botocore.utils import get_environ_proxies

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

    def attach(self, client: BaseClient) -> None:
        """Send what CLIENT has to send; each thread that calls it keeps a connection of its own.

        Where the environment names a proxy for the endpoint, CLIENT goes on to send by itself.
        """
        url = client.meta.endpoint_url
        if get_environ_proxies(url).get(urlsplit(url).scheme):
            return
        # A thread that ends closes its connection.
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


class _Body(BytesIO):
    """The body of a response, as AWSResponse reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


def _sent(curl: pycurl.Curl, request: AWSPreparedRequest) -> AWSResponse:
    head: list[bytes] = []
    body = _Body()
    fields = [_field(name, value) for name, value in request.headers.items()]
    curl.setopt(pycurl.URL, _url(request.url))
    curl.setopt(pycurl.HTTPHEADER, [*fields, *_EVERY_TIME])
    # What is sent to DynamoDB is JSON, never a file.
    curl.setopt(pycurl.POSTFIELDS, _bytes(cast("str | bytes", request.body or b"")))
    curl.setopt(pycurl.HEADERFUNCTION, head.append)
    curl.setopt(pycurl.WRITEFUNCTION, body.write)
    try:
        curl.perform()
    except pycurl.error as error:
        raise _failure(curl, error, request.url) from error
    return AWSResponse(request.url, curl.getinfo(pycurl.RESPONSE_CODE), _headers(head), body)


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


def _failure(curl: pycurl.Curl, error: pycurl.error, url: str) -> boto.BotoCoreError:
    kind: type[boto.BotoCoreError] = _FAILURES.get(error.args[0], boto.HTTPClientError)
    if kind is boto.ReadTimeoutError and not curl.getinfo(pycurl.REQUEST_SIZE):  # nothing was sent
        kind = boto.ConnectTimeoutError
    return kind(endpoint_url=url, error=error)
