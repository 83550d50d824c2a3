"""What bad requests end in, on each engine: the right code, reason and field, and nothing else happens."""

from typing import TYPE_CHECKING, cast

import pytest

from tableadmin import Client, FailedPrecondition, TableAdminError
from tableadmin.awsshape import AwsDict, AwsValue
from tests.engines import ENGINES, Engine
from tests.lifecycle.bad_requests import BAD_REQUESTS, NAME, BadRequest
from tests.lifecycle.tables import described, index, index_creation, index_names, send, settled, table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Of the second index that is asked for while the first is built.
ACCEPTED_BY = {
    "ministack": "its indexes are built at once",
    "dynalite": "it takes no notice of new indexes",
}


def of(name: str, request: AwsDict) -> AwsDict:
    """The request with NAME for the name of the test's own table."""
    return {**request, **({"TableName": name} if request["TableName"] == NAME else {})}


def seen(client: "DynamoDBClient", *names: str) -> dict[str, AwsValue]:
    """Each of these tables that boto3 finds at an engine, as it describes it."""
    there = [name for page in client.get_paginator("list_tables").paginate() for name in page["TableNames"]]
    return {
        name: cast("AwsDict", client.describe_table(TableName=name)["Table"])
        for name in there
        if name in names or name.startswith(names[0])
    }


@pytest.mark.parametrize("bad", BAD_REQUESTS, ids=lambda bad: bad.id)
def test_bad_request(
    client: Client, engine: Engine, direct: "DynamoDBClient", table_name: str, bad: BadRequest
) -> None:
    """It is refused as the table says, and the tables are the same before and after."""
    if bad.exists:
        send(client, "CreateTable", of(table_name, bad.exists))
        settled(client, table_name)
    request = of(table_name, bad.request)
    if engine.name in bad.accepted_by:
        send(client, bad.operation, request)  # or the reason there is out of date
        return
    touched = (table_name, cast("str", request["TableName"]))
    before = seen(direct, *touched)
    with pytest.raises(TableAdminError) as raised:
        send(client, bad.operation, request)
    after = seen(direct, *touched)
    error = raised.value
    assert (bad.code, bad.reason) == (error.code, error.reason), error
    assert [bad.field] * bool(bad.field) == [each.field for each in error.field_violations], error
    assert [bad.precondition] * bool(bad.precondition) == [
        each.type for each in error.precondition_violations
    ], error
    assert ("dynamodb.amazonaws.com/Table", request["TableName"]) == error.resource
    assert "\n" not in str(error)
    assert before == after


@pytest.mark.parametrize("bad", BAD_REQUESTS, ids=lambda bad: bad.id)
def test_each_is_refused_somewhere(bad: BadRequest) -> None:
    """At least one engine refuses each bad request, and no other engine is named."""
    assert bad.accepted_by.keys() < ENGINES.keys()


def test_second_index_while_one_is_built(client: Client, engine: Engine, table_name: str) -> None:
    """It is FAILED_PRECONDITION with a delay, and the indexes are those that were there and the first."""
    send(client, "CreateTable", table(table_name))
    settled(client, table_name)
    asked: list[str] = []
    refused: FailedPrecondition | None = None
    # An engine may have built the first before the second is asked for: then the third will be refused.
    while refused is None and len(asked) < 5:
        try:
            send(client, "UpdateTable", index_creation(table_name, index(f"Index{len(asked)}")))
        except FailedPrecondition as error:
            refused = error
        else:
            asked.append(f"Index{len(asked)}")
    if engine.name in ACCEPTED_BY:
        assert refused is None
        return
    assert refused is not None
    assert "LIMIT_EXCEEDED_EXCEPTION" == refused.reason
    assert ["NO_JOB_UNDER_WAY"] == [each.type for each in refused.precondition_violations]
    assert 5.0 == refused.retry_delay
    assert ("dynamodb.amazonaws.com/Table", table_name) == refused.resource
    assert set(asked) == index_names(described(client, table_name))
    assert set(asked) == index_names(settled(client, table_name))
