"""The connections of boto3's clients, which bound how much of an answer is read, and for how long.

botocore reads a body of any length and waits as long as a byte comes now and then.
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

# Bytes of a body that are read at most. AWS's answers stay under 1 MB.
MAX_BODY = 16 * 1024 * 1024
_CHUNK = 65_536
# In place of a body that is too long. It is no JSON, so nobody takes it for an answer.
_TOO_LONG = b"the body is too long"
_CHECKSUM = "x-amz-crc32"


def drop_no_checksum(headers: MutableMapping[str, str]) -> None:
    """Remove from HEADERS a checksum that is no number, which botocore can't compare."""
    if _CHECKSUM in headers and not re.fullmatch("[0-9]{1,10}", headers[_CHECKSUM]):
        del headers[_CHECKSUM]


def bound_answers(client: BaseClient) -> None:
    """Have CLIENT read at most MAX_BODY bytes of a body, for at most its read timeout."""
    # botocore has no setting for the classes of its connections; clients give out neither their sender.
    pool_classes(client).update(http=_HTTPPool, https=_HTTPSPool)


class _Bounded(HTTPResponse):
    """A response whose body is replaced where it is too long, and which is read until DEADLINE at most."""

    deadline: float

    def stream(self, amt: int | None = _CHUNK, decode_content: bool | None = None) -> Iterator[bytes]:  # type: ignore[override]  # noqa: FBT001  # urllib3's types
        """The body, for the only method by which botocore reads it.

        A body of MAX_BODY bytes or more is not passed on: botocore would make several copies of it.
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
    """The call was not sent: it was not wanted any more."""


class ConditionalBody(bytes):
    """The body of a request that is sent only if `may_send` says so in that moment."""

    may_send: Callable[[], bool]


class _Connection(HTTPConnection):
    """What connections of both schemes do: they guard bodies to send and bound answers to read."""

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
    """Send DATA; ask for a guarded body as the last thing before the kernel gets the body.

    Nothing may come between the two: a thread that has asked may wait for its turn to run, and the process
    may be stopped meanwhile.
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
    # urllib3 makes a response of its own class, and a method of the instance would be a reference cycle that
    # keeps connections open.
    response.__class__ = _Bounded
    cast("_Bounded", response).deadline = deadline
    return response
