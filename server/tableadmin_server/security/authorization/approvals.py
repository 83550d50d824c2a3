"""The approvals that policies require by annotations. No I/O.

A policy with `@approval("corp/platform")` permits a call only if a member of that group approves it. With
`@approvers("2")` two members must approve.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from tableadmin import v1

# A policy in Cedar's JSON.
Policy: TypeAlias = Mapping[str, Any]

APPROVAL, APPROVERS = "approval", "approvers"

_COUNT = re.compile(r"[1-9][0-9]?\Z")
_MAX_COUNT = 99


class RequiredApproval(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An approval that the policy with the `@id` POLICY requires, by APPROVERS members of GROUP."""

    policy: str
    group: str
    approvers: int = 1

    def __str__(self) -> str:
        members = "a member" if self.approvers == 1 else f"{self.approvers} members"
        return f"approval by {members} of {self.group} (policy {self.policy})"


def message_of(required: RequiredApproval) -> v1.RequiredApproval:
    """Return REQUIRED as a message."""
    return v1.RequiredApproval(policy=required.policy, group=required.group, approvers=required.approvers)


def permitting_alone(policies: Mapping[str, Policy], names: Iterable[str]) -> tuple[str, ...]:
    """Return those policies in NAMES, which all permit, that need no approval.

    POLICIES are in Cedar's JSON, by `@id`.
    """
    return tuple(name for name in names if APPROVAL not in policies[name].get("annotations", {}))


def required_by(policies: Mapping[str, Policy], names: Iterable[str]) -> tuple[RequiredApproval, ...]:
    """Return the approvals that the policies in NAMES require. All of the approvals are needed."""
    annotations = ((name, policies[name]["annotations"]) for name in sorted(names))
    return tuple(
        RequiredApproval(policy=name, group=each[APPROVAL], approvers=int(each.get(APPROVERS, "1")))
        for name, each in annotations
    )


def remaining_approvals(
    required: Iterable[RequiredApproval], given: Mapping[str, Collection[str]]
) -> tuple[RequiredApproval, ...]:
    """Return those of REQUIRED that are missing. GIVEN has the groups for which each principal approved."""
    return tuple(
        each
        for each in dict.fromkeys(required)
        if sum(each.group in groups for groups in given.values()) < each.approvers
    )


def problems(policy: Policy, authenticators: Collection[str]) -> Iterator[str]:
    """Yield the problems of the approval annotations of POLICY."""
    annotations = policy.get("annotations", {})
    if APPROVERS in annotations and APPROVAL not in annotations:
        yield "@approvers needs @approval"
    if APPROVERS in annotations and not _COUNT.match(annotations[APPROVERS] or ""):
        yield f'@approvers needs a number from 1 to {_MAX_COUNT}, such as @approvers("2")'
    if APPROVAL not in annotations:
        return
    if policy["effect"] != "permit":
        yield "@approval belongs to a policy that permits, not to one that forbids"
    authenticator, slash, group = (annotations[APPROVAL] or "").partition("/")
    if not (slash and group.strip() == group != "" and authenticator in authenticators):
        yield (
            "@approval needs a group: the name of an authenticator of the configuration, a slash and the "
            'name of the group, such as @approval("corp/platform")'
        )
