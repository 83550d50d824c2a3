"""Spans of the calls to services beside DynamoDB."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tableadmin import Client
from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.v1 import TableSpec
from tableadmin_server.tracing import names
from tests.moto_cloudwatch import moto_cloudwatch
from tests.server.conftest import in_front_of, wait_for
from tests.server.dynamodb.client.test_kms import KEY, SPEC, TABLE
from tests.server.harness.scripted_endpoint import (
    REQUEST_ID,
    Answer,
    ScriptedEndpoint,
    Seen,
    answer,
    error,
    serving,
)
from tests.server.tracing.collector import FLAG, Collected, Collector, environment

PLAN, CONSUMED = (f"tableadmin.v1.PlanService/{each}" for each in ("PlanTables", "GetConsumedCapacity"))
ANSWERS = {
    "DescribeTable": answer({"Table": {**TABLE, "CreationDateTime": 1}}),
    "DescribeKey": answer({"KeyMetadata": {"KeyId": "1", "Arn": KEY}}),
}


def step(seen: Seen) -> Answer:
    """Answer as DynamoDB and KMS."""
    return ANSWERS.get(seen.operation, error("UnknownOperationException"))(seen)


@pytest.fixture(scope="module")
def behind() -> Iterator[ScriptedEndpoint]:
    """DynamoDB and KMS."""
    with serving() as endpoint:
        endpoint.step = step
        yield endpoint


@pytest.fixture(scope="module")
def client(behind: ScriptedEndpoint, collector: Collector) -> Iterator[Client]:
    """A client of a traced server with DynamoDB, KMS and CloudWatch."""
    with (
        moto_cloudwatch("us-west-2") as cloudwatch,
        in_front_of(
            behind,
            "--kms-endpoint-url",
            behind.url,
            "--cloudwatch-endpoint-url",
            cloudwatch.url,
            FLAG,
            env=environment(collector),
        ) as server,
        Client(server.address) as connected,
    ):
        yield connected


def called(collector: Collector, rpc: str, name: str, *, failed: bool = False) -> Collected:
    """The span of the call NAME that has FAILED or not, which is below a span of RPC."""
    wait_for(lambda: any(each.failed == failed for each in collector.found(name=name)))
    (call,) = [each for each in collector.found(name=name) if each.failed == failed]
    (served,) = collector.wait(id=call.parent)
    assert (rpc, served.trace, "CLIENT") == (served.name, call.trace, call.kind)
    return call


def test_kms(client: Client, collector: Collector) -> None:
    """The call to KMS that a plan needs is in the trace of the plan, with AWS's request id and no alias."""
    client.plan([from_aws(SPEC, TableSpec)])
    call = called(collector, PLAN, "KMS/DescribeKey")
    assert {
        names.SYSTEM: "aws-api",
        names.METHOD: "KMS/DescribeKey",
        names.ENDPOINT: "default",
        names.AWS_REQUEST_ID: REQUEST_ID,
        names.HTTP_STATUS: 200,
    } == call.attributes


def test_cloudwatch(client: Client, collector: Collector) -> None:
    """The call to CloudWatch that costs need is in the trace of the call of the client."""
    client.get_consumed_capacity(["Ledger"], window=timedelta(days=1))
    call = called(collector, CONSUMED, "CloudWatch/GetMetricData")
    assert 200 == call.attributes[names.HTTP_STATUS]


def test_an_error(client: Client, behind: ScriptedEndpoint, collector: Collector) -> None:
    """A call to KMS that fails has the code of the error."""
    behind.step = lambda seen: (
        error("NotFoundException")(seen) if seen.operation == "DescribeKey" else step(seen)
    )
    spec: AwsDict = {**SPEC, "SSESpecification": {"Enabled": True, "KMSMasterKeyId": "alias/other"}}
    client.plan([from_aws(spec, TableSpec)])
    behind.step = step
    call = called(collector, PLAN, "KMS/DescribeKey", failed=True)
    assert "NotFoundException" == call.attributes[names.ERROR_TYPE]
