"""What `make soak` finds of lost and doubled effects."""

from collections.abc import Mapping
from typing import Any

import grpc

from soak import effects
from soak.journal import Told
from soak.ledger import Ledger, Shape, identity
from soak.tables import spec
from tableadmin import v1
from tableadmin.errors import TableAdminError, Unavailable

NAME = "direct-1"
CREATED = spec(NAME, 10)
OK = None
# What the engine did.
MADE, NOT_MADE, UNKNOWN = True, False, None
LOST = Unavailable("the connection broke", grpc.StatusCode.UNAVAILABLE)
UNSENT = Unavailable("the endpoint cannot be reached; the call was not sent", grpc.StatusCode.UNAVAILABLE)
REFUSED = TableAdminError("no", grpc.StatusCode.FAILED_PRECONDITION)


def ledger(*outcomes: bool | None, params: Mapping[str, Any] = CREATED) -> Ledger:
    """The engine was sent the creation of PARAMS once for each of OUTCOMES."""
    made = Ledger()
    for accepted in outcomes:
        made.ended(made.came("CreateTable", params), accepted)
    return made


def found(error: TableAdminError | None, *outcomes: bool | None) -> list[str]:
    """What is wrong where a caller was told ERROR and the engine did OUTCOMES."""
    told = Told("CreateTable", CREATED, error)
    return [text.partition(":")[0] for text in effects.of_callers([told], ledger(*outcomes))]


def test_what_callers_are_told() -> None:
    """A change that was made for its caller reached the engine, one that was not sent or refused did not."""
    assert [] == found(OK, MADE)
    assert [] == found(OK, UNKNOWN)
    assert ["lost"] == found(OK)
    assert ["lost"] == found(OK, NOT_MADE)
    assert [] == found(LOST) == found(LOST, MADE) == found(LOST, NOT_MADE)
    assert [] == found(UNSENT)
    assert ["its caller was told that this was not sent"] == found(UNSENT, MADE)
    assert [] == found(REFUSED, NOT_MADE)
    assert 1 == len(found(REFUSED, MADE))


def test_doubled() -> None:
    """A change is made twice when the engine accepts it twice; a repetition that is refused is none."""
    assert [] == list(effects.doubled(ledger(MADE, NOT_MADE)))
    assert 1 == len(list(effects.doubled(ledger(MADE, MADE))))


def test_tables() -> None:
    """A table is what the accepted changes have made of it, unless the outcome of one is unknown."""
    assert [] == list(effects.of_tables({NAME: Shape(10)}, ledger(MADE)))
    assert 1 == len(list(effects.of_tables({NAME: Shape(11)}, ledger(MADE))))
    assert 1 == len(list(effects.of_tables({}, ledger(MADE))))
    assert [] == list(effects.of_tables({}, ledger(UNKNOWN)))


def operation(state: "v1.OperationState.ValueType", outcome: "v1.CallOutcome.ValueType") -> v1.Operation:
    """An operation of one call, which created the table."""
    request = identity("CreateTable", CREATED).partition(" ")[2]
    call = v1.OperationCall(operation="CreateTable", request=request, outcome=outcome)
    return v1.Operation(operation_id="1", table_name=NAME, state=state, calls=[call])


def test_operations() -> None:
    """The record of an operation says what the engine did, and of every change that it made."""
    accepted = operation(v1.OperationState.OPERATION_STATE_SUCCEEDED, v1.CallOutcome.CALL_OUTCOME_ACCEPTED)
    assert [] == list(effects.of_operations([accepted], ledger(MADE)))
    assert 1 == len(list(effects.of_operations([accepted], ledger())))
    refused = operation(v1.OperationState.OPERATION_STATE_FAILED, v1.CallOutcome.CALL_OUTCOME_REFUSED)
    assert [] == list(effects.of_operations([refused], ledger(NOT_MADE)))
    assert 1 == len(list(effects.of_operations([refused], ledger(MADE))))
    running = operation(v1.OperationState.OPERATION_STATE_RUNNING, v1.CallOutcome.CALL_OUTCOME_ACCEPTED)
    assert 1 == len(list(effects.of_operations([running], ledger(MADE))))
    aborted = operation(v1.OperationState.OPERATION_STATE_ABORTED, v1.CallOutcome.CALL_OUTCOME_ACCEPTED)
    assert 1 == len(list(effects.of_operations([aborted], ledger(MADE))))
    del accepted.calls[:]
    assert 1 == len(list(effects.of_operations([accepted], ledger(MADE))))
