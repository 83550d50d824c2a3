"""How operations read."""

from datetime import UTC, datetime

import pytest
from rich.console import Console, Group

from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.cli.output.blocks import plain_lines
from tableadmin.cli.output.terminal_text import wrap_line
from tableadmin.cli.views.operations.operation_board import draw_board
from tableadmin.cli.views.operations.operation_text import (
    STATES,
    call,
    call_rows,
    calls,
    cancellation_text,
    count_states,
    current_step,
    details,
    operation_rows,
    outcomes,
)
from tableadmin.v1 import Operation, OperationState

BEGAN = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
NOW = BEGAN.timestamp() + 70


def made(summary: str, outcome: str, **members: object) -> dict[str, object]:
    """A call of an operation, two seconds long unless it is under way."""
    over = {} if outcome == "UNDER_WAY" else {"EndTime": BEGAN.replace(second=4)}
    return {
        "Summary": summary,
        "Operation": "UpdateTable",
        "Outcome": outcome,
        "Attempts": 1,
        "StartTime": BEGAN.replace(second=2),
        **over,
        **members,
    }


def operation(**members: object) -> Operation:
    """An operation that RUNS, and MEMBERS."""
    described = {
        "OperationId": "01-a",
        "TableName": "Music",
        "State": "RUNNING",
        "CreateTime": BEGAN,
        **members,
    }
    return from_aws(described, Operation)  # type: ignore[arg-type] # a mixed dict is wider than AwsDict


ERROR: AwsDict = {
    "Call": "add index Idx",
    "Message": "too many",
    "Reason": "LIMIT_EXCEEDED_EXCEPTION",
    "AwsErrorCode": "LimitExceededException",
    "AwsRequestId": "4711",
    "Left": ["the table is ACTIVE", "not yet changed: GlobalSecondaryIndexes[Idx]"],
}
FAILED = operation(
    TableName="Films",
    OperationId="01-b",
    State="FAILED",
    EndTime=BEGAN.replace(second=40),
    Calls=[made("change throughput", "ACCEPTED"), made("add index Idx", "REFUSED", Error="too many")],
    RemainingCalls=3,
    Error=ERROR,
)
DONE = operation(State="SUCCEEDED", EndTime=BEGAN.replace(second=5), Calls=[made("set tags", "ACCEPTED")])


def test_every_state_of_the_contract_is_known() -> None:
    """What an operation can be, can be listed."""
    known = {f"OPERATION_STATE_{state}" for state in STATES}
    assert set(OperationState.keys()) - {"OPERATION_STATE_UNSPECIFIED"} == known


@pytest.mark.parametrize(
    ("outcomes", "remaining", "state", "at", "done"),
    [
        ([], 0, "PENDING", "", "0 calls"),
        ([], 2, "RUNNING", "0 of 2", "0 of 2 calls"),
        (["UNDER_WAY"], 2, "RUNNING", "1 of 2", "0 of 2 calls"),
        (["ACCEPTED"], 1, "RUNNING", "1 of 2", "1 of 2 calls"),
        (["ACCEPTED", "UNDER_WAY"], 1, "RUNNING", "2 of 2", "1 of 2 calls"),
        (["ACCEPTED", "REFUSED"], 1, "RUNNING", "1 of 2", "1 of 2 calls"),
        (["UNKNOWN"], 2, "RUNNING", "0 of 2", "0 of 2 calls"),
        (["UNKNOWN", "ACCEPTED"], 0, "SUCCEEDED", "2 of 2", "2 calls"),
        (["UNKNOWN"], 0, "SUCCEEDED", "1 of 1", "1 call"),
        (["ACCEPTED", "REFUSED"], 3, "FAILED", "1 of 4", "1 of 4 calls"),
    ],
)
def test_calls_are_counted(outcomes: list[str], remaining: int, state: str, at: str, done: str) -> None:
    """A call counts once it has done its part; the one under way is the one that the operation is at."""
    members = {"Calls": [made("x", each) for each in outcomes]} if outcomes else {}
    found = operation(State=state, RemainingCalls=remaining, **members)
    assert (at, done) == (call(found), calls(found))


def test_what_happens_now() -> None:
    """The call under way, else what is waited for, else the last call; of one that ended, why."""
    waits = ["index Idx to be ACTIVE", "the table to be ACTIVE"]
    under_way = operation(Calls=[made("add index Idx", "UNDER_WAY")], Waits=waits)
    assert "add index Idx" == current_step(under_way)
    assert "waiting: index Idx to be ACTIVE; the table to be ACTIVE" == current_step(operation(Waits=waits))
    assert "add index Idx: accepted" == current_step(operation(Calls=[made("add index Idx", "ACCEPTED")]))
    assert "stops before the next call" == current_step(operation(CancelRequested=True))
    error_text = "add index Idx: too many (LimitExceededException, AWS request 4711)"
    assert [error_text, "", ""] == [
        current_step(FAILED),
        current_step(DONE),
        current_step(operation(State="PENDING")),
    ]


def test_a_reason_of_the_service_stands_where_aws_has_no_code() -> None:
    """Without an AWS code the reason is named, and without a call the message begins."""
    drift: AwsDict = {"Message": "Music: has changed", "Reason": "TABLE_HAS_MOVED_ON"}
    assert "Music: has changed (TABLE_HAS_MOVED_ON)" == current_step(operation(State="ABORTED", Error=drift))


def test_the_end() -> None:
    """A line a table with calls and time; of those that failed also why, what was left, and the id; a sum."""
    lines = [text for line in outcomes([DONE, FAILED], NOW) for text in wrap_line(line, None)]
    assert [
        "Music succeeded: 1 call in 5 s",
        "Films failed: 1 of 4 calls in 40 s",
        "  add index Idx: too many (LimitExceededException, AWS request 4711)",
        "  left: the table is ACTIVE",
        "  left: not yet changed: GlobalSecondaryIndexes[Idx]",
        "  operation 01-b",
        "2 tables: 1 succeeded, 1 failed",
    ] == lines


def test_a_list() -> None:
    """One row an operation; what has not ended has taken the time until now."""
    rows = operation_rows([operation(RemainingCalls=2, RequestedBy="ann@laptop"), FAILED], NOW)
    began = "2026-01-31 12:00:00 UTC"
    assert [
        ("01-a", "Music", "RUNNING", "0 of 2", began, "1 min 10 s", "ann@laptop"),
        ("01-b", "Films", "FAILED", "1 of 4", began, "40 s", ""),
    ] == rows.rows


def test_everything() -> None:
    """Details leave out what is not there, and have every call with what came of it."""
    fields, calls_made = details(FAILED, NOW)
    lines = dict(line.split(maxsplit=1) for line in plain_lines(fields))
    assert "add index Idx: too many (LimitExceededException, AWS request 4711)" == lines["Why"]
    assert "the table is ACTIVE; not yet changed: GlobalSecondaryIndexes[Idx]" == lines["Left"]
    assert {"Operation", "Table", "State", "Calls", "Why", "Left", "Created", "Ended", "Took"} == lines.keys()
    assert [
        "CALL               AWS OPERATION  OUTCOME   BEGAN                    TOOK   WHY",
        "change throughput  UpdateTable    ACCEPTED  2026-01-31 12:00:02 UTC  2.0 s",
        "add index Idx      UpdateTable    REFUSED   2026-01-31 12:00:02 UTC  2.0 s  too many",
    ] == [*plain_lines(calls_made)]
    again = call_rows(operation(Calls=[made("x", "UNDER_WAY", Attempts=3, AwsRequestId="8")]))
    assert ["x", "UpdateTable", "UNDER_WAY", "2026-01-31 12:00:02 UTC", "3", "8"] == [*again.rows[0]]


def test_stopping() -> None:
    """What was done is said call by call, and of what had ended that it had."""
    assert [
        "01-a of table Music stops before its next call; completed: 0 of 2 calls",
        "  set tags (UpdateTable): under way",
    ] == [*cancellation_text(operation(Calls=[made("set tags", "UNDER_WAY")], RemainingCalls=2))]
    assert "01-b of table Films has already ended: FAILED after 1 of 4 calls" == next(
        cancellation_text(FAILED)
    )


def test_a_board_that_is_too_high_keeps_what_goes_on() -> None:
    """Where not all fit, those that have ended give way; each stays in its place, and all are counted."""
    many = [DONE, operation(TableName="A"), FAILED, operation(TableName="B", State="PENDING")]
    assert ["A", "B"] == [each for each in _board(many, 2) if each in ("A", "B", "Music", "Films")]
    assert "4 tables: 1 pending, 1 running, 1 succeeded, 1 failed; 2 more not shown; " in _text(many, 2)
    assert "more not shown" not in _text(many, 4)


def test_a_board_fits_its_terminal() -> None:
    """No line is wider than the terminal; what is too long is cut."""
    waiting = operation(TableName="T" * 60, Waits=["index " + "I" * 200])
    lines = _text([waiting, FAILED], 5, 60).splitlines()
    assert [] == [line for line in lines if len(line) > 60]
    assert ["TABLE", "TTTTTTTTTTTTTTTTTTT…", "Films", "2"] == [line.split()[0] for line in lines]
    assert ["RUNNING", "1", "min", "10", "s"] == lines[1].split()[1:6]


def test_the_sum_of_one() -> None:
    """One table is not called tables."""
    assert "1 table: 1 succeeded" == count_states([DONE])


def _board(operations: list[Operation], room: int) -> list[str]:
    return [line.split(maxsplit=1)[0] for line in _text(operations, room).splitlines()]


def _text(operations: list[Operation], room: int, width: int = 200) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(Group(*draw_board(operations, NOW, room, width)))
    return capture.get()
