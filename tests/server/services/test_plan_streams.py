"""The streams of PlanService, in front of an endpoint that answers as it is told."""

import json
import threading
import time

import pytest
from google.rpc.code_pb2 import Code

from tableadmin import Client, InvalidArgument, NotFound, v1
from tableadmin.awsshape import from_aws
from tests.server.harness.scripted_endpoint import Answer, Held, ScriptedEndpoint, Seen, answer, error

ARN = "arn:aws:dynamodb:us-west-2:123456789012:table/"
KEY = {
    "AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
}
MISSING = error("ResourceNotFoundException")
DENIED = error("AccessDeniedException", "not for you")


def spec(name: str) -> v1.TableSpec:
    """A table that is not there yet."""
    return from_aws({"TableName": name, **KEY, "BillingMode": "PAY_PER_REQUEST"}, v1.TableSpec)


def table(seen: Seen) -> str:
    """The table that SEEN names; "" where it names none."""
    params = json.loads(seen.body)
    return str(params.get("TableName") or params.get("ResourceArn", "").rpartition("/")[2])


def test_each_table_has_its_own_failure(endpoint: ScriptedEndpoint, scripted_client: Client) -> None:
    """A table that may not be read has an error of its own, and the others have plans."""
    endpoint.step = lambda seen: (DENIED if table(seen) == "Denied" else MISSING)(seen)
    results = {each.table_name: each for each in scripted_client.plan_tables(map(spec, ["Denied", "Music"]))}
    denied = results["Denied"].error
    assert (Code.PERMISSION_DENIED, "ACCESS_DENIED_EXCEPTION", "AccessDeniedException") == (
        denied.code,
        denied.reason,
        denied.aws_error_code,
    )
    assert ["create the table"] == [step.summary for step in results["Music"].plan.steps]


def test_plans_come_as_they_are_ready(
    endpoint: ScriptedEndpoint, scripted_client: Client, held: Held
) -> None:
    """A plan is sent while the read of another table is not answered yet, with how far the stream is."""
    endpoint.step = lambda seen: (held if table(seen) == "Slow" else MISSING)(seen)
    with scripted_client.plan_tables(map(spec, ["Slow", "Music", "Films"])) as results:
        first, second = next(results), next(results)
        assert {"Music", "Films"} == {first.table_name, second.table_name}
        assert [(1, 3), (2, 3)] == [(each.completed_tables, each.total_tables) for each in (first, second)]


def test_many_tables_are_read_a_few_at_a_time(endpoint: ScriptedEndpoint, scripted_client: Client) -> None:
    """However many tables are planned, 16 at most are being read at once."""
    under_way, most = 0, 0
    counting, together = threading.Lock(), threading.Event()

    def counted(seen: Seen) -> Answer:
        nonlocal under_way, most
        with counting:
            under_way += 1
            most = max(most, under_way)
            if under_way > 1:
                together.set()
        together.wait(60)
        time.sleep(0.01)
        with counting:
            under_way -= 1
        return MISSING(seen)

    endpoint.step = counted
    plans = scripted_client.plan(spec(f"Music-{number}") for number in range(60)).plans
    assert 60 == len(plans)
    assert 1 < most <= 16


def test_invalid_specs_end_the_stream(endpoint: ScriptedEndpoint, scripted_client: Client) -> None:
    """An invalid spec is INVALID_ARGUMENT before any table is read."""
    with pytest.raises(InvalidArgument):
        scripted_client.plan([spec("Mu"), spec("Music")])
    assert [] == endpoint.seen


def existing(seen: Seen) -> Answer:
    """The tables Music, Films and Denied, without parts."""
    name = table(seen)
    if seen.operation == "ListTables":
        return answer({"TableNames": ["Denied", "Films", "Music"]})(seen)
    if name == "Denied":
        return DENIED(seen)
    if name not in ("Films", "Music"):
        return MISSING(seen)
    return {
        "DescribeTable": answer(
            {"Table": {"TableName": name, "TableArn": ARN + name, "TableStatus": "ACTIVE", **KEY}}
        ),
        "ListTagsOfResource": answer({"Tags": [{"Key": "of", "Value": name}]}),
    }.get(seen.operation, error("UnknownOperationException"))(seen)


def test_exports(endpoint: ScriptedEndpoint, scripted_client: Client) -> None:
    """By name, by prefix or all: a spec for each table, or its own error, and notes of what is left out."""
    endpoint.step = existing
    exports = scripted_client.export(table_names=["Music", "Films", "Music"])
    assert [("Music", "Music"), ("Films", "Films")] == [
        (each.table_name, each.tags[0].value) for each in exports.specs
    ]
    assert "table Music: time to live left out: the endpoint does not support it" in exports.notes
    assert ["Music"] == [each.table_name for each in scripted_client.export(prefix="M").specs]
    results = {each.table_name: each for each in scripted_client.export_tables(all_tables=True)}
    assert ["Denied"] == [name for name, each in results.items() if each.HasField("error")]
    assert {"Denied", "Films", "Music"} == results.keys()
    with pytest.raises(NotFound):
        scripted_client.export(table_names=["Nowhere"])


@pytest.mark.parametrize("selection", [{}, {"table_names": ["A"], "all_tables": True}])
def test_one_selection(scripted_client: Client, selection: dict[str, object]) -> None:
    """An export has one of the three ways to select tables."""
    with pytest.raises(InvalidArgument):
        scripted_client.export(**selection)  # type: ignore[arg-type]  # each its own type
