"""Sends requests of reads by libcurl, which needs less CPU time than botocore.

libcurl sends a request again if a reused connection closes without an answer. A read may be sent twice. A
change may not, so botocore sends every change.

Failures are raised as botocore's exceptions. By default libcurl follows no redirects and reads no cookies,
.netrc or .curlrc.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from urllib.parse import urlsplit

import pycurl
from botocore import exceptions as boto
from botocore.credentials import ReadOnlyCredentials
from botocore.httpsession import where
from botocore.parsers import ResponseParserError
from botocore.session import Session

from tableadmin_server.dynamodb.client.connections import MAX_BODY, drop_no_checksum

# The headers that libcurl adds by default. A name without a value removes a header.
_NOT_SENT = (b"Accept:", b"Expect:")

# botocore's exception for each libcurl error. Other errors are HTTPClientError.
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


def ca_bundle(session: Session) -> str:
    """Return the path of the CA certificates that clients of SESSION trust."""
    return session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE") or where()


@dataclass(frozen=True)
class Transport:
    """How requests are sent: the timeouts in seconds, and the path of the trusted CA certificates.

    A request takes at most the sum of both timeouts, also if the answer arrives slowly.
    """

    connect_timeout: float
    read_timeout: float
    ca_bundle: str

    def connection(self, user_agent: str) -> pycurl.Curl:
        """Return a new connection, not connected yet, for one request at a time."""
        curl = pycurl.Curl()
        # libcurl signs the header fields of each request, but not these, which proxies may change.
        curl.setopt(pycurl.USERAGENT, user_agent)
        curl.setopt(pycurl.ACCEPT_ENCODING, "identity")
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.TCP_KEEPALIVE, 1)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        # No proxy, also if the environment has one: behind a proxy botocore sends reads too.
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
        curl.setopt(pycurl.CAINFO, self.ca_bundle)
        # Disables the default CA folder of libcurl.
        curl.setopt(pycurl.CAPATH, os.devnull)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, math.ceil(self.connect_timeout * 1000))
        curl.setopt(pycurl.TIMEOUT_MS, math.ceil((self.connect_timeout + self.read_timeout) * 1000))
        return curl


def signing_scope(region: str, service: str) -> str:
    """Return the scope of a signature for SERVICE in REGION, in the format of libcurl."""
    return f"aws:amz:{region}:{service}"


@dataclass(frozen=True)
class Response:
    """A response: the status, the header fields with names in lower case, and the body.

    The attributes have the names of botocore's AWSResponse, whose header fields cost more CPU time.
    """

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class _Body(BytesIO):
    """The body of a response."""

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # libcurl gives bytes alone
        """Add DATA up to MAX_BODY. libcurl stops if not all of DATA was written."""
        return super().write(data[: MAX_BODY - self.tell()])


class Exchange:
    """One request of botocore, made by CURL, and its response.

    The body is JSON, never a file. libcurl adds the header with its length if it is missing.
    """

    def __init__(self, curl: pycurl.Curl, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self._curl = curl
        self._url = url
        self._head: list[bytes] = []
        self._body = _Body()
        self._fields = [*(_field(name, value) for name, value in headers.items()), *_NOT_SENT]
        curl.setopt(pycurl.URL, _url(url))
        curl.setopt(pycurl.HTTPHEADER, self._fields)
        curl.setopt(pycurl.POSTFIELDS, body)
        curl.setopt(pycurl.HEADERFUNCTION, self._head.append)
        curl.setopt(pycurl.WRITEFUNCTION, self._body.write)

    def sign(self, scope: str, credentials: ReadOnlyCredentials) -> None:
        """Sign the request with AWS Signature Version 4.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
        """
        self._curl.setopt(pycurl.AWS_SIGV4, scope)
        self._curl.setopt(pycurl.USERNAME, credentials.access_key)
        self._curl.setopt(pycurl.PASSWORD, credentials.secret_key)
        if credentials.token:
            self._fields.append(_field("X-Amz-Security-Token", credentials.token))
            self._curl.setopt(pycurl.HTTPHEADER, self._fields)

    def response(self) -> Response:
        """Return the response."""
        fields = (line.decode("latin-1").partition(":") for line in self._head)
        headers = {name.lower(): value.strip() for name, colon, value in fields if colon}
        drop_no_checksum(headers)
        return Response(self._curl.getinfo(pycurl.RESPONSE_CODE), headers, self._body.getvalue())

    def failure(self, error: pycurl.error) -> boto.BotoCoreError | ResponseParserError:
        """Return the exception that botocore would raise for ERROR."""
        if error.args[0] == pycurl.E_WRITE_ERROR:
            return ResponseParserError("the response is too large")
        kind: type[boto.BotoCoreError] = _FAILURES.get(error.args[0], boto.HTTPClientError)
        # A timeout before anything was sent is a connect timeout.
        if kind is boto.ReadTimeoutError and not self._curl.getinfo(pycurl.REQUEST_SIZE):
            kind = boto.ConnectTimeoutError
        return kind(endpoint_url=self._url, error=error)


@lru_cache(64)
def _url(url: str) -> bytes:
    """URL with the host in lower case, as botocore signs it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.lower()).geturl().encode()


def _field(name: str, value: str) -> bytes:
    """A header field in the format of libcurl, in which `name;` is a field with an empty value."""
    line = f"{name}: {value}".encode() if value else f"{name};".encode()
    if b"\r" in line or b"\n" in line:
        raise boto.HTTPClientError(error=f"a line break in the header {name}")
    return line
