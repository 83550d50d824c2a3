"""Decisions: the example policies, what must never let anybody in, and that slices change nothing."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random

import cedarpy
import pytest
from google.protobuf.message import Message

from tableadmin.v1 import (
    CreateTableRequest,
    DeleteTableRequest,
    DescribeTableRequest,
    ExportTableToPointInTimeRequest,
    GlobalSecondaryIndex,
    ImportTableRequest,
    ListTablesRequest,
    ProvisionedThroughput,
    Tag,
    UpdateTableRequest,
)
from tableadmin_server.security.authorization.approvals import RequiredApproval
from tableadmin_server.security.authorization.classification import ACTIONS, RPCS, ResourceType, action_of
from tableadmin_server.security.authorization.context import address_of, context_of
from tableadmin_server.security.authorization.decisions import (
    Decider,
    Decision,
    Facts,
    FactsNeeded,
    Resource,
)
from tableadmin_server.security.authorization.policies import PolicyDocuments
from tableadmin_server.security.identity import Principal
from tests.server.security.authorization.policy_sets import (
    ANA,
    EXAMPLE,
    NOBODY,
    NOW,
    OPERATOR,
    SCHEMA,
    as_entities,
    decide,
    decider,
    request_context,
)

EXAMPLES = decider(EXAMPLE)
INVENTORY = Principal("Service", "mesh/spiffe://prod.example/ns/inventory/sa/api")
OWNER = Principal("User", "corp/jazz", frozenset({"corp/owners"}))
ALL = '@id("all") permit (principal, action, resource);'


def capacity(read: int, *of_indexes: int) -> CreateTableRequest:
    """A request for a table with READ capacity units, and those OF_INDEXES."""
    return CreateTableRequest(
        provisioned_throughput=ProvisionedThroughput(read_capacity_units=read),
        global_secondary_indexes=[
            GlobalSecondaryIndex(provisioned_throughput=ProvisionedThroughput(read_capacity_units=units))
            for units in of_indexes
        ],
        tags=[Tag(key="owner", value="jazz")],
    )


NEARBY = """@id("nearby") permit (principal, action in Action::"read", resource)
when { context has peer && context.peer.isInRange(ip("10.0.0.0/8")) };
@id("not-from-there") forbid (principal, action, resource)
when { context has peer && context.peer.isInRange(ip("fd00::/8")) };"""


@pytest.mark.parametrize(
    ("peer", "address", "allowed"),
    [
        ("10.1.2.3:50051", "10.1.2.3", True),
        ("[::ffff:10.1.2.3]:50051", "10.1.2.3", True),
        ("192.168.0.1:50051", "192.168.0.1", False),
        ("[fd00::1]:50051", "fd00::1", False),
        ("[fe80::1%eth0]:50051", "fe80::1", False),
        ("unix:", None, False),
        ("10.1.2.3.evil.example:1", None, False),
        ("", None, False),
    ],
)
def test_the_address_of_the_caller(peer: str, address: str | None, *, allowed: bool) -> None:
    """Policies see the IP address of the caller; a Unix socket has none, and then no range has it."""
    assert address == address_of(peer)
    decision = decide(decider(NEARBY), ANA, "DescribeTable", peer=address_of(peer))
    assert decision.allowed is allowed


def test_decisions_are_remembered_for_each_address() -> None:
    """A principal that is permitted at one address is not permitted by that at another one."""
    nearby, everywhere = decider(NEARBY), decider(ALL)
    assert (True, False) == (nearby.uses_peer, everywhere.uses_peer)
    for _ in range(2):
        for peer, allowed in (("10.1.2.3", True), ("192.168.0.1", False), (None, False)):
            assert allowed is decide(nearby, ANA, "DescribeTable", peer=peer).allowed


HOLIDAYS = datetime(2026, 12, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given_", "allowed"),
    [
        ({"principal": ANA, "action": "DescribeTable"}, True),
        ({"principal": ANA, "action": "DescribeTable", "table": "films"}, False),
        ({"principal": ANA, "action": "DeleteTable"}, True),
        ({"principal": ANA, "action": "DeleteTable", "endpoint": "production"}, False),
        ({"principal": ANA, "action": "UpdateTable", "endpoint": "production"}, True),
        ({"principal": ANA, "action": "PutResourcePolicy"}, False),
        ({"principal": ANA, "action": "ImportTable"}, False),
        ({"principal": ANA, "action": "ListTables", "table": None}, False),
        ({"principal": NOBODY, "action": "DescribeTable"}, False),
        ({"principal": INVENTORY, "action": "DescribeTable", "table": "films"}, True),
        ({"principal": INVENTORY, "action": "ListTables", "table": None}, True),
        ({"principal": INVENTORY, "action": "UpdateTable"}, False),
        ({"principal": OPERATOR, "action": "UpdateTable", "endpoint": "production", "now": HOLIDAYS}, False),
        ({"principal": OPERATOR, "action": "UpdateTable", "now": HOLIDAYS}, True),
        ({"principal": OPERATOR, "action": "DescribeTable", "endpoint": "production", "now": HOLIDAYS}, True),
    ],
)
def test_examples(given_: Mapping[str, object], allowed: bool) -> None:  # noqa: FBT001  # a row of the table
    """The example policies mean what their authors wrote."""
    assert decide(EXAMPLES, **given_).allowed is allowed  # type: ignore[arg-type]  # rows have different keys


@pytest.mark.parametrize(
    ("request_", "allowed"),
    [
        (capacity(1000), True),
        (capacity(1001), False),
        (capacity(600, 600), False),
        (capacity(2**63 - 1, 2**63 - 1), False),
        (capacity(1001, -(2**62)), False),
        (CreateTableRequest(), False),
    ],
)
def test_guardrails_of_a_creation(request_: Message, allowed: bool) -> None:  # noqa: FBT001  # of the table
    """Guardrails see the capacity of table and indexes together, and the tags that a request sets."""
    decision = decide(EXAMPLES, OPERATOR, "CreateTable", endpoint="production", subject=request_)
    assert decision.allowed is allowed


def test_exports_and_imports_stay_home() -> None:
    """A guardrail for destinations sees the bucket of an export and of an import."""
    for action, request in (
        ("ExportTableToPointInTime", ExportTableToPointInTimeRequest(s3_bucket="evil")),
        ("ImportTable", ImportTableRequest.FromString(b"\x12\x06\x12\x04evil")),
    ):
        decision = decide(EXAMPLES, OPERATOR, action, subject=request)
        assert not decision.allowed, action
        assert decision.policies == ("exports-stay-home",)
        assert decision.advice == ("Export to a bucket of ours.",)
    home = ExportTableToPointInTimeRequest(s3_bucket="acme-exports")
    assert decide(EXAMPLES, OPERATOR, "ExportTableToPointInTime", subject=home).allowed


def test_facts_of_the_table() -> None:
    """Policies see the tags and the number of items of the table; an absent table has neither."""
    request = DeleteTableRequest()
    full, empty = Facts(live={"items": 1, "bytes": 1}), Facts(live={"items": 0, "bytes": 0})
    for facts, allowed in ((full, False), (empty, True), (Facts(), True)):
        decision = decide(
            EXAMPLES, OPERATOR, "DeleteTable", endpoint="production", subject=request, facts=facts
        )
        assert decision.allowed is allowed
    for owner, allowed in (("jazz", True), ("rock", False)):
        facts = Facts(tags={"owner": owner})
        assert decide(EXAMPLES, OWNER, "DescribeTable", "x-1", facts=facts).allowed is allowed
    assert not decide(EXAMPLES, OWNER, "DescribeTable", "x-1").allowed


def test_facts_are_asked_for_only_where_they_decide() -> None:
    """A decision that no fact can change is made without reading the table."""
    request = request_context(DescribeTableRequest())
    table, other = Resource("staging", "music-a"), Resource("staging", "films")
    assert EXAMPLES.decide(ANA, "DescribeTable", table, request) == Decision(
        allowed=True, policies=("music-team-staging",)
    )
    assert EXAMPLES.decide(ANA, "DescribeTable", other, request) is None
    assert EXAMPLES.facts_needed(ANA, "DescribeTable", "staging") == FactsNeeded(tags=True, live=False)
    assert EXAMPLES.decide(OPERATOR, "DeleteTable", Resource("production", "music-a"), request) is None


def test_who_may_do_nothing_learns_nothing() -> None:
    """A denial names the policy that forbids only to those who would be permitted without it."""
    frozen = {"endpoint": "production", "now": HOLIDAYS}
    assert decide(EXAMPLES, OPERATOR, "UpdateTable", **frozen).policies == ("freeze",)  # type: ignore[arg-type]
    assert decide(EXAMPLES, NOBODY, "UpdateTable", **frozen) == Decision(allowed=False)  # type: ignore[arg-type]


def test_the_time_is_not_remembered() -> None:
    """A decision that depends on the time is made anew each time."""
    policies = decider(
        ALL, '@id("late") forbid (principal, action, resource) when { context.now > datetime("2026-07-01") };'
    )
    assert decide(policies, ANA, "DescribeTable").allowed
    assert not decide(policies, ANA, "DescribeTable", now=HOLIDAYS).allowed


def test_the_request_is_not_remembered() -> None:
    """A decision that depends on what the request holds is made for each request."""
    policies = decider(
        ALL, '@id("cap") forbid (principal, action, resource) when { context.readUnits > 10 };'
    )
    for _ in range(2):
        assert decide(policies, ANA, "CreateTable", subject=capacity(10)).allowed
        assert not decide(policies, ANA, "CreateTable", subject=capacity(11)).allowed


def test_principals_with_the_same_groups_are_told_apart() -> None:
    """What is remembered for one principal is not used for another one in the same groups."""
    policies = decider(
        '@id("x") permit (principal in Group::"corp/music", action, resource is Table)'
        " when { resource.name == principal.name };"
    )
    bo = Principal("User", "corp/bo", ANA.groups)
    for _ in range(2):
        assert decide(policies, ANA, "DescribeTable", "ana").allowed
        assert not decide(policies, bo, "DescribeTable", "ana").allowed
        assert not decide(policies, Principal("Service", ANA.id), "DescribeTable", "ana").allowed


class TestFailOpen:
    """What has let callers in elsewhere does not here."""

    def test_an_error_in_a_policy_denies(self) -> None:
        """A forbid whose sum overflows is an error in Cedar, and not a permission."""
        policies = decider(
            ALL,
            '@id("sum") forbid (principal, action, resource)'
            " when { context.readUnits + context.writeUnits > 10 };",
        )
        largest = ProvisionedThroughput(read_capacity_units=2**63 - 1, write_capacity_units=1)
        request = CreateTableRequest(provisioned_throughput=largest)
        assert not decide(policies, ANA, "CreateTable", subject=request).allowed

    def test_groups_of_actions_are_known(self) -> None:
        """A forbid for a group of actions forbids each action of the group."""
        policies = decider(ALL, '@id("no") forbid (principal, action in Action::"write", resource);')
        assert not decide(policies, ANA, "UpdateTable").allowed
        assert not decide(policies, ANA, "CreateTable").allowed
        assert decide(policies, ANA, "DescribeTable").allowed

    def test_groups_of_principals_are_known(self) -> None:
        """A forbid for a group of principals forbids whoever is in it, by scope and by condition."""
        for policy in (
            '@id("no") forbid (principal in Group::"corp/music", action, resource);',
            '@id("no") forbid (principal, action, resource) when { principal in Group::"corp/music" };',
        ):
            policies = decider(ALL, policy)
            assert not decide(policies, ANA, "DescribeTable").allowed
            assert decide(policies, NOBODY, "DescribeTable").allowed

    def test_endpoints_of_tables_are_known(self) -> None:
        """A forbid for an endpoint forbids each table of the endpoint."""
        policies = decider(ALL, '@id("no") forbid (principal, action, resource in Endpoint::"production");')
        assert not decide(policies, ANA, "DescribeTable", endpoint="production").allowed
        assert not decide(policies, ANA, "ListTables", None, endpoint="production").allowed
        assert decide(policies, ANA, "DescribeTable").allowed

    def test_unknown_actions_are_denied(self) -> None:
        """An action that policies cannot name is permitted to nobody whose permission names actions."""
        policies = decider('@id("x") permit (principal, action in Action::"read", resource);')
        assert not decide(policies, ANA, "FormatDisk").allowed

    @pytest.mark.parametrize("name", ["corp/\0", "corp/a\u202eb", 'corp/"x"', "corp/\ud800", "corp/\\", ""])
    def test_odd_principals(self, name: str) -> None:
        """No id of a principal makes anything but itself of the request."""
        policies = decider('@id("x") permit (principal == User::"corp/ana", action, resource);')
        assert not decide(policies, Principal("User", name), "DescribeTable").allowed


def test_actions_are_in_the_groups_of_the_schema() -> None:
    """The groups that decisions use for an action are those that the schema validates policies with."""
    from tableadmin_server.security.authorization.decisions import _action  # noqa: PLC0415  # what is compared

    for entity in json.loads(str(cedarpy.Entities.from_json_str("[]", SCHEMA))):
        if entity["uid"]["type"] == "Action" and entity["uid"]["id"] in ACTIONS:
            assert [entity] == list(_action(entity["uid"]["id"]))


PRINCIPALS = [
    ANA,
    OPERATOR,
    NOBODY,
    INVENTORY,
    OWNER,
    Principal("Service", "corp/ana", frozenset({"corp/music"})),
]
SCOPES = [
    "principal",
    'principal == User::"corp/ana"',
    'principal in User::"corp/ana"',
    'principal in Group::"corp/music"',
    'principal in Group::"corp/platform"',
    "principal is Service",
    'principal is User in Group::"corp/music"',
    'principal == Service::"corp/ana"',
]
ACTION_SCOPES = [
    "action",
    'action == Action::"DescribeTable"',
    'action in Action::"write"',
    'action in [Action::"read", Action::"DeleteTable"]',
    'action == Action::"CreateTable"',
    'action in Action::"list"',
]
RESOURCES = [
    "resource is Table",
    'resource is Table in Endpoint::"staging"',
    'resource == Table::"production/music-a"',
    'resource in Table::"staging/music-a"',
]
PEERS = [None, "10.1.2.3", "192.168.0.1", "fd00::1"]
# Scopes of policies for endpoints, and conditions that look at nothing of a table.
ENDPOINTS = [
    "resource",
    'resource in Endpoint::"staging"',
    'resource == Endpoint::"production"',
    "resource is Endpoint",
]
CONDITIONS = [
    "",
    "when { context.readUnits > 10 }",
    'when { context.now < datetime("2026-07-01") }',
    'when { principal in Group::"corp/owners" }',
    'when { context has tags && context.tags.hasTag("owner") }',
    "when { context.isRequester }",
    'when { context has peer && context.peer.isInRange(ip("10.0.0.0/8")) }',
    "unless { context has peer && context.peer.isIpv6() }",
]
OF_TABLES = [
    *CONDITIONS,
    'when { resource.name like "music-*" }',
    'when { resource.hasTag("owner") && resource.getTag("owner") == principal.name }',
    "unless { resource has live && resource.live.items > 0 }",
]
FACTS = [
    Facts(),
    Facts({"owner": "ana"}, {"items": 1, "bytes": 1}),
    Facts({"owner": "jazz"}, {"items": 0, "bytes": 0}),
]
REQUESTS: Sequence[tuple[str, Message]] = [
    ("DescribeTable", DescribeTableRequest()),
    ("CreateTable", capacity(11)),
    ("CreateTable", CreateTableRequest()),
    ("DeleteTable", DeleteTableRequest()),
    ("UpdateTable", UpdateTableRequest()),
    ("ListTables", ListTablesRequest()),
]


def random_policy(random: Random, number: int) -> str:
    """A policy of any kind; most permit."""
    if number == 0 and random.random() < 0.5:
        return '@id("p0") permit (principal, action, resource);'
    effect = random.choice(["permit", "permit", "permit", "permit", "permit", "forbid"])
    resources, conditions = random.choice(
        [(RESOURCES, OF_TABLES), (RESOURCES, OF_TABLES), (ENDPOINTS, CONDITIONS)]
    )
    scope = ", ".join(random.choice(each) for each in (SCOPES, ACTION_SCOPES, resources))
    return f'@id("p{number}") {effect} ({scope}) {random.choice(conditions)};'


def unvalidated(texts: Sequence[str]) -> Decider:
    """What decides by TEXTS, which are valid: validation takes most of the time."""
    document = json.loads(cedarpy.policies_to_json_str("\n".join(texts)))
    policies = document["staticPolicies"].values()
    return Decider(PolicyDocuments({each["annotations"]["id"]: each for each in policies}, ""))


@pytest.mark.parametrize("seed", range(20))
def test_slices_change_nothing(seed: int) -> None:
    """A decision by the policies that can apply is the decision that Cedar makes by all of them.

    Of 2,000 decisions a third or more are permissions.
    """
    random = Random(seed)
    allowed = 0
    for _ in range(20):
        texts = [random_policy(random, number) for number in range(random.randint(1, 12))]
        ours, theirs = unvalidated(texts), cedarpy.PolicySet.from_str("\n".join(texts))
        for _ in range(5):
            principal, endpoint = random.choice(PRINCIPALS), random.choice(["staging", "production"])
            action, request = random.choice(REQUESTS)
            facts, peer = random.choice(FACTS), random.choice(PEERS)
            context, referred = context_of(request, NOW, is_requester=False, peer=peer)
            table = None if action == "ListTables" else "music-a"
            resource = Resource(endpoint, table)
            whole = cedarpy.is_authorized(
                {
                    "principal": {"type": principal.type, "id": principal.id},
                    "action": {"type": "Action", "id": action},
                    "resource": resource.uid,
                    "context": context,
                },
                theirs,
                cedarpy.Entities.from_json_str(
                    json.dumps([*as_entities(principal, resource, facts), *referred]), SCHEMA
                ),
                SCHEMA,
            )
            for _ in range(2):  # made, and remembered
                decision = decide(ours, principal, action, table, endpoint, request, facts, peer=peer)
                assert decision.allowed is whole.allowed, (texts, principal, action, endpoint, facts)
            allowed += decision.allowed
    assert allowed >= 100 / 3


REQUIRED = RequiredApproval(policy="with", group="corp/platform")
WITH = '@id("with") @approval("corp/platform") permit (principal, action, resource);'


def test_approval() -> None:
    """What is permitted with approval is not allowed without."""
    decision = decide(decider(WITH), ANA, "DeleteTable")
    assert Decision(allowed=False, policies=("with",), required=(REQUIRED,)) == decision


def test_several_policies_with_approval() -> None:
    """A policy that permits without approval lifts it; otherwise all approvals are required."""
    two = '@id("two") @approval("corp/owners") @approvers("2") permit (principal, action, resource);'
    others = RequiredApproval(policy="two", group="corp/owners", approvers=2)
    assert (others, REQUIRED) == decide(decider(WITH, two), ANA, "DeleteTable").required
    assert decide(decider(WITH, two, ALL), ANA, "DeleteTable") == Decision(allowed=True, policies=("all",))


def test_forbidden_whatever_is_approved() -> None:
    """A policy that forbids takes precedence over approvals."""
    forbid = '@id("no") forbid (principal, action == Action::"DeleteTable", resource);'
    decision = decide(decider(WITH, forbid), ANA, "DeleteTable")
    assert Decision(allowed=False, policies=("no",)) == decision


OF_TAG = 'when { resource.hasTag("owner") }'


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        (
            f'@id("x") permit (principal, action, resource) {OF_TAG};',
            Decision(allowed=True, policies=("x",)),
        ),
        (
            f'@id("x") forbid (principal, action, resource) {OF_TAG};',
            Decision(allowed=False, policies=("x",)),
        ),
        (
            f'@id("x") @approval("corp/owners") permit (principal, action, resource) {OF_TAG};',
            Decision(
                allowed=False,
                policies=("with", "x"),
                required=(REQUIRED, RequiredApproval(policy="x", group="corp/owners")),
            ),
        ),
    ],
)
def test_approval_and_facts(policy: str, decision: Decision) -> None:
    """A policy that looks at the table can lift an approval, forbid, or require another approval."""
    tagged = Facts({"owner": "jazz"})
    assert decision == decide(decider(WITH, policy), ANA, "DeleteTable", facts=tagged)
    assert (REQUIRED,) == decide(decider(WITH, policy), ANA, "DeleteTable").required


@pytest.mark.parametrize(
    ("window", "within", "outside"),
    [
        ("context.hour >= 2 && context.hour < 4", datetime(2026, 6, 1, 3, tzinfo=UTC), NOW),
        ("context.weekday >= 6", datetime(2026, 6, 7, 3, tzinfo=UTC), NOW),
        (
            'context.now.toTime() >= duration("2h") && context.now.toTime() < duration("4h")',
            datetime(2026, 6, 1, 3, 59, 59, tzinfo=UTC),
            datetime(2026, 6, 1, 4, tzinfo=UTC),
        ),
    ],
)
def test_windows(window: str, within: datetime, outside: datetime) -> None:
    """Policies see the time in UTC, and a decision that depends on the time is not remembered."""
    policies = decider(f'@id("window") permit (principal, action, resource) when {{ {window} }};')
    for _ in range(2):
        for moment, allowed in ((within, True), (outside, False)):
            assert decide(policies, ANA, "UpdateTable", now=moment).allowed is allowed


def test_every_action_has_one_group() -> None:
    """No two RPCs with the same name are in different groups."""
    for method, row in RPCS.items():
        if row.group or row.resource_type is not ResourceType.NONE:
            assert ACTIONS[action_of(method)] == row.group, method


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("when { context.readUnits > 10 }", {"readUnits"}),
        ("when { context.readUnits > 10 && !context.isRequester }", {"readUnits", "isRequester"}),
        ('when { context has tags && context.tags.hasTag("owner") }', {"tags"}),
        ("when { context has changeClass }", set()),
        ('when { resource.name like "music-*" }', set()),
        ("when { (if context.isRequester then context else context).readUnits > 10 }", None),
    ],
)
def test_cedar_gets_the_used_members_of_the_context(
    condition: str, expected: set[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cedar parses the members that the policies use. All members would double the time of a decision."""
    policies = decider(f'@id("x") permit (principal, action == Action::"CreateTable", resource) {condition};')
    given_: list[set[str]] = []

    def is_authorized(
        request: dict[str, str], policies: cedarpy.PolicySet, entities: cedarpy.Entities
    ) -> cedarpy.AuthzResult:
        given_.append(set(json.loads(request["context"])))
        return answer(request, policies, entities)

    answer = cedarpy.is_authorized
    monkeypatch.setattr(cedarpy, "is_authorized", is_authorized)
    decision = decide(policies, ANA, "CreateTable", subject=capacity(11))
    assert decision.allowed is ("changeClass" not in condition)
    whole, _ = context_of(capacity(11), NOW, is_requester=False)
    assert [whole.keys() if expected is None else expected] == given_


@pytest.mark.parametrize(
    ("condition", "looks"),
    [
        ("when { context has monthlyCostIncrease }", True),
        ('when { context has monthlyCostIncrease && context.monthlyCostIncrease == decimal("1.0") }', True),
        ("when { context.hour > 3 }", False),
        ("", False),
    ],
)
def test_the_cost_of_plans_is_computed_if_policies_depend_on_it(condition: str, *, looks: bool) -> None:
    """Without a policy that looks at the cost of plans, no cost is computed."""
    assert looks is decider(f'@id("x") permit (principal, action, resource) {condition};').uses_cost
