"""PlanService through a real server, in front of the model and of real engines."""

import re
import time
from collections.abc import Callable, Iterator
from typing import cast

import grpc
import pytest
from google.protobuf.message import Message

from tableadmin import Client, v1
from tableadmin.awsshape import AwsDict, from_aws, to_aws
from tableadmin.v1.plan_service_pb2_grpc import PlanServiceStub
from tests.engines import Engine
from tests.planner.model.server import Served, serving
from tests.planner.model.table import Data
from tests.server_process import ServerProcess, running_server

_SECONDS = 60.0


@pytest.fixture(scope="module")
def model() -> Iterator[Served]:
    """The model, ten minutes a second."""
    with serving() as served:
        yield served


@pytest.fixture(scope="module")
def model_server(model: Served) -> Iterator[ServerProcess]:
    """A server in front of the model, which runs no operations: what it asks is for plans alone."""
    options = ("--endpoint-url", model.url, "--region", "us-west-2", "--operations-table", "")
    with running_server(*options, "--max-attempts", "1") as process:
        yield process


def spec(name: str, **members: object) -> Data:
    """A table like Music with an index, tags and time to live, and MEMBERS; None leaves one out."""
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    data = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": "Artist", "AttributeType": "S"},
            {"AttributeName": "Genre", "AttributeType": "S"},
        ],
        "ProvisionedThroughput": units,
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "GenreIndex",
                "KeySchema": [{"AttributeName": "Genre", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": units,
            }
        ],
        "Tags": [{"Key": "team", "Value": "music"}],
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "Expires"},
        **members,
    }
    return {member: value for member, value in data.items() if value is not None}


def planned(address: str, *specs: Data) -> list[v1.TablePlan]:
    """What PlanTables answers, in the order of SPECS."""
    with grpc.insecure_channel(address) as channel:
        request = v1.PlanTablesRequest(specs=[from_aws(each, v1.TableSpec) for each in specs])
        plans = {
            each.table_name: each.plan for each in PlanServiceStub(channel).PlanTables(request, timeout=60)
        }
    return [plans[str(each["TableName"])] for each in specs]


def applied(client: Client, address: str, wanted: Data) -> list[str]:
    """Take first steps until the plan is empty; what they were."""
    taken: list[str] = []
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        (plan,) = planned(address, wanted)
        assert not plan.refusal, plan.refusal
        if plan.waits:
            time.sleep(0.1)
        elif plan.steps:
            _send(client, plan.steps[0])
            taken.append(plan.steps[0].summary)
        else:
            return taken
    raise AssertionError(f"no end: {plan}")


def _send(client: Client, step: v1.PlannedStep) -> None:
    field = step.WhichOneof("call")
    assert field is not None
    call = cast("Callable[[Message], Message]", getattr(client, field))
    call(getattr(step, field))


def test_model(model: Served, model_server: ServerProcess) -> None:
    """Taking the first step of plan after plan makes and changes a table without one refused call."""
    everything = {
        "BillingMode": "PAY_PER_REQUEST",
        "ProvisionedThroughput": None,
        "GlobalSecondaryIndexes": None,
        "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "ContributorInsightsSpecification": {"Enabled": True},
        "ResourcePolicy": '{"Version": "2012-10-17", "Statement": []}',
        "Tags": [{"Key": "team", "Value": "films"}],
        "DeletionProtectionEnabled": True,
    }
    with Client(model_server.address) as client:
        assert ["create the table", "turn time to live on, by Expires"] == applied(
            client, model_server.address, spec("Music")
        )
        taken = applied(client, model_server.address, spec("Music", **everything))
    assert [
        "delete index GenreIndex",
        "switch to on-demand capacity, turn the stream on: NEW_IMAGE",
        "turn point-in-time recovery on",
        "turn Contributor Insights on",
        "set the resource policy",
        "set 1 tag",
        "turn deletion protection on",
    ] == taken
    assert [] == model.refused


def test_engines(engine: Engine, server: ServerProcess, client: Client, table_name: str) -> None:
    """What a plan makes of nothing plans empty afterwards; what the engine does not have is skipped."""
    wanted = spec(table_name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    if engine.name == "dynalite":  # it makes no index of a table that exists, and has no time to live
        wanted.pop("TimeToLiveSpecification")
    (before,) = planned(server.address, wanted)
    applied(client, server.address, wanted)
    (after,) = planned(server.address, wanted)
    client.delete_table(table_name=table_name)
    assert (v1.PlanAction.PLAN_ACTION_CREATE, v1.PlanAction.PLAN_ACTION_NONE) == (before.action, after.action)
    assert [] == [change for change in after.changes if not change.skipped]
    skipped = {re.sub(r"\[.*", "", change.path) for change in after.changes}
    assert SKIPPED[engine.name] == skipped
    assert skipped == {change.path for change in before.changes if change.skipped}


SKIPPED = {
    "ministack": set[str](),
    "dynamodb-local": {"PointInTimeRecoverySpecification", "Tags"},
    "dynalite": {"PointInTimeRecoverySpecification"},
}


def test_many(model_server: ServerProcess) -> None:
    """A plan for each spec, whose steps are request messages as TableAdmin takes them."""
    names = [f"Music-{number}" for number in range(20)]
    plans = planned(model_server.address, *map(spec, names))
    assert names == [plan.table_name for plan in plans]
    expected = {m: v for m, v in spec("Music-7").items() if m != "TimeToLiveSpecification"}
    assert expected == to_aws(plans[7].steps[0].create_table)


def test_invalid(model_server: ServerProcess) -> None:
    """Specs that can't be are INVALID_ARGUMENT, with every violation of all of them."""
    bad = spec("Mu", ProvisionedThroughput=None)
    double = spec("Music")
    with grpc.insecure_channel(model_server.address) as channel:
        specs = [from_aws(cast("AwsDict", each), v1.TableSpec) for each in (bad, double, double)]
        with pytest.raises(grpc.RpcError) as raised:
            list(PlanServiceStub(channel).PlanTables(v1.PlanTablesRequest(specs=specs), timeout=60))
        answer = PlanServiceStub(channel).ValidateTables(v1.ValidateTablesRequest(specs=specs), timeout=60)
    assert grpc.StatusCode.INVALID_ARGUMENT == cast("grpc.Call", raised.value).code()
    assert [
        ("Mu", "TableName", "must be 3 to 255 bytes long, and is 2"),
        ("Mu", "ProvisionedThroughput", "is required with BillingMode PROVISIONED"),
        ("Music", "TableName", "Music occurs more than once"),
    ] == [(each.table_name, each.path, each.description) for each in answer.violations]
    assert "and 2 more" in str(cast("grpc.Call", raised.value).details())


def test_billing_takes_no_more_calls(
    model: Served, model_server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan that says what the cost depends on reads of AWS what any plan reads."""
    asked: list[str] = []
    answered = model.control.call

    def noted(operation: str, params: Data) -> Data:
        asked.append(operation)
        return answered(operation, params)

    monkeypatch.setattr(model.control, "call", noted)
    bills, calls = [], []
    with Client(model_server.address) as client:
        specs = [from_aws(spec("Bill"), v1.TableSpec)]
        client.plan(specs)  # the first one also asks what the endpoint supports
        asked.clear()
        for include in (False, True):
            (plan,) = client.plan(specs, include_billing=include).plans
            bills.append(plan.HasField("billed_after"))
            calls.append(sorted(asked))
            asked.clear()
    assert bills == [False, True]
    assert calls[0] == calls[1]
    assert calls[0]
