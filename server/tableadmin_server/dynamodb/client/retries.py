"""What boto3 may send again: a change only when the endpoint has certainly not carried it out.

boto3 by itself sends a change again also after a connection that broke, an answer that did not come in time
and an HTTP status of 500 or more. The endpoint may have carried out the change by then.
"""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar
from zlib import crc32

from botocore import exceptions as boto
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError
from google.protobuf.descriptor_pb2 import MethodOptions

from tableadmin.v1 import table_admin_pb2

T = TypeVar("T")

# The operations of the contract that only read, and those that change something.
_METHODS = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods

READS = frozenset(
    method.name
    for method in _METHODS
    if method.GetOptions().idempotency_level == MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS
)
CHANGES = frozenset(method.name for method in _METHODS) - READS

# Of these the endpoint has seen nothing.
_NOT_SENT = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)


def spare_changes(client: BaseClient) -> None:
    """Have CLIENT raise what ended a change, where it would send again a change that may have been made."""
    # boto3 decides in handlers of this event, and can't be told there not to try again but by an exception.
    client.meta.events.register_first("needs-retry.dynamodb", _end)


def _end(
    *,
    operation: OperationModel,
    response: tuple[AWSResponse, dict[str, object]] | None,
    caught_exception: Exception | None,
    **_: object,
) -> None:
    if operation.name not in CHANGES or isinstance(caught_exception, _NOT_SENT):
        return
    if caught_exception is not None:
        raise caught_exception
    if response is None:
        return
    http, parsed = response
    if http.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise boto.ClientError(parsed, operation.name)  # type: ignore[arg-type]  # of the stubs' TypedDict
    if http.headers.get("x-amz-crc32", str(crc32(http.content))) != str(crc32(http.content)):
        raise ResponseParserError("the response does not match its checksum")


class _Thread(threading.local):
    # Tries of the call under way that were made before boto3's.
    earlier = 0


class Attempts:
    """Counts a try of a call that was made before boto3's among the MAX_ATTEMPTS of CLIENT."""

    def __init__(self, client: BaseClient, max_attempts: int) -> None:
        self._most = max_attempts
        self._thread = _Thread()
        client.meta.events.register_first("needs-retry.dynamodb", self._end)  # type: ignore[arg-type]  # the stubs know no answers of handlers

    def after_one(self, call: Callable[[], T]) -> T:
        """What CALL returns, which boto3 tries once less than usual; raises what it raises."""
        self._thread.earlier = 1
        try:
            return call()
        finally:
            self._thread.earlier = 0

    def _end(self, *, attempts: int, **_: object) -> bool | None:
        """False, which keeps boto3 from another try, after the last; None leaves the decision to boto3."""
        earlier = self._thread.earlier
        return False if earlier and attempts + earlier >= self._most else None
