"""Aliases of KMS keys, resolved for plans where KMS tells the key."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tableadmin import Client
from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.v1 import TablePlan, TableSpec
from tests.server.conftest import in_front_of
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, Seen, answer, error

KEY, OTHER = (f"arn:aws:kms:us-west-2:123456789012:key/{number}" for number in (1, 2))
MEMBERS: AwsDict = {
    "TableName": "Ledger",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
TABLE: AwsDict = {
    **MEMBERS,
    "TableStatus": "ACTIVE",
    "TableArn": "arn:aws:dynamodb:us-west-2:123456789012:table/Ledger",
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": KEY},
}
SPEC: AwsDict = {
    **MEMBERS,
    "BillingMode": "PAY_PER_REQUEST",
    "SSESpecification": {"Enabled": True, "KMSMasterKeyId": "alias/ledger"},
}


@contextmanager
def planning(
    endpoint: ScriptedEndpoint, told: Answer, *flags: str, live: AwsDict = TABLE, spec: AwsDict = SPEC
) -> Iterator[TablePlan]:
    """The plan for SPEC, a key by its alias, at LIVE, a table with KEY, where KMS answers TOLD."""

    def step(seen: Seen) -> Answer:
        if seen.operation == "DescribeKey":
            return told
        table = answer({"Table": live}) if seen.operation == "DescribeTable" else UNKNOWN
        return table(seen)

    endpoint.step = step
    with in_front_of(endpoint, *flags) as server, Client(server.address) as client:
        yield client.plan([from_aws(spec, TableSpec)]).plans[0]


UNKNOWN = error("UnknownOperationException")
NOBODY = Seen("", {}, b"")


def key(arn: str) -> Answer:
    """What KMS tells of the key ARN."""
    return answer({"KeyMetadata": {"KeyId": arn[-1], "Arn": arn}})(NOBODY)


@pytest.mark.parametrize(("arn", "changes"), [(KEY, []), (OTHER, ["SSESpecification"])])
def test_told(endpoint: ScriptedEndpoint, arn: str, changes: list[str]) -> None:
    """An alias is the key that KMS tells: the same key is no change, another one is a change."""
    with planning(endpoint, key(arn), "--kms-endpoint-url", endpoint.url) as plan:
        assert changes == [change.path for change in plan.changes]
        assert not any(each.uncertain for each in plan.warnings)


def test_not_allowed(endpoint: ScriptedEndpoint) -> None:
    """Where the role may not ask KMS, the plan is made all the same and says what it can't compare."""
    denied = error("AccessDeniedException")(NOBODY)
    with planning(endpoint, denied, "--kms-endpoint-url", endpoint.url) as plan:
        assert [] == list(plan.changes)
        assert ["SSESpecification.KMSMasterKeyId"] == [w.path for w in plan.warnings if w.uncertain]


def test_nobody_to_ask(endpoint: ScriptedEndpoint) -> None:
    """For an endpoint that is not AWS no KMS is asked, unless one is configured."""
    with planning(endpoint, key(KEY)) as plan:
        assert [True] == [each.uncertain for each in plan.warnings]
    assert "DescribeKey" not in [seen.operation for seen in endpoint.seen]


@pytest.mark.parametrize(("arn", "changes"), [(KEY, []), (OTHER, ["Replicas[eu-west-1]"])])
def test_replica(endpoint: ScriptedEndpoint, arn: str, changes: list[str]) -> None:
    """The alias of a replica's key is asked for in the region of the replica."""
    replica: AwsDict = {"RegionName": "eu-west-1", "KMSMasterKeyId": KEY, "ReplicaStatus": "ACTIVE"}
    stream: AwsDict = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    live: AwsDict = {**TABLE, "StreamSpecification": stream, "Replicas": [replica]}
    wanted: AwsDict = {"RegionName": "eu-west-1", "KMSMasterKeyId": "alias/ledger"}
    spec: AwsDict = {
        **SPEC,
        "SSESpecification": {"Enabled": True, "KMSMasterKeyId": KEY},
        "Replicas": [wanted],
    }
    flags = ("--kms-endpoint-url", endpoint.url)
    with planning(endpoint, key(arn), *flags, live=live, spec=spec) as plan:
        assert changes == [change.path for change in plan.changes]
        assert not any(each.uncertain for each in plan.warnings)
    (asked,) = [seen for seen in endpoint.seen if seen.operation == "DescribeKey"]
    assert "/eu-west-1/kms/" in asked.headers["Authorization"]
