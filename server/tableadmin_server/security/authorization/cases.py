"""Test cases for policies, in files: a request, and the expected decision."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from google.protobuf.descriptor_pool import Default
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from msgspec import Meta

from tableadmin_server.failure import Failure
from tableadmin_server.security.authorization.classification import (
    RPCS,
    Classification,
    ResourceType,
    action_of,
)
from tableadmin_server.security.authorization.context import address_of
from tableadmin_server.security.authorization.decisions import (
    Decider,
    Decision,
    Facts,
    RequestContext,
    Resource,
)
from tableadmin_server.security.authorization.required_permissions import (
    PLANNED_RPCS,
    RequiredPermission,
    required_permissions,
    step_permissions,
)
from tableadmin_server.security.authorization.resources import EndpointAccount
from tableadmin_server.security.identity import Principal, parsed_principal


class CaseError(Exception):
    """A file of cases is invalid. The message names the file or the case."""


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request of a principal, and the expected decision.

    `request` has the fields of the request of `rpc`, by their names in the contract. `tags` and `items` are
    facts of the table. Without `items` the table does not exist. `now` is the time of the request.
    `operation_of` is the table of the operation of an RPC of OperationService. `is_requester` says whether
    the principal has requested the operation. `peer` is the IP address of the caller. Without `peer` the call
    comes through a Unix socket. `planned` says that `rpc` is a call of a plan, and `monthly_cost_increase`
    how many US dollars more the table costs a month after this plan. Without it the increase is not known.
    """

    name: str
    principal: str
    groups: tuple[str, ...] = ()
    endpoint: str
    rpc: str
    request: dict[str, Any] = {}
    expect: Literal["allow", "deny", "approval"]
    # The `@id` of a policy that must be among the deciding ones.
    policy: str | None = None
    now: datetime | None = None
    tags: dict[str, str] = {}
    items: Annotated[int, Meta(ge=0)] | None = None
    operation_of: str = ""
    is_requester: bool = False
    peer: Annotated[str, Meta(min_length=1)] | None = None
    planned: bool = False
    monthly_cost_increase: float | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Outcome:
    """The result of CASE: the decision about ACTION, and how it differs from the expected one, "" if not."""

    case: Case
    action: str
    decision: Decision
    problem: str


def read_cases(path: Path) -> Sequence[Case]:
    """Return the cases in the TOML file at PATH, at least one. Raises CaseError."""
    try:
        cases = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).cases
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise CaseError(f"{path}: {error}") from error
    if not cases:
        raise CaseError(f"{path}: has no [[cases]]")
    return cases


def evaluate(case: Case, decider: Decider, accounts: Mapping[str, EndpointAccount]) -> Outcome:
    """Evaluate CASE by the policies of DECIDER. ACCOUNTS are the endpoints by name. Raises CaseError."""
    action, decision = _decided(case, decider, accounts)
    return Outcome(case, action, decision, _problem(case, decision))


def _problem(case: Case, decision: Decision) -> str:
    given = _word(decision)
    if given != case.expect:
        by = f" by {', '.join(decision.policies)}" if decision.policies else ""
        asked = f" {' and '.join(map(str, decision.required))}" if decision.required else by
        return f"expected {case.expect}, but policies {_GIVEN[given]}{asked}"
    if case.policy is not None and case.policy not in decision.policies:
        return f"expected the policy {case.policy}, but decided by {', '.join(decision.policies) or 'none'}"
    return ""


def _decided(case: Case, decider: Decider, accounts: Mapping[str, EndpointAccount]) -> tuple[str, Decision]:
    """The first denial, else the first decision that needs an approval, else the last; with its action."""
    method = _method(case)
    request = _request(case, method)
    try:
        principal = Principal(*_named(case.principal), frozenset(case.groups))
        needed = _required_permissions(case, method, request, accounts)
    except (Failure, ValueError) as error:
        raise CaseError(f"{case.name}: {error}") from error
    decided = [(permission.action, _decide(case, permission, decider, principal)) for permission in needed]
    for word in ("deny", "approval"):
        for each in decided:
            if _word(each[1]) == word:
                return each
    return decided[-1]


def _word(decision: Decision) -> str:
    if decision.required:
        return "approval"
    return "allow" if decision.allowed else "deny"


_GIVEN = {"allow": "allow", "deny": "deny", "approval": "require"}


def _named(text: str) -> tuple[Any, str]:
    principal = parsed_principal(text)
    return principal.type, principal.id


def _required_permissions(
    case: Case, method: str, request: Message, accounts: Mapping[str, EndpointAccount]
) -> Sequence[RequiredPermission]:
    row: Classification = RPCS[method]
    if case.endpoint not in accounts:
        raise CaseError(f"{case.name}: the endpoint {case.endpoint!r} is not configured")
    if row.resource_type is ResourceType.OPERATIONS:
        return [RequiredPermission(action_of(method), case.operation_of, request, case.is_requester)]
    if row.resource_type in {ResourceType.SERVER, ResourceType.NONE}:
        return [RequiredPermission(action_of(method), None, request)]
    account = accounts[case.endpoint]
    needed = required_permissions(method, request, account)
    if not case.planned:
        if case.monthly_cost_increase is not None:
            raise CaseError(f"{case.name}: monthly_cost_increase: needs planned = true")
        return needed
    if action_of(method) not in PLANNED_RPCS or needed[0].table is None:
        raise CaseError(f"{case.name}: planned: plans do not call {case.rpc}")
    given = case.monthly_cost_increase
    return step_permissions(
        request, needed[0].table, account, None, None if given is None else Decimal(str(given))
    )


def _decide(case: Case, permission: RequiredPermission, decider: Decider, principal: Principal) -> Decision:
    about_server = RPCS[_method(case)].resource_type is ResourceType.SERVER
    peer = _peer(case)
    resource = Resource("" if about_server else case.endpoint, permission.table)
    now = case.now or datetime.now(UTC)
    request_context = RequestContext(
        lambda: permission.context(now, peer),
        is_requester=permission.is_requester,
        peer=peer,
    )
    decision = decider.decide(principal, permission.action, resource, request_context)
    if decision is not None:
        return decision
    live = None if case.items is None else {"items": case.items, "bytes": 0}
    facts = Facts(case.tags if case.items is not None or case.tags else None, live)
    return decider.decide_with(facts, principal, permission.action, resource, request_context)


def _peer(case: Case) -> str | None:
    if case.peer is None:
        return None
    peer = address_of(f"[{case.peer}]:0")
    if peer is None:
        raise CaseError(f"{case.name}: peer: {case.peer!r} is not an IP address")
    return peer


def _method(case: Case) -> str:
    for method in RPCS:
        if method == case.rpc or (method.startswith("tableadmin.") and method.endswith(f"/{case.rpc}")):
            return method
    raise CaseError(f"{case.name}: there is no RPC {case.rpc!r}")


def _request(case: Case, method: str) -> Message:
    service, _, rpc = method.partition("/")
    request = GetMessageClass(Default().FindServiceByName(service).methods_by_name[rpc].input_type)()
    try:
        return ParseDict(case.request, request)
    except ParseError as error:
        raise CaseError(f"{case.name}: request: {error}") from error
