"""What an operation's progress must never show: that it goes back."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tableadmin import v1

_STATES = [
    v1.OperationState.OPERATION_STATE_PENDING,
    v1.OperationState.OPERATION_STATE_RUNNING,
]
_OUTCOMES = [
    v1.CallOutcome.CALL_OUTCOME_UNDER_WAY,
    v1.CallOutcome.CALL_OUTCOME_ACCEPTED,
]


def contradictions(seen: Sequence[v1.Operation]) -> list[str]:
    """What is wrong with what was SEEN of one operation, in order, which nothing disturbed."""
    wrong = [text for before, now in pairwise(seen) for text in _contradictions(before, now)]
    if not seen or seen[-1].state in _STATES:
        wrong.append("its end was not seen")
    elif seen[-1].remaining_calls or seen[-1].waits:
        wrong.append(f"it ended, and something is still to come: {seen[-1]}")
    return wrong


def _contradictions(before: v1.Operation, now: v1.Operation) -> Iterator[str]:
    if before.state not in _STATES:
        yield "it went on after the end"
    if now.state in _STATES and _STATES.index(now.state) < _STATES.index(before.state):
        yield f"from {before.state} back to {now.state}"
    if [call.summary for call in before.calls] != [call.summary for call in now.calls][: len(before.calls)]:
        yield f"calls that were there have gone: {before.calls}, {now.calls}"
    for earlier, later in zip(before.calls, now.calls, strict=False):
        if _OUTCOMES.index(later.outcome) < _OUTCOMES.index(earlier.outcome):
            yield f"an answered call is under way again: {later}"
    if any(call.outcome != _OUTCOMES[-1] for call in now.calls[:-1]):
        yield f"two calls at once: {now.calls}"
    if before.calls and now.remaining_calls > before.remaining_calls:
        yield f"more calls are to come than before: {before.remaining_calls}, {now.remaining_calls}"
    if now.update_time.ToNanoseconds() < before.update_time.ToNanoseconds():
        yield "written down before what was seen before"
