"""Compares what callers were told with what the engine was sent and has. No I/O."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from soak.journal import Told
from soak.ledger import Ledger, Received, Shape, identity
from tableadmin import v1

Outcome = v1.CallOutcome
State = v1.OperationState
_ENDED = frozenset(
    {
        State.OPERATION_STATE_SUCCEEDED,
        State.OPERATION_STATE_FAILED,
        State.OPERATION_STATE_CANCELLED,
        State.OPERATION_STATE_ABORTED,
    }
)


def doubled(ledger: Ledger) -> Iterator[str]:
    """The changes that were made more than once: no caller asks for a change twice."""
    for change, requests in by_identity(ledger).items():
        made = [each for each in requests if each.accepted]
        if len(made) > 1:
            first = made[0].came
            times = (
                f"{each.through} {each.came - first:.1f} to {each.answered - first:.1f} s"
                for each in requests
            )
            yield f"made {len(made)} times: {change} by {', '.join(times)}"


def of_callers(told: Sequence[Told], ledger: Ledger) -> Iterator[str]:
    """Where callers were told that a change was made, refused or not sent, and the engine says otherwise."""
    received = by_identity(ledger)
    asked = Counter(identity(each.operation, each.params) for each in told)
    for each in told:
        change = identity(each.operation, each.params)
        came = received.get(change, [])
        if each.error is None:
            if not any(request.accepted in {True, None} for request in came):
                yield f"lost: its caller was told that this was made: {change}"
        elif asked[change] > 1:
            continue  # nobody knows which of them came
        elif each.is_unsent:
            if came:
                yield f"its caller was told that this was not sent: {change}"
        elif not each.is_unknown and any(request.accepted for request in came):
            yield f"its caller was told {each.error}, and it was made: {change}"


def of_operations(operations: Iterable[v1.Operation], ledger: Ledger) -> Iterator[str]:
    """Where the records of operations do not say what the engine did."""
    received = by_identity(ledger)
    recorded: set[str] = set()
    for operation in operations:
        if operation.state not in _ENDED:
            waits = ", ".join(operation.waits)
            made = f"{len(operation.calls)} calls, {len(operation.approvals)} approvals"
            yield f"has not ended: {_named(operation)}: {made}; waits for {waits}"
        for call in operation.calls:
            change = identity(call.operation, json.loads(call.request))
            recorded.add(change)
            came = received.get(change, [])
            accepted = any(each.accepted in {True, None} for each in came)
            if call.outcome == Outcome.CALL_OUTCOME_ACCEPTED and not accepted:
                yield f"lost: {_named(operation)} says that this was accepted: {change}"
            if call.outcome == Outcome.CALL_OUTCOME_REFUSED and any(each.accepted for each in came):
                yield f"{_named(operation)} says that this was refused: {change}"
        if operation.state == State.OPERATION_STATE_ABORTED and operation.calls:
            yield f"was aborted and has made calls: {_named(operation)}"
    tables = {each.table_name for each in operations}
    for request in ledger.all():
        if request.table in tables and request.accepted and request.identity not in recorded:
            yield f"in no record of an operation: {request.identity}"


def of_tables(tables: Mapping[str, Shape], ledger: Ledger) -> Iterator[str]:
    """Where TABLES, those of the engine, are not what the changes have made of them."""
    expected = ledger.tables()
    for name in sorted({*tables, *expected}):
        if ledger.is_known(name) and tables.get(name) != expected.get(name):
            yield f"the table {name} is {tables.get(name)}, and by its changes {expected.get(name)}"


def by_identity(ledger: Ledger) -> Mapping[str, list[Received]]:
    """The requests that came, by the change that they ask for."""
    found: dict[str, list[Received]] = defaultdict(list)
    for each in ledger.all():
        found[each.identity].append(each)
    return found


def _named(operation: v1.Operation) -> str:
    state = State.Name(operation.state).removeprefix("OPERATION_STATE_")
    return f"operation {operation.operation_id} of {operation.table_name} ({state})"
