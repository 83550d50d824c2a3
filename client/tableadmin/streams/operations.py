"""Follow operations until they end: the next request, the changes for the caller, the result. No I/O.

`Operations` of the clients and `stream` send the requests.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

import grpc

from tableadmin.errors import (
    DeadlineExceeded,
    Internal,
    OperationFailed,
    Resource,
    TableAdminError,
)
from tableadmin.streams.resumable import ResumableStream
from tableadmin.v1 import (
    ListOperationsRequest,
    ListOperationsResponse,
    Operation,
    OperationState,
    WatchOperationRequest,
    WatchOperationResponse,
)

State: TypeAlias = "OperationState.ValueType"

_SUCCEEDED = OperationState.OPERATION_STATE_SUCCEEDED

# The code and the message of operations that ended without success and without an error.
_UNSAID: Mapping[State, tuple[grpc.StatusCode, str]] = {
    OperationState.OPERATION_STATE_ABORTED: (grpc.StatusCode.ABORTED, "the table was not as planned"),
    OperationState.OPERATION_STATE_CANCELLED: (grpc.StatusCode.CANCELLED, "the operation was cancelled"),
    OperationState.OPERATION_STATE_FAILED: (grpc.StatusCode.UNKNOWN, "the operation failed"),
}
_ENDED = {_SUCCEEDED, *_UNSAID}

_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode if code != grpc.StatusCode.OK}

_UNDER_WAY: Mapping[State, str] = {
    OperationState.OPERATION_STATE_PENDING: "pending",
    OperationState.OPERATION_STATE_AWAITING_APPROVAL: "waiting for approval",
    OperationState.OPERATION_STATE_SCHEDULED: "waiting for its time",
    OperationState.OPERATION_STATE_RUNNING: "running",
}
# The error reason of operations that did not start because another table of the request failed its check.
_NOT_ADMITTED = "REQUEST_NOT_ADMITTED"
# How many operations an error message names. It counts the others.
_NAMED = 5


class KnownOperations:
    """The last known state of operations. An operation without a response yet has only its id."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._latest = {operation.operation_id: operation for operation in operations}

    @classmethod
    def by_ids(cls, ids: Iterable[str]) -> "KnownOperations":
        """Return operations with only their ids."""
        return cls(Operation(operation_id=each) for each in ids)

    @property
    def ids(self) -> list[str]:
        """The ids, in the initial order."""
        return list(self._latest)

    @property
    def latest(self) -> list[Operation]:
        """The operations, in the same order."""
        return list(self._latest.values())

    @property
    def under_way(self) -> list[Operation]:
        """The operations that have not ended, as far as is known."""
        return [each for each in self.latest if each.state not in _ENDED]

    @property
    def answered(self) -> bool:
        """Whether the service has ever returned one of the operations."""
        return any(each.HasField("state") for each in self.latest)

    def note(self, operation: Operation) -> None:
        """Record OPERATION, unless it is known to have ended: responses may come out of order."""
        if self._latest[operation.operation_id].state not in _ENDED:
            self._latest[operation.operation_id] = operation

    def outcome(self) -> list[Operation]:
        """Return the ended operations. Raises OperationFailed unless all have succeeded."""
        failed = [each for each in self.latest if each.state != _SUCCEEDED]
        if failed:
            raise _failure(self.latest, failed)
        return self.latest


class ResumableOperationWatch(
    ResumableStream[WatchOperationRequest, WatchOperationResponse, WatchOperationResponse]
):
    """Follow OPERATIONS until all have ended: each one first as it is, then after each change.

    KNOWN is updated. `timeout` is in seconds for all calls together, None for no limit. A lost connection is
    resumed. Raises Unavailable after four attempts if the service has never returned one of the operations.
    """

    rpc = "WatchOperation"

    def __init__(
        self, known: KnownOperations, operations: Iterable[Operation], timeout: float | None = None
    ) -> None:
        super().__init__()
        self._known = known
        self._awaited = {each.operation_id: Operation() for each in operations}
        self._timeout = timeout
        self._end: float | None = None
        self._answered = known.answered
        self.finished = not self._awaited

    def next_call(self) -> tuple[WatchOperationRequest, float | None]:
        """Return the request for the operations that have not ended, and the remaining time in seconds."""
        if self._end is None and self._timeout is not None:
            self._end = self.now() + self._timeout
        remaining = self._remaining()
        if remaining is not None and remaining <= 0:
            raise self._out_of_time()
        return WatchOperationRequest(operation_ids=self._awaited), remaining

    def received(self, response: WatchOperationResponse) -> Sequence[WatchOperationResponse]:
        """Return RESPONSE, unless it is a keepalive or repeats a state that the caller already has."""
        self._note_answer()
        operation = response.operation  # in a keepalive: an empty operation, which is in no list
        if operation == self._awaited.get(operation.operation_id, operation):
            return ()
        self._known.note(operation)
        self._awaited[operation.operation_id] = operation
        if operation.state in _ENDED:
            del self._awaited[operation.operation_id]
        self.finished = not self._awaited
        return (response,)

    def _lost(self, error: TableAdminError) -> Sequence[WatchOperationResponse]:
        if self._end is not None and isinstance(error, DeadlineExceeded):
            raise self._out_of_time() from error.__cause__
        self._back_off(error)
        return ()

    def _remaining(self) -> float | None:
        return None if self._end is None else self._end - self.now()

    def _out_of_time(self) -> DeadlineExceeded:
        still = [_still(each) for each in self._known.under_way]
        more = [f"{len(still) - _NAMED} more"] if len(still) > _NAMED else []
        named = "; ".join([*islice(still, _NAMED), *more])
        text = f"the deadline has expired, and the operations continue: {named}"
        return DeadlineExceeded(text, grpc.StatusCode.DEADLINE_EXCEEDED)


def next_page(
    request: ListOperationsRequest, response: ListOperationsResponse
) -> ListOperationsRequest | None:
    """Return the request for the page after RESPONSE, the response to REQUEST; None after the last page.

    Raises Internal if the next page is the same page, which would never end.
    """
    token = response.next_page_token
    if not token:
        return None
    if token == request.page_token:
        text = f"ListOperations: the page after {token!r} names itself as the next"
        raise Internal(text, grpc.StatusCode.INTERNAL)
    following = ListOperationsRequest()
    following.CopyFrom(request)
    following.page_token = token
    return following


def _still(operation: Operation) -> str:
    name = operation.table_name or operation.operation_id
    return f"{name}: {', '.join([_UNDER_WAY.get(operation.state, 'not seen yet'), *operation.waits])}"


def _failure(operations: Sequence[Operation], failed: Sequence[Operation]) -> OperationFailed:
    # Name the operations whose table failed, not those that did not start because of another table.
    first = min(failed, key=lambda each: each.error.reason == _NOT_ADMITTED)
    error = first.error
    code, words = _UNSAID.get(first.state, (grpc.StatusCode.UNKNOWN, "the operation has not ended"))
    return OperationFailed(
        message=error.message or words,
        code=_STATUS_CODES.get(error.code, code),
        reason=error.reason,
        domain="dynamodb.amazonaws.com" if error.aws_error_code else "tableadmin",
        aws_code=error.aws_error_code,
        aws_request_id=error.aws_request_id,
        resource=Resource("dynamodb.amazonaws.com/Table", first.table_name),
        operations=tuple(operations),
        failed=tuple(failed),
    )
