"""Authorizes principals by the policies of a folder, which may change while the server runs."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import cedarpy
import structlog
from google.rpc.code_pb2 import Code

from tableadmin_server.failure import Failure
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.authorization.context import address_of, is_plain
from tableadmin_server.security.authorization.decisions import (
    Decider,
    Decision,
    Facts,
    FactsNeeded,
    RequestContext,
    Resource,
)
from tableadmin_server.security.authorization.policies import (
    Configured,
    PolicyError,
    digest_of,
    load,
    read_folder,
)
from tableadmin_server.security.authorization.required_permissions import PLANNED_ACTIONS, RequiredPermission
from tableadmin_server.security.authorization.schema import schema_of
from tableadmin_server.security.identity import Principal, caller, set_permitting_policies

_log = structlog.get_logger()

# The largest number of problems of refused policies that are logged.
_MAX_PROBLEMS = 20

# Reads the facts of a table that decisions need, by endpoint and table name. Raises Failure.
ReadFacts: TypeAlias = Callable[[str, str, FactsNeeded], Awaitable[Facts]]
# Returns whether a table, by endpoint and table name, is the operations table.
IsOperationsTable: TypeAlias = Callable[[str, str], bool]


def compile_folder(folder: Path, configured: Configured) -> Decider:
    """Return a decider with the policies of FOLDER. Raises PolicyError."""
    return compile_texts(read_folder(folder), configured)


def compile_texts(texts: Mapping[str, str], configured: Configured) -> Decider:
    """Return a decider with the policies of TEXTS, by file name. Raises PolicyError."""
    return Decider(load(texts, _schema(configured.endpoints), configured))


@lru_cache(1)
def _schema(endpoints: tuple[str, ...]) -> cedarpy.Schema:
    """The parsed schema. Cedar parses it in 6 ms, during which no other thread runs Python."""
    return cedarpy.Schema.from_str(schema_of(endpoints))


class Authorizer:
    """Decides by the newest valid policies of FOLDER. READ_FACTS reads facts of tables that policies use."""

    def __init__(
        self,
        folder: Path,
        configured: Configured,
        read_facts: ReadFacts,
        is_operations_table: IsOperationsTable,
    ) -> None:
        """Load the policies. Raises PolicyError."""
        self._folder = folder
        self._configured = configured
        self._read_facts = read_facts
        self._is_operations_table = is_operations_table
        # The state of the files when they were last loaded, and when they were last checked.
        self._loaded = self._seen = _state(folder)
        self._decider = compile_folder(folder, configured)
        self.loaded_at = time.time()
        # The numbers of times that policies were loaded and refused, and of decisions by outcome.
        self.loads = Counter(loaded=1, refused=0)
        self.decisions = Counter(allowed=0, denied=0, approval_required=0)
        _log.info("policies loaded", sha256=self._decider.sha256, policies=len(self._decider.policies))

    @property
    def sha256(self) -> str:
        """The hash of the policies in use."""
        return self._decider.sha256

    @property
    def uses_cost(self) -> bool:
        """Whether the policies depend on the cost of plans."""
        return self._decider.uses_cost

    def may_permit(self, principal: Principal, actions: Iterable[str], endpoint: str) -> bool:
        """Whether any policy may permit any of ACTIONS to PRINCIPAL for any table of ENDPOINT."""
        return any(self._decider.may_permit(principal, action, endpoint) for action in actions)

    async def decide(self, principal: Principal, permission: RequiredPermission, endpoint: str) -> Decision:
        """Decide about PERMISSION of PRINCIPAL at ENDPOINT ("" for the server).

        Raises Failure of READ_FACTS.
        """
        decision = await self._decide(principal, permission, endpoint)
        self.decisions[_outcome(decision)] += 1
        return decision

    async def _decide(self, principal: Principal, permission: RequiredPermission, endpoint: str) -> Decision:
        decider = self._decider
        resource = Resource(endpoint, permission.table)
        peer = address_of(caller().peer) if decider.uses_peer else None
        request_context = RequestContext(
            lambda: permission.context(datetime.now(UTC), peer),
            is_plain=not permission.change_class
            and not permission.is_planned
            and is_plain(permission.subject.DESCRIPTOR),
            is_requester=permission.is_requester,
            is_operations_table=permission.table is not None
            and self._is_operations_table(endpoint, permission.table),
            peer=peer,
        )
        decision = decider.decide(principal, permission.action, resource, request_context)
        if decision is not None:
            return decision
        needed = decider.facts_needed(principal, permission.action, endpoint)
        facts = await self._read_facts(endpoint, permission.table, needed) if permission.table else Facts()
        return decider.decide_with(facts, principal, permission.action, resource, request_context)

    async def check(
        self, principal: Principal, permissions: Iterable[RequiredPermission], endpoint: str
    ) -> None:
        """Raise Failure (PERMISSION_DENIED) for the first of PERMISSIONS that is denied or needs approval."""
        await self._check(principal, permissions, endpoint, approvable=False)

    async def required_approvals(
        self, principal: Principal, permissions: Iterable[RequiredPermission], endpoint: str
    ) -> tuple[RequiredApproval, ...]:
        """Return the approvals that PERMISSIONS need. Raises Failure for the first that is denied."""
        return await self._check(principal, permissions, endpoint, approvable=True)

    async def _check(
        self,
        principal: Principal,
        permissions: Iterable[RequiredPermission],
        endpoint: str,
        *,
        approvable: bool,
    ) -> tuple[RequiredApproval, ...]:
        permitted: dict[str, None] = {}
        required: dict[RequiredApproval, None] = {}
        for permission in permissions:
            decision = await self.decide(principal, permission, endpoint)
            if not (decision.allowed or (decision.required and approvable)):
                raise denial_failure(
                    principal, permission.action, Resource(endpoint, permission.table), decision
                )
            permitted.update(dict.fromkeys(decision.policies))
            required.update(dict.fromkeys(decision.required))
        set_permitting_policies(tuple(permitted))
        return tuple(required)

    def refresh(self) -> None:
        """Load the policies again if the files have changed.

        A change is loaded at the second call that sees it, because a partly written file may have valid
        policies.
        """
        state = _state(self._folder)
        if state == self._seen and state != self._loaded:
            self._loaded = state
            self._reload()
        self._seen = state

    def _reload(self) -> None:
        """Load the policies of the folder. If they are invalid, log this and keep the old ones."""
        old, new = self._decider.sha256, ""
        try:
            texts = read_folder(self._folder)
            new = digest_of(texts)
            decider = compile_texts(texts, self._configured)
        except PolicyError as error:
            problems = list(error.problems[:_MAX_PROBLEMS])
            self.loads["refused"] += 1
            _log.error("policies refused", refused_sha256=new, sha256=old, problems=problems)
            return
        if new == old:
            return
        self._decider = decider
        self.loaded_at = time.time()
        self.loads["loaded"] += 1
        _log.info("policies loaded", sha256=new, replaced_sha256=old, policies=len(decider.policies))


def _outcome(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    return "approval_required" if decision.required else "denied"


def denial_failure(principal: Principal, action: str, resource: Resource, decision: Decision) -> Failure:
    """Return the Failure of a denied call. It is the same whether or not RESOURCE exists."""
    if decision.required:
        return _unapproved(principal, action, resource, decision)
    forbidden = ", ".join(decision.policies)
    why = f"the policy {forbidden} forbids it" if decision.policies else "no policy permits it"
    return Failure(
        Code.PERMISSION_DENIED,
        f"{principal} may not call {action} for {resource}: {why}{_advice(decision) or '.'}",
        reason="POLICY_DENIED",
        metadata={"action": action, "resource": str(resource), "policies": forbidden},
    )


def _advice(decision: Decision) -> str:
    return ". " + " ".join(decision.advice) if decision.advice else ""


def _unapproved(principal: Principal, action: str, resource: Resource, decision: Decision) -> Failure:
    """The Failure of a direct call that needs an approval. Only an operation can wait for approvals."""
    needed = " and ".join(map(str, decision.required))
    groups = " or ".join(dict.fromkeys(each.group for each in decision.required))
    remedy = (
        "make the change with ApplyPlan ('tablectl apply'), which waits for the approval"
        if action in PLANNED_ACTIONS
        else f"no plan makes this call, so ask a member of {groups} to make it"
    )
    return Failure(
        Code.PERMISSION_DENIED,
        f"{principal} may not call {action} for {resource} without {needed}: {remedy}{_advice(decision)}",
        reason="APPROVAL_REQUIRED",
        metadata={"action": action, "resource": str(resource), "policies": ", ".join(decision.policies)},
    )


def _state(folder: Path) -> object:
    """A value that changes when a file of FOLDER changes."""
    try:
        stats = ((each.name, each.stat()) for each in sorted(folder.iterdir()))
        return tuple((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats)
    except OSError as error:
        return str(error)
