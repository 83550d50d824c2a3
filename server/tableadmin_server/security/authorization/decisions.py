"""Decides by Cedar whether a principal may do an action. No I/O.

Everything but Allow is a denial: an error of a policy, an entity that Cedar does not accept, or no answer.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import cedarpy

from tableadmin_server.security.authorization.approvals import RequiredApproval, permitting_alone, required_by
from tableadmin_server.security.authorization.classification import ACTIONS
from tableadmin_server.security.authorization.context import Record
from tableadmin_server.security.authorization.policies import Est, PolicyDocuments, annotations_of
from tableadmin_server.security.authorization.schema import SERVER_ID
from tableadmin_server.security.authorization.scopes import applies, mentioned_principals, used_data
from tableadmin_server.security.identity import Principal

# The largest number of entries of each cache. A full cache is cleared.
_MAX_REMEMBERED = 50_000


class Resource(NamedTuple):
    """The resource of an action: a TABLE of an ENDPOINT, the endpoint, or the server if ENDPOINT is ""."""

    endpoint: str = ""
    table: str | None = None

    @property
    def uid(self) -> dict[str, str]:
        """The entity in Cedar's JSON."""
        if not self.endpoint:
            return {"type": "Server", "id": SERVER_ID}
        if self.table is None:
            return {"type": "Endpoint", "id": self.endpoint}
        return {"type": "Table", "id": f"{self.endpoint}/{self.table}"}

    def __str__(self) -> str:
        if not self.endpoint:
            return "the server"
        if self.table is None:
            return f"the endpoint {self.endpoint}"
        return f"the table {self.endpoint}/{self.table}"


@dataclass(frozen=True)
class Facts:
    """Facts of a table at the time of the call. A table that does not exist has neither TAGS nor LIVE."""

    tags: Mapping[str, str] | None = None
    live: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Decision:
    """Whether an action is allowed, the deciding policies (`@id`), and their `@advice` if it is not allowed.

    REQUIRED are the approvals with which POLICIES permit the action. ALLOWED is then false, so code that
    ignores approvals denies the action.

    POLICIES of a denial are those that forbid what another policy permits. They are empty if no policy
    permits the action, so that a principal without permissions learns nothing about the policies.
    """

    allowed: bool
    policies: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    required: tuple[RequiredApproval, ...] = ()

    @property
    def forbidden(self) -> bool:
        """Whether policies forbid what other policies permit."""
        return not self.allowed and not self.required and bool(self.policies)


DENIED = Decision(allowed=False)


@dataclass(frozen=True)
class RequestContext:
    """The facts of a request that a decision may depend on, beside principal, action and resource.

    CONTEXT returns the context and the entities that the context refers to. IS_PLAIN says that the request
    has no field that is in the context, which then depends only on the time, IS_REQUESTER and PEER.
    IS_OPERATIONS_TABLE says that the table is the operations table of the service. PEER is the IP address of
    the caller, None if it has none or if no policy uses it.
    """

    context: Callable[[], tuple[Record, Sequence[Record]]]
    is_plain: bool = False
    is_requester: bool = False
    is_operations_table: bool = False
    peer: str | None = None


# The key of a cached decision. The last members are IS_REQUESTER, IS_OPERATIONS_TABLE and PEER.
_Key: TypeAlias = tuple[Principal, str, Resource, bool, bool, str | None]


class Decider:
    """Decides by DOCUMENTS, which are validated against the schema.

    A decision uses only the policies that can apply to its action, principal and endpoint. A decision that
    depends on nothing else is cached.
    """

    def __init__(self, documents: PolicyDocuments) -> None:
        self.sha256 = documents.sha256
        self._policies = documents.policies
        self._mentioned = mentioned_principals(documents.policies.values())
        used = used_data(documents.policies.values())
        self.uses_peer = used.member("peer")
        self.uses_cost = used.member("monthlyCostIncrease")
        self._slices: dict[tuple[object, ...], _Slice] = {}
        self._of_principal: dict[tuple[Principal, str, str], _Slice] = {}
        self._entities: dict[tuple[Principal, str], cedarpy.Entities] = {}
        self._remembered: dict[_Key, Decision] = {}

    @property
    def policies(self) -> Collection[str]:
        """The `@id`s of all policies."""
        return self._policies.keys()

    def may_permit(self, principal: Principal, action: str, endpoint: str) -> bool:
        """Whether any policy may permit ACTION to PRINCIPAL for any resource of ENDPOINT."""
        return self._slice(principal, action, endpoint).may_permit

    def decide(
        self, principal: Principal, action: str, resource: Resource, request_context: RequestContext
    ) -> Decision | None:
        """Decide whether PRINCIPAL may do ACTION to RESOURCE. Returns None if table facts are needed."""
        key = (
            principal,
            action,
            resource,
            request_context.is_requester,
            request_context.is_operations_table,
            request_context.peer,
        )
        remembered = self._remembered.get(key)
        if remembered is not None:
            return remembered
        found = self._slice(principal, action, resource.endpoint)
        decision = self._without_facts(found, principal, action, resource, request_context)
        used = found.used
        if decision and not used.time and (request_context.is_plain or not used.context):
            _keep(self._remembered, key, decision)
        return decision

    def decide_with(
        self,
        facts: Facts,
        principal: Principal,
        action: str,
        resource: Resource,
        request_context: RequestContext,
    ) -> Decision:
        """Decide with FACTS of the table, the facts that `facts_needed` returns."""
        found = self._slice(principal, action, resource.endpoint)
        evaluate = self._evaluation(found, principal, action, resource, request_context, facts)
        return self._decision(evaluate, found.all, found.permits)

    def facts_needed(self, principal: Principal, action: str, endpoint: str) -> "FactsNeeded":
        """Return the facts of a table that policies may use."""
        used = self._slice(principal, action, endpoint).used
        return FactsNeeded(used.tags, used.live)

    def _without_facts(
        self,
        found: "_Slice",
        principal: Principal,
        action: str,
        resource: Resource,
        request_context: RequestContext,
    ) -> Decision | None:
        """The decision by policies that use no facts of the table; None if facts can change it."""
        if not found.may_permit:
            return DENIED
        evaluate = self._evaluation(found, principal, action, resource, request_context, Facts())
        decision = self._decision(evaluate, found.plain, found.plain_permits)
        if decision.forbidden:
            return decision  # independent of the facts
        if decision.required:
            # Another policy may permit without approval, or require more approvals.
            return None if found.facts_may_forbid or found.facts_may_permit else decision
        if decision.allowed and not found.facts_may_forbid:
            return decision
        if not decision.allowed and not found.facts_may_permit:
            return decision
        return None

    def _decision(
        self,
        evaluate: "_Evaluate",
        policies: cedarpy.PolicySet,
        permits: Callable[[], cedarpy.PolicySet],
    ) -> Decision:
        answer = evaluate(policies)
        if answer.allowed:
            alone = permitting_alone(self._policies, answer.policies)
            if alone:
                return Decision(allowed=True, policies=alone)
            required = required_by(self._policies, answer.policies)
            advice = annotations_of(self._policies, answer.policies, "advice")
            return Decision(allowed=False, policies=answer.policies, advice=advice, required=required)
        if answer.policies and evaluate(permits()).allowed:
            advice = annotations_of(self._policies, answer.policies, "advice")
            return Decision(allowed=False, policies=answer.policies, advice=advice)
        return DENIED

    def _evaluation(
        self,
        found: "_Slice",
        principal: Principal,
        action: str,
        resource: Resource,
        request_context: RequestContext,
        facts: Facts,
    ) -> "_Evaluate":
        """A function that evaluates policies for one request."""
        context, referred = request_context.context() if found.used.context else ({}, ())
        # Cedar parses the context for each decision. The whole context would double the time of a decision.
        context = {name: value for name, value in context.items() if found.used.member(name)}
        added = [
            *_table_entities(resource, facts, is_operations_table=request_context.is_operations_table),
            *referred,
        ]
        try:
            entities = self._base(principal, action).with_added_json_str(json.dumps(added))
        except ValueError:  # Cedar does not accept an id or a value
            return _no_answer
        request = {
            "principal": {"type": principal.type, "id": principal.id},
            "action": {"type": "Action", "id": action},
            "resource": resource.uid,
            "context": json.dumps(context),
        }
        return lambda policies: _answer(request, policies, entities)

    def _slice(self, principal: Principal, action: str, endpoint: str) -> "_Slice":
        found = self._of_principal.get((principal, action, endpoint))
        if found is None:
            ids = {(principal.type, principal.id), *(("Group", group) for group in principal.groups)}
            key = (principal.type, frozenset(ids & self._mentioned), action, endpoint)
            found = self._slices.get(key) or _Slice(
                {
                    name: policy
                    for name, policy in self._policies.items()
                    if applies(policy, principal, _actions_with(action), endpoint)
                }
            )
            _keep(self._slices, key, found)
            _keep(self._of_principal, (principal, action, endpoint), found)
        return found

    def _base(self, principal: Principal, action: str) -> cedarpy.Entities:
        """The entities of PRINCIPAL and ACTION with their groups. Raises ValueError.

        Without the groups no policy for a group would apply, also no policy that forbids.
        """
        found = self._entities.get((principal, action))
        if found is None:
            found = cedarpy.Entities.from_json_str(json.dumps([*_principal(principal), *_action(action)]))
            _keep(self._entities, (principal, action), found)
        return found


class FactsNeeded(NamedTuple):
    """The facts of a table that a decision may depend on."""

    tags: bool
    live: bool


class _Slice:
    """The policies that may apply: all of them, and those that use no facts of the table (`plain`)."""

    def __init__(self, policies: Mapping[str, Est]) -> None:
        self._policies = policies
        self.used = used_data(policies.values())
        self._plain = {name: each for name, each in policies.items() if not used_data([each]).facts}
        of_facts = [each["effect"] for name, each in policies.items() if name not in self._plain]
        self.facts_may_permit = "permit" in of_facts
        self.facts_may_forbid = "forbid" in of_facts
        self.may_permit = any(each["effect"] == "permit" for each in policies.values())

    @cached_property
    def all(self) -> cedarpy.PolicySet:
        return _policy_set(self._policies)

    @cached_property
    def plain(self) -> cedarpy.PolicySet:
        return self.all if len(self._plain) == len(self._policies) else _policy_set(self._plain)

    def permits(self) -> cedarpy.PolicySet:
        return _policy_set(_permits(self._policies))

    def plain_permits(self) -> cedarpy.PolicySet:
        return _policy_set(_permits(self._plain))


class _Answer(NamedTuple):
    allowed: bool
    policies: tuple[str, ...]


_Evaluate: TypeAlias = Callable[[cedarpy.PolicySet], _Answer]


def _no_answer(_policies: cedarpy.PolicySet) -> _Answer:
    return _Answer(allowed=False, policies=())


def _answer(request: Mapping[str, Any], policies: cedarpy.PolicySet, entities: cedarpy.Entities) -> _Answer:
    """The decision of Cedar. If the evaluation of any policy fails, the decision is a denial."""
    result = cedarpy.is_authorized(dict(request), policies, entities)
    if result.diagnostics.errors:
        return _Answer(allowed=False, policies=())
    reasons = tuple(sorted(result.diagnostics.reasons))
    return _Answer(result.decision is cedarpy.Decision.Allow, reasons)


def _permits(policies: Mapping[str, Est]) -> Mapping[str, Est]:
    return {name: each for name, each in policies.items() if each["effect"] == "permit"}


def _policy_set(policies: Mapping[str, Est]) -> cedarpy.PolicySet:
    document = {"templates": {}, "staticPolicies": dict(policies), "templateLinks": []}
    return cedarpy.PolicySet.from_json_str(json.dumps(document))


def _principal(principal: Principal) -> Iterable[Record]:
    parents = [{"type": "Group", "id": group} for group in sorted(principal.groups)]
    uid = {"type": principal.type, "id": principal.id}
    return ({"uid": uid, "attrs": {"name": principal.name}, "parents": parents},)


def _action(action: str) -> Iterable[Record]:
    parents = [{"type": "Action", "id": each} for each in _actions_with(action) if each != action]
    return ({"uid": {"type": "Action", "id": action}, "attrs": {}, "parents": parents},)


def _table_entities(resource: Resource, facts: Facts, *, is_operations_table: bool) -> Iterable[Record]:
    if resource.table is None:
        return ()
    attributes: Record = {"name": resource.table, "isOperationsTable": is_operations_table}
    if facts.live is not None:
        attributes["live"] = dict(facts.live)
    parents = [{"type": "Endpoint", "id": resource.endpoint}]
    return ({"uid": resource.uid, "attrs": attributes, "parents": parents, "tags": dict(facts.tags or {})},)


def _actions_with(action: str) -> tuple[str, ...]:
    """ACTION and its group."""
    group = ACTIONS.get(action)
    return (action, str(group)) if group else (action,)


def _keep(cache: dict[Any, Any], key: object, value: object) -> None:
    if len(cache) >= _MAX_REMEMBERED:
        cache.clear()
    cache[key] = value
