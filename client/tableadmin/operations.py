"""Operations that are followed to their end: what is asked next, what is told, what came of them. No I/O.

The clients' `Operations` carry out what is decided here.
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
from tableadmin.v1 import (
    ListOperationsRequest,
    ListOperationsResponse,
    Operation,
    OperationState,
    WatchOperationRequest,
    WatchOperationResponse,
)
from tableadmin.watching import Resumption

State: TypeAlias = "OperationState.ValueType"

_SUCCEEDED = OperationState.OPERATION_STATE_SUCCEEDED

# How an operation ends without success that does not say why: as which code, and in which words.
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
# The reason of operations that did not start because another table of the request failed its check.
_NOT_ADMITTED = "REQUEST_NOT_ADMITTED"
# Operations that a message names before it only counts.
_NAMED = 5


class KnownOperations:
    """Some operations, each as it was last seen; one that was not seen yet has its id only."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._latest = {operation.operation_id: operation for operation in operations}

    @classmethod
    def by_ids(cls, ids: Iterable[str]) -> "KnownOperations":
        """Operations of which nothing but the id is known."""
        return cls(Operation(operation_id=each) for each in ids)

    @property
    def ids(self) -> list[str]:
        """The ids, in the order given at first."""
        return list(self._latest)

    @property
    def latest(self) -> list[Operation]:
        """The operations, in the same order."""
        return list(self._latest.values())

    @property
    def under_way(self) -> list[Operation]:
        """Those that have not ended, as far as is known."""
        return [each for each in self.latest if each.state not in _ENDED]

    @property
    def answered(self) -> bool:
        """Whether the service has ever told of them."""
        return any(each.HasField("state") for each in self.latest)

    def note(self, operation: Operation) -> None:
        """OPERATION is so now, unless it is known to have ended: answers may come out of order."""
        if self._latest[operation.operation_id].state not in _ENDED:
            self._latest[operation.operation_id] = operation

    def outcome(self) -> list[Operation]:
        """The operations, which have ended; raises OperationFailed where not all have succeeded."""
        failed = [each for each in self.latest if each.state != _SUCCEEDED]
        if failed:
            raise _failure(self.latest, failed)
        return self.latest


class Following(Resumption[WatchOperationRequest, WatchOperationResponse]):
    """Tells of each of `operations` once, then whenever it has changed, until all have ended.

    What it sees is noted in KNOWN. `timeout` is in seconds for the whole of it, None for no end. It calls
    again after a loss; it gives up only where the service has never told of the operations, after four tries.
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
        """Those that have not ended, with the time that remains."""
        if self._end is None and self._timeout is not None:
            self._end = self.now() + self._timeout
        remaining = self._remaining()
        if remaining is not None and remaining <= 0:
            raise self._out_of_time()
        return WatchOperationRequest(operation_ids=self._awaited), remaining

    def received(self, response: WatchOperationResponse) -> Sequence[WatchOperationResponse]:
        """RESPONSE, unless it is a sign of life or tells again what was told before a loss."""
        self._answered, self._failures = True, 0
        operation = response.operation  # of a sign of life: an empty one, which nobody awaits
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
    """The request for the page after RESPONSE, which answered REQUEST; None after the last page.

    Raises Internal when the page asked for is the one to ask for next, which would never end.
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
    # Operations that did not start because of another table of the request do not say why.
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
