"""The connections of boto3's clients, with limits on the size of an answer and on the time to read it.

botocore reads a body of any length, and waits as long as bytes arrive from time to time.
"""

import re
import time
from collections.abc import Callable, Iterator, MutableMapping
from socket import socket
from typing import cast

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.client import BaseClient
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ReadTimeoutError
from urllib3.response import HTTPResponse

from tableadmin_server.dynamodb.client.botocore_private import pool_classes

# The largest number of bytes read of a body. AWS's answers are smaller than 1 MB.
MAX_BODY = 16 * 1024 * 1024
_CHUNK = 65_536
# Replaces a body that is too long. It is not JSON, so it does not parse as an answer.
_TOO_LONG = b"the body is too long"
_CHECKSUM = "x-amz-crc32"


def drop_no_checksum(headers: MutableMapping[str, str]) -> None:
    """Remove a checksum that is not a number from HEADERS, because botocore can't compare it."""
    if _CHECKSUM in headers and not re.fullmatch("[0-9]{1,10}", headers[_CHECKSUM]):
        del headers[_CHECKSUM]


def bound_answers(client: BaseClient) -> None:
    """Make CLIENT read at most MAX_BODY bytes of a body, for at most its read timeout."""
    # botocore has no public setting for the classes of its connections.
    pool_classes(client).update(http=_HTTPPool, https=_HTTPSPool)


class _Bounded(HTTPResponse):
    """A response that is read until DEADLINE at most. A body that is too long is replaced."""

    deadline: float

    def stream(self, amt: int | None = _CHUNK, decode_content: bool | None = None) -> Iterator[bytes]:  # type: ignore[override]  # noqa: FBT001  # urllib3's types
        """Yield the body. botocore reads bodies only by this method.

        A body of MAX_BODY bytes or more is not passed on, because botocore would copy it several times.
        """
        chunks: list[bytes] = []
        left = MAX_BODY
        while left and (data := self.read1(min(left, amt or left), decode_content)):
            left -= len(data)
            chunks.append(data)
            if time.monotonic() > self.deadline:
                self.close()
                raise ReadTimeoutError(None, "", "the response took too long")  # type: ignore[arg-type]  # no pool here
        if not left:
            self.close()
            chunks = [_TOO_LONG]
        yield from chunks


class NotSent(Exception):
    """The call was not sent, because it was no longer allowed."""


class ConditionalBody(bytes):
    """The body of a request that is sent only if `may_send` returns true at that moment."""

    may_send: Callable[[], bool]


class _Connection(HTTPConnection):
    """A connection that sends conditional bodies and limits answers, for both URL schemes."""

    def send(self, data: object) -> None:
        _send(self.sock, data, super().send)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 has it
        deadline = _deadline(self.timeout)
        return _bounded(super().getresponse(), deadline)


# botocore overrides methods of urllib3's connection in incompatible ways.
class _HTTPConnection(_Connection, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _HTTPSConnection(_Connection, AWSHTTPSConnection):  # type: ignore[misc]
    pass


def _send(sock: socket, data: object, send: Callable[..., object]) -> None:
    """Send DATA. A conditional body is checked right before the kernel gets it.

    Nothing may run between check and send: the thread may be suspended there, or the process stopped.
    """
    if not isinstance(data, ConditionalBody):
        send(data)
    elif data.may_send():
        sock.sendall(data)
    else:
        raise NotSent


class _HTTPPool(AWSHTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(AWSHTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


def _deadline(timeout: object) -> float:
    return time.monotonic() + timeout if isinstance(timeout, int | float) else float("inf")


def _bounded(response: HTTPResponse, deadline: float) -> HTTPResponse:
    drop_no_checksum(response.headers)
    # urllib3 creates the response, so its class is changed. A method set on the instance would be a reference
    # cycle that keeps connections open.
    response.__class__ = _Bounded
    cast("_Bounded", response).deadline = deadline
    return response
