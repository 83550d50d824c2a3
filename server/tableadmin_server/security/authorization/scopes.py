"""Analyses policies in Cedar's JSON: to whom they may apply, and what their conditions use. No I/O."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tableadmin_server.security.authorization.context import TIMES
from tableadmin_server.security.authorization.policies import Est
from tableadmin_server.security.identity import Principal

_RESOURCES = frozenset({"Table", "Endpoint", "Server"})


class UsedData(NamedTuple):
    """The data that the conditions of policies use."""

    # The members of the context, and whether the context is used as a whole, which means all members.
    members: frozenset[str]
    whole: bool
    tags: bool
    live: bool

    def member(self, name: str) -> bool:
        """Whether the conditions use the member NAME of the context."""
        return self.whole or name in self.members

    @property
    def context(self) -> bool:
        """Whether the conditions use the context."""
        return self.whole or bool(self.members)

    @property
    def time(self) -> bool:
        """Whether the conditions use the time of the call."""
        return any(map(self.member, TIMES))

    @property
    def facts(self) -> bool:
        """Whether the conditions use facts of a table."""
        return self.tags or self.live


def used_data(policies: Iterable[Est]) -> UsedData:
    """Return the data that the conditions of POLICIES use."""
    members: set[str] = set()
    whole = tags = live = False
    for policy in policies:
        nodes = list(_dicts(policy["conditions"]))
        attributes = [attribute for node in nodes for attribute in _context_attributes(node)]
        members.update(attributes)
        whole = whole or sum(node.get("Var") == "context" for node in nodes) != len(attributes)
        tags = tags or any(_is_tag_of_table(node) for node in nodes)
        live = live or any(_attribute(node) == "live" for node in nodes)
    return UsedData(frozenset(members), whole, tags, live)


def mentioned_principals(policies: Iterable[Est]) -> frozenset[tuple[str, str]]:
    """Return the principals and groups in the scopes of POLICIES, each with its type."""
    return frozenset(each for each in (_entity(policy["principal"]) for policy in policies) if each)


def applies(policy: Est, principal: Principal, actions: Collection[str], endpoint: str) -> bool:
    """Whether POLICY may apply to PRINCIPAL, ENDPOINT, and ACTIONS, which are an action and its groups.

    A scope of unknown form may apply to everything.
    """
    return (
        _has_principal(policy["principal"], principal)
        and _has_action(policy["action"], actions)
        and _has_endpoint(policy["resource"], endpoint)
    )


def _has_principal(scope: Mapping[str, Any], principal: Principal) -> bool:
    if scope["op"] == "is" and scope["entity_type"] != principal.type:
        return False
    entity = _entity(scope)
    if entity is None or entity == (principal.type, principal.id):
        return True
    return scope["op"] != "==" and entity[0] == "Group" and entity[1] in principal.groups


def _has_action(scope: Mapping[str, Any], actions: Collection[str]) -> bool:
    entities = scope.get("entities") or [scope[key] for key in ("entity",) if key in scope]
    return not entities or any(each["id"] in actions for each in entities)


def _has_endpoint(scope: Mapping[str, Any], endpoint: str) -> bool:
    entity = _entity(scope)
    if entity is None or entity[0] not in _RESOURCES:
        return True
    return (
        entity[0] != "Server" and entity[1].partition("/")[0] == endpoint
        if endpoint
        else entity[0] == "Server"
    )


def _entity(scope: Mapping[str, Any]) -> tuple[str, str] | None:
    entity = scope.get("entity") or scope.get("in", {}).get("entity")
    return (entity["type"], entity["id"]) if entity else None


_CONTEXT = {"Var": "context"}
_TAGS_OF_REQUEST = {".": {"left": _CONTEXT, "attr": "tags"}}


def _context_attributes(node: Mapping[str, Any]) -> Iterator[str]:
    for operator in (".", "has"):
        if operator in node and node[operator].get("left") == _CONTEXT:
            yield str(node[operator].get("attr"))


def _attribute(node: Mapping[str, Any]) -> str | None:
    for operator in (".", "has"):
        if operator in node:
            return str(node[operator].get("attr"))
    return None


def _is_tag_of_table(node: Mapping[str, Any]) -> bool:
    """Whether NODE uses a tag that may be a table's: any tag but those of `context.tags`."""
    return any(
        operator in node and node[operator]["left"] != _TAGS_OF_REQUEST for operator in ("hasTag", "getTag")
    )


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            yield each
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)
