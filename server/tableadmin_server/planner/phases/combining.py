"""Fewer calls: changes that one UpdateTable call may hold together become one step."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from tableadmin.awsshape import AwsDict, AwsValue
from tableadmin_server.planner.phases.step import Step
from tableadmin_server.planner.rules.update_table import companions


def combine(steps: Sequence[Step]) -> list[Step]:
    """STEPS in their order, each with the later ones that may share its call.

    A change that joins an earlier call is made before all changes in between. No phase may depend on one of
    the phases before it in a way that this breaks.
    """
    calls: list[Step] = []
    joined: set[int] = set()
    for number, step in enumerate(steps):
        if number not in joined:
            companions_ = _companions(steps, number, joined)
            joined.update(companions_)
            calls.append(_together(step, [steps[each] for each in companions_]))
    return calls


def _companions(steps: Sequence[Step], number: int, joined: set[int]) -> list[int]:
    """The numbers of the later steps that share the call of step NUMBER."""
    kind = steps[number].kind
    if kind is None:
        return []
    kinds, found = frozenset({kind}), list[int]()
    allowed = companions(kinds)
    for later in range(number + 1, len(steps)):
        other = steps[later].kind
        if other in allowed and later not in joined:
            found.append(later)
            kinds |= {other}
            allowed = companions(kinds)
    return found


def _together(step: Step, others: Sequence[Step]) -> Step:
    for other in others:
        step = replace(
            step,
            params=_merged(step.params, other.params),
            summary=f"{step.summary}, {other.summary}",
            waits=(*step.waits, *(wait for wait in other.waits if wait not in step.waits)),
            cooldown=step.cooldown or other.cooldown,
        )
    return step


def _merged(params: AwsDict, others: AwsDict) -> AwsDict:
    """The members of both; of lists in both, such as GlobalSecondaryIndexUpdates, the elements of both."""
    merged = {**params, **others}
    for member in params.keys() & others.keys():
        if isinstance(params[member], list):
            merged[member] = [
                *cast("list[AwsValue]", params[member]),
                *cast("list[AwsValue]", others[member]),
            ]
    return merged
