"""Limits the retries of boto3: a change is retried only if the endpoint has certainly not made it.

boto3 also retries a change after a broken connection, a timeout and an HTTP status of 500 or more. The
endpoint may have made the change by then.
"""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias, TypeVar
from zlib import crc32

from botocore import exceptions as boto
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError
from google.protobuf.descriptor_pb2 import MethodOptions

from tableadmin.v1 import table_admin_pb2

T = TypeVar("T")
# Gets the error of an attempt, in any thread, and returns whether the call may be retried.
MayRetry: TypeAlias = Callable[[Exception], bool]

# The operations of the contract that only read, and those that make changes.
_METHODS = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].methods

READS = frozenset(
    method.name
    for method in _METHODS
    if method.GetOptions().idempotency_level == MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS
)
CHANGES = frozenset(method.name for method in _METHODS) - READS

# The errors of requests that did not reach the endpoint.
_NOT_SENT = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)


def spare_changes(client: BaseClient) -> None:
    """Make CLIENT raise the error of a change that may have been made, instead of a retry."""
    # Handlers of this event decide on retries. Only an exception prevents one.
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
    # The number of attempts of the current call before boto3's.
    earlier = 0
    may_retry: MayRetry | None = None


class RetryLimit:
    """Counts earlier attempts of a call among the MAX_ATTEMPTS of CLIENT."""

    def __init__(self, client: BaseClient, max_attempts: int) -> None:
        self._most = max_attempts
        self._thread = _Thread()
        client.meta.events.register_first("needs-retry.dynamodb", self._end)  # type: ignore[arg-type]  # the stubs know no answers of handlers

    def call(self, call: Callable[[], T], may_retry: MayRetry, earlier: int = 0) -> T:
        """Call CALL and return its result. EARLIER is the number of attempts made before.

        MAY_RETRY gets the error of each attempt and returns whether the call may be retried. Raises the
        exceptions of CALL.
        """
        self._thread.earlier, self._thread.may_retry = earlier, may_retry
        try:
            return call()
        finally:
            self._thread.earlier, self._thread.may_retry = 0, None

    def _end(
        self,
        *,
        operation: OperationModel,
        attempts: int,
        response: tuple[AWSResponse, dict[str, object]] | None,
        caught_exception: Exception | None,
        **_: object,
    ) -> bool | None:
        """False to prevent a retry, None to leave the decision to boto3."""
        error, may_retry = _error(operation, response, caught_exception), self._thread.may_retry
        if error is not None and may_retry is not None and not may_retry(error):
            return False
        earlier = self._thread.earlier
        return False if earlier and attempts + earlier >= self._most else None


def _error(
    operation: OperationModel,
    response: tuple[AWSResponse, dict[str, object]] | None,
    caught_exception: Exception | None,
) -> Exception | None:
    """The error of an attempt; None for a success."""
    if caught_exception is not None or response is None:
        return caught_exception
    http, parsed = response
    if http.status_code < HTTPStatus.MULTIPLE_CHOICES:
        return None
    return boto.ClientError(parsed, operation.name)  # type: ignore[arg-type]  # of the stubs' TypedDict
