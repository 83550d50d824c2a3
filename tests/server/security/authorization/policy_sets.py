"""Policies, principals and decisions that the tests of authorization share."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import cedarpy
from google.protobuf.message import Message

from tableadmin.v1 import DescribeTableRequest
from tableadmin_server.security.authorization.authorizer import compile_texts
from tableadmin_server.security.authorization.context import context_of, is_plain
from tableadmin_server.security.authorization.decisions import (
    Decider,
    Decision,
    Facts,
    RequestContext,
    Resource,
)
from tableadmin_server.security.authorization.policies import Configured
from tableadmin_server.security.authorization.resources import EndpointAccount
from tableadmin_server.security.authorization.schema import schema_of
from tableadmin_server.security.identity import Principal

ENDPOINTS = ("staging", "production")
CONFIGURED = Configured(ENDPOINTS, ("corp", "mesh"))
SCHEMA = cedarpy.Schema.from_str(schema_of(ENDPOINTS))
ACCOUNT = EndpointAccount("staging", "eu-central-1", "111122223333")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EXAMPLE = (Path(__file__).parent / "example.cedar").read_text()

ANA = Principal("User", "corp/ana", frozenset({"corp/music"}))
OPERATOR = Principal("User", "corp/olga", frozenset({"corp/platform"}))
NOBODY = Principal("User", "corp/nobody")


def decider(*policies: str) -> Decider:
    """What decides by POLICIES, in Cedar's syntax."""
    return compile_texts({"policies.cedar": "\n".join(policies)}, CONFIGURED)


def request_context(
    subject: Message, *, now: datetime = NOW, is_requester: bool = False, peer: str | None = None
) -> RequestContext:
    """Of a request whose part about the table is SUBJECT, from the address PEER."""
    return RequestContext(
        lambda: context_of(subject, now, is_requester=is_requester, peer=peer),
        is_plain=is_plain(subject.DESCRIPTOR),
        is_requester=is_requester,
        peer=peer,
    )


def decide(  # noqa: PLR0913, PLR0917  # all that a decision depends on
    policies: Decider,
    principal: Principal,
    action: str,
    table: str | None = "music-a",
    endpoint: str = "staging",
    subject: Message | None = None,
    facts: Facts | None = None,
    now: datetime = NOW,
    peer: str | None = None,
) -> Decision:
    """The decision, with FACTS if it needs any."""
    resource = Resource(endpoint, table)
    given = request_context(DescribeTableRequest() if subject is None else subject, now=now, peer=peer)
    decision = policies.decide(principal, action, resource, given)
    return decision or policies.decide_with(facts or Facts(), principal, action, resource, given)


def as_entities(principal: Principal, resource: Resource, facts: Facts) -> Sequence[Mapping[str, object]]:
    """The entities of a decision, put together without the code under test."""
    if resource.table is None:
        return [_entity_of(principal)]
    attributes = {
        "name": resource.table,
        "isOperationsTable": False,
        **({"live": facts.live} if facts.live else {}),
    }
    return [
        _entity_of(principal),
        {
            "uid": {"type": "Table", "id": f"{resource.endpoint}/{resource.table}"},
            "attrs": attributes,
            "tags": facts.tags or {},
            "parents": [{"type": "Endpoint", "id": resource.endpoint}],
        },
    ]


def _entity_of(principal: Principal) -> Mapping[str, object]:
    return {
        "uid": {"type": principal.type, "id": principal.id},
        "attrs": {"name": principal.id.split("/", 1)[1]},
        "parents": [{"type": "Group", "id": group} for group in principal.groups],
    }
