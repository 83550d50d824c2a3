"""Requests of reads, sent by libcurl: botocore's own sender takes more CPU time for a call.

libcurl sends a request a second time by itself when a connection that was used before closes without an
answer. A read may be sent twice. A change may not, so botocore sends every change.

What fails is raised as botocore's own exceptions. libcurl follows no redirects and reads no cookies, .netrc
or .curlrc unless it is told to.
"""

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import cast
from urllib.parse import urlsplit

import pycurl
from botocore import exceptions as boto
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import where
from botocore.parsers import ResponseParserError
from botocore.session import Session

from tableadmin_server.dynamodb.client.connections import MAX_BODY, drop_no_checksum

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

    def connection(self) -> pycurl.Curl:
        """What makes one request at a time, and is not connected yet."""
        curl = pycurl.Curl()
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.TCP_KEEPALIVE, 1)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.PATH_AS_IS, 1)
        # None, whatever the environment says. Behind a proxy botocore sends reads too.
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

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # libcurl gives bytes alone
        """Add DATA up to the most that is read of a body; libcurl breaks off where not all is taken."""
        return super().write(data[: MAX_BODY - self.tell()])

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

    def failure(self, error: pycurl.error) -> boto.BotoCoreError | ResponseParserError:
        """What botocore would raise for ERROR."""
        if error.args[0] == pycurl.E_WRITE_ERROR:
            return ResponseParserError("the response is too large")
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
    headers = {name.lower(): value.strip() for name, colon, value in fields if colon}
    drop_no_checksum(headers)
    # AWSResponse takes any mapping; its stubs don't.
    return cast("HTTPHeaders", headers)
