"""Operations as words, lines and blocks. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tableadmin.cli.output.blocks import Block, Fields, Rows
from tableadmin.cli.output.terminal_text import Line
from tableadmin.cli.views.formatting import span, time, word
from tableadmin.cli.views.message_rows import full_columns

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from tableadmin.v1 import Operation, OperationCall, OperationError, RequiredApproval

# The states of the contract, in the order of an operation's progress.
STATES = (
    "AWAITING_APPROVAL",
    "SCHEDULED",
    "PENDING",
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "CANCELLED",
    "ABORTED",
    "UNREADABLE",
)
UNFINISHED_STATES = ("AWAITING_APPROVAL", "SCHEDULED", "PENDING", "RUNNING")

_COLOURS = {
    "SUCCEEDED": "green",
    "FAILED": "red",
    "CANCELLED": "yellow",
    "ABORTED": "red",
    "UNREADABLE": "red",
}
_COLUMNS = ("Operation", "Table", "State", "Calls", "Created", "Took", "By")
_STEP_COLUMNS = ("To approve", "AWS operation", "Approval by", "Request")
_APPROVAL_COLUMNS = ("By", "Decision", "At", "Comment")
_CALL_COLUMNS = ("Call", "AWS operation", "Outcome", "Began", "Took", "Tries", "AWS request", "Why")


def state(operation: Operation) -> str:
    """Return the state of the operation, one of STATES."""
    return word(operation, "state")


def state_in_words(state: str) -> str:
    """Return STATE in words, such as `awaiting approval`."""
    return state.lower().replace("_", " ")


def awaits_approval(operation: Operation) -> bool:
    """Whether the operation waits for approval."""
    return state(operation) == "AWAITING_APPROVAL"


def approvers(operation: Operation) -> str:
    """Return who can approve the operation, such as `a member of corp/platform`."""
    return " and ".join(dict.fromkeys(members(each) for each in operation.approval_request.missing_approvals))


def members(required: RequiredApproval) -> str:
    """`a member of corp/platform`, `2 members of corp/platform`."""
    who = "a member" if required.approvers == 1 else f"{required.approvers} members"
    return f"{who} of {required.group}"


def has_ended(operation: Operation) -> bool:
    """Whether the operation has ended."""
    return state(operation) not in ("", *UNFINISHED_STATES)


def has_succeeded(operation: Operation) -> bool:
    """Whether the operation has succeeded: the table matches its spec."""
    return state(operation) == "SUCCEEDED"


def call(operation: Operation) -> str:
    """Return the number of the current call, such as `2 of 5`, "" if no call is known."""
    made = _made(operation)
    known = made + operation.remaining_calls
    return f"{made + _is_under_way(operation)} of {known}" if known else ""


def calls(operation: Operation) -> str:
    """Return how many calls were made: `1 call`, `2 calls`, or `2 of 5 calls` if some were not made."""
    made = _made(operation)
    if operation.remaining_calls:
        return f"{made} of {made + operation.remaining_calls} calls"
    return "1 call" if made == 1 else f"{made} calls"


def current_step(operation: Operation) -> str:
    """Return the current step, or why the operation has stopped, "" if there is neither."""
    if has_ended(operation):
        return error_text(operation.error) if operation.HasField("error") else ""
    stopping = ["stops before the next call"] if operation.cancel_requested else []
    return "; ".join([*stopping, *_under_way(operation)])


def error_text(error: OperationError) -> str:
    """Return the error in one line: the call, the message of AWS or the service, and the code."""
    text = error.message if not error.call else f"{error.call}: {error.message}"
    request = [f"AWS request {error.aws_request_id}"] if error.aws_request_id else []
    notes = [each for each in (error.aws_error_code or error.reason, *request) if each]
    return f"{text} ({', '.join(notes)})" if notes else text


def seconds(operation: Operation, at: float) -> float:
    """Return the operation's duration in seconds until its end or AT, in seconds since 1970."""
    if not operation.HasField("create_time"):  # no state has been received yet
        return 0.0
    end = _moment(operation.end_time) if operation.HasField("end_time") else at
    return max(0.0, end - _moment(operation.create_time))


def outcomes(operations: Sequence[Operation], at: float) -> Iterator[Line]:
    """Return the results of OPERATIONS, with the errors and the remaining differences of failed ones."""
    for operation in operations:
        about = f"{calls(operation)} in {span(seconds(operation, at))}"
        what = state(operation)
        yield Line(
            f"{operation.table_name} {state_in_words(what)}: {about}", hang=2, colour=_COLOURS.get(what, "")
        )
        if operation.HasField("error"):
            yield Line(error_text(operation.error), 2)
            yield from (Line(f"left: {each}", 2) for each in operation.error.left)
        yield from (Line(f"unlike the spec: {each}", 2, colour="yellow") for each in operation.differences)
        if not has_succeeded(operation):
            yield Line(f"operation {operation.operation_id}", 2)
    yield Line(count_states(operations))


def count_states(operations: Sequence[Operation]) -> str:
    """Count OPERATIONS by state: `3 tables: 2 succeeded, 1 failed`."""
    found = Counter(state(operation) for operation in operations)
    parts = [f"{found[each]} {state_in_words(each)}" for each in STATES if found[each]]
    tables = "1 table" if len(operations) == 1 else f"{len(operations)} tables"
    return f"{tables}: {', '.join(parts)}"


def operation_rows(operations: Sequence[Operation], at: float) -> Rows:
    """Return a row for each of OPERATIONS."""
    rows = [
        (
            each.operation_id,
            each.table_name,
            state(each),
            call(each),
            time(each.create_time),
            span(seconds(each, at)),
            each.requested_by,
        )
        for each in operations
    ]
    return Rows(_COLUMNS, rows, "no operations")


def details(operation: Operation, at: float) -> list[Block]:
    """Return all details of the operation except its spec, with a row for each call."""
    fields = [(label, text) for label, text in _fields(operation, at) if text]
    return [Fields(fields), *_approval(operation), call_rows(operation)]


def _approval(operation: Operation) -> Iterator[Block]:
    """Return the approval request and its approvals and rejections."""
    if operation.HasField("approval_request"):
        steps = [
            (step.summary, step.operation, "; ".join(map(requirement, step.required_approvals)), step.request)
            for step in operation.approval_request.steps
        ]
        yield Rows(_STEP_COLUMNS, steps, "")
    if operation.approvals:
        said_by = [
            (each.principal, "rejected" if each.rejected else "approved", time(each.time), each.comment)
            for each in operation.approvals
        ]
        yield full_columns(_APPROVAL_COLUMNS, said_by)


def requirement(required: RequiredApproval) -> str:
    """`a member of corp/platform (policy destroy)`."""
    return f"{members(required)} (policy {required.policy})"


def decision_text(operation: Operation) -> Iterator[str]:
    """Return the message after an approval or a rejection."""
    what = f"{operation.operation_id} of table {operation.table_name}"
    if awaits_approval(operation):
        yield f"{what} still waits for approval by {approvers(operation)}"
    elif has_ended(operation):
        yield f"{what} has ended: {state_in_words(state(operation))}"
    else:
        yield f"{what} is approved: {state_in_words(state(operation))}"


def cancellation_text(operation: Operation) -> Iterator[str]:
    """Return the message after a cancellation: whether the operation stops, and the completed calls."""
    what = f"{operation.operation_id} of table {operation.table_name}"
    if operation.HasField("end_time") and state(operation) == "CANCELLED" and not operation.calls:
        yield f"{what} is cancelled; completed: {calls(operation)}"
    elif has_ended(operation):
        yield f"{what} has already ended: {state(operation)} after {calls(operation)}"
    else:
        yield f"{what} stops before its next call; completed: {calls(operation)}"
    for made in operation.calls:
        yield f"  {made.summary} ({made.operation}): {word(made, 'outcome').lower().replace('_', ' ')}"


def call_rows(operation: Operation) -> Rows:
    """Return a row for each AWS call of the operation."""
    return full_columns(_CALL_COLUMNS, [_row(each) for each in operation.calls], "no calls")


def _made(operation: Operation) -> int:
    """Count the completed calls. The last call may still be retried."""
    *earlier, last = [word(each, "outcome") for each in operation.calls] or ["REFUSED"]
    done = last == "ACCEPTED" or (last != "REFUSED" and has_succeeded(operation))
    return sum(each != "REFUSED" for each in earlier) + done


def _is_under_way(operation: Operation) -> bool:
    return bool(operation.calls) and word(operation.calls[-1], "outcome") == "UNDER_WAY"


def _under_way(operation: Operation) -> list[str]:
    if _is_under_way(operation):
        return [operation.calls[-1].summary]
    if operation.waits:
        return [f"waiting: {'; '.join(operation.waits)}"]
    if not operation.calls:
        return []
    last = operation.calls[-1]
    return [f"{last.summary}: {word(last, 'outcome').lower().replace('_', ' ')}"]


def _fields(operation: Operation, at: float) -> Iterator[tuple[str, str]]:
    yield "Operation", operation.operation_id
    yield "Table", operation.table_name
    yield "State", state(operation)
    yield "Calls", call(operation)
    yield "Now", "" if has_ended(operation) else current_step(operation)
    yield "Why", error_text(operation.error) if operation.HasField("error") else ""
    yield "Left", "; ".join(operation.error.left)
    yield "Cancelled", "asked stops before the next call" if operation.cancel_requested else ""
    yield "Created", time(operation.create_time)
    yield "Not before", time(operation.not_before) if operation.HasField("not_before") else ""
    waits = operation.approval_request if awaits_approval(operation) else None
    yield "Expires", time(waits.expire_time) if waits else ""
    yield "By", operation.requested_by
    yield "From", operation.caller
    yield "Request", operation.request_id
    yield "Written", time(operation.update_time) if operation.HasField("update_time") else ""
    yield "Ended", time(operation.end_time) if operation.HasField("end_time") else ""
    yield "Took", span(seconds(operation, at))
    yield "Server", operation.server


def _row(made: OperationCall) -> list[str]:
    over = made.HasField("end_time")
    return [
        made.summary,
        made.operation,
        word(made, "outcome"),
        time(made.start_time),
        f"{_moment(made.end_time) - _moment(made.start_time):.1f} s" if over else "",
        str(made.attempts) if made.attempts > 1 else "",
        made.aws_request_id,
        made.error,
    ]


def _moment(stamp: Timestamp) -> float:
    return stamp.ToNanoseconds() / 1e9
