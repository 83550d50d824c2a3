"""The output of `can` as lines. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tableadmin.cli.views.operations.operation_text import requirement

if TYPE_CHECKING:
    from tableadmin.v1 import CheckAccessResponse


def answer(response: CheckAccessResponse) -> list[str]:
    """Return the decision, the policies that decide, and their advice."""
    by = f": {', '.join(response.policies)}" if response.policies else ""
    if response.permitted:
        return [f"yes{by}"]
    if response.required_approvals:
        return [_needed(response), *response.advice]
    return [f"no{by}" if by else "no: no policy permits this", *response.advice]


def refusal_text(action: str, policies: Iterable[str], advice: Iterable[str]) -> str:
    """Return why ACTION is not permitted: POLICIES forbid it, with their ADVICE, or no policy permits it."""
    names = ", ".join(policies)
    why = f"the policy {names} forbids {action}." if names else f"no policy permits {action}."
    return " ".join([why, *advice])


def why_not(action: str, response: CheckAccessResponse) -> str:
    """Return why ACTION is not permitted, in one line."""
    if response.required_approvals:
        return " ".join([f"{action} {_needed(response)}.", *response.advice])
    return refusal_text(action, response.policies, response.advice)


def _needed(response: CheckAccessResponse) -> str:
    """Return who must approve, and how to perform the action."""
    needed = " and ".join(map(requirement, response.required_approvals))
    groups = " or ".join(dict.fromkeys(each.group for each in response.required_approvals))
    how = (
        "make the change with 'tablectl apply', which waits for the approval"
        if response.made_by_plans
        else f"no plan makes this call, so ask a member of {groups} to make it"
    )
    return f"needs approval by {needed}: {how}"
