"""Paginators and waiters of the drop-in, where no engine gets them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore import exceptions as boto
from google.protobuf.message import Message

from tableadmin import v1
from tableadmin.awsshape import AwsDict, from_aws
from tableadmin.boto3 import drop_in
from tests.client.scripted import ScriptedService, Step, answer, serving

PATIENCE = {"Delay": 0, "MaxAttempts": 3}


@contextmanager
def _served(*script: Step) -> Iterator[tuple[drop_in.Client, ScriptedService]]:
    """A client of a service that takes the steps of SCRIPT."""
    with serving(*script) as service, drop_in.client(service.target) as client:
        yield client, service


def _pitr(status: str) -> Step:
    described = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}}
    return answer(from_aws({"ContinuousBackupsDescription": described}, v1.DescribeContinuousBackupsResponse))


def _ttl(status: str) -> Step:
    described = {"TimeToLiveDescription": {"TimeToLiveStatus": status}}
    return answer(from_aws(described, v1.DescribeTimeToLiveResponse))


def _index(status: str, *, backfilling: bool = False) -> Step:
    index: AwsDict = {"IndexName": "Genre", "IndexStatus": status, "Backfilling": backfilling}
    other = {"IndexName": "Price", "IndexStatus": "ACTIVE"}
    return answer(from_aws({"Table": {"GlobalSecondaryIndexes": [other, index]}}, v1.DescribeTableResponse))


_NO_INDEX = answer(v1.DescribeTableResponse(table=v1.TableDescription(table_name="Music")))


@pytest.mark.parametrize(
    ("waiter", "params", "script"),
    [
        ("index_active", {"IndexName": "Genre"}, [_NO_INDEX, _index("CREATING")]),
        (
            "index_active",
            {"IndexName": "Genre"},
            [_index("ACTIVE", backfilling=True)],
        ),
        ("index_not_exists", {"IndexName": "Genre"}, [_index("DELETING")]),
        (
            "pitr_enabled",
            {},
            [_pitr("DISABLED")],
        ),
        (
            "time_to_live_settled",
            {},
            [_ttl("ENABLING"), _ttl("DISABLING")],
        ),
    ],
)
def test_what_is_not_yet_is_asked_again(waiter: str, params: dict[str, str], script: list[Step]) -> None:
    """While the condition does not hold the waiter asks on, up to MaxAttempts."""
    exceeded = pytest.raises(boto.WaiterError, match=r"failed: Max attempts exceeded$")
    with _served(*script) as (client, service), exceeded as caught:
        client.get_waiter(waiter).wait(TableName="Music", WaiterConfig=PATIENCE, **params)
    assert len(service.seen) == 3
    assert caught.value.last_response["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("waiter", "params", "last"),
    [
        ("index_active", {"IndexName": "Genre"}, _index("ACTIVE")),
        ("index_not_exists", {"IndexName": "Genre"}, _NO_INDEX),
        ("pitr_enabled", {}, _pitr("ENABLED")),
        ("time_to_live_settled", {}, _ttl("ENABLED")),
        ("time_to_live_settled", {}, _ttl("DISABLED")),
    ],
)
def test_what_has_come_ends_the_waiting(waiter: str, params: dict[str, str], last: Step) -> None:
    """The first answer for which the condition holds is the last one asked for."""
    with _served(last) as (client, service):
        client.get_waiter(waiter).wait(TableName="Music", **params)
    assert len(service.seen) == 1


def test_what_can_never_come_ends_the_waiting() -> None:
    """An index that is being deleted will not become active, so nobody waits for it."""
    with _served(_index("DELETING")) as (client, _), pytest.raises(boto.WaiterError) as caught:
        client.get_waiter("index_active").wait(TableName="Music", IndexName="Genre")
    assert str(caught.value) == (
        "Waiter IndexActive failed: Waiter encountered a terminal failure state: the index is being deleted"
    )


def test_a_waiter_needs_its_parameters(nowhere: drop_in.Client) -> None:
    """A missing parameter of the waiter's own is boto3's ParamValidationError."""
    with pytest.raises(boto.ParamValidationError, match='Missing required parameter in input: "IndexName"'):
        nowhere.get_waiter("index_active").wait(TableName="Music")


def test_waiters_have_names(nowhere: drop_in.Client) -> None:
    """`waiter_names` lists what `get_waiter` takes, and any other name is a ValueError, as in boto3."""
    names = [nowhere.get_waiter(name).name for name in nowhere.waiter_names]
    assert ["TableExists", "TableNotExists"] == [name for name in names if name.startswith("Table")]
    with pytest.raises(ValueError, match="Waiter does not exist: nothing"):
        nowhere.get_waiter("nothing")


def test_other_operations_have_no_pages(nowhere: drop_in.Client) -> None:
    """`can_paginate` says which operations list; the others are OperationNotPageableError, as in boto3."""
    assert nowhere.can_paginate("list_tables")
    assert not nowhere.can_paginate("describe_table")
    with pytest.raises(boto.OperationNotPageableError, match="cannot be paginated: describe_table"):
        nowhere.get_paginator("describe_table")
    with pytest.raises(KeyError):
        nowhere.can_paginate("nothing")


def test_pages_without_a_size(nowhere: drop_in.Client) -> None:
    """Where AWS alone decides how much a page holds, a PageSize is boto3's PaginationError."""
    with pytest.raises(boto.PaginationError, match="PageSize parameter is not supported"):
        nowhere.get_paginator("list_tags_of_resource").paginate(
            ResourceArn="arn", PaginationConfig={"PageSize": 3}
        )


_IMPORTS: list[Message] = [
    v1.ListImportsResponse(import_summary_list=[v1.ImportSummary(import_arn="1")], next_token="more"),
    v1.ListImportsResponse(import_summary_list=[v1.ImportSummary(import_arn="2")]),
]


def test_pages_that_boto3_lacks() -> None:
    """Listings without a paginator in boto3 have one here, and can be gone through twice."""
    with _served(*(answer(page) for page in _IMPORTS * 2)) as (client, service):
        pages = client.get_paginator("list_imports").paginate(PaginationConfig={"PageSize": 1})
        found = [item for _ in range(2) for page in pages for item in page["ImportSummaryList"]]
    assert found == [{"ImportArn": "1"}, {"ImportArn": "2"}] * 2
    requests: list[Any] = [seen.request for seen in service.seen]
    assert [(each.page_size, each.next_token) for each in requests] == [(1, ""), (1, "more")] * 2


def test_a_token_that_comes_again_is_an_error() -> None:
    """Pages that would never end are boto3's PaginationError."""
    twice = pytest.raises(boto.PaginationError, match="same next token was received twice")
    with _served(answer(_IMPORTS[0])) as (client, _), twice:
        list(client.get_paginator("list_imports").paginate())
