"""What is tried again, and what never is."""

import json

import grpc
import pytest

from tableadmin import Client, InvalidArgument, Unavailable, aio, v1
from tableadmin.channel import SERVICE, is_read, service_config
from tests.client.scripted import answer, bare_failure, serving

AWAY = bare_failure(grpc.StatusCode.UNAVAILABLE, "back in a moment")


def test_what_has_no_side_effects_is_tried_again() -> None:
    """DescribeTable succeeds when the service is unavailable twice and then answers."""
    found = v1.DescribeTableResponse()
    with serving(AWAY, AWAY, answer(found)) as service, Client(service.target) as client:
        assert client.describe_table(table_name="Music") == found

    assert [seen.rpc for seen in service.seen] == ["DescribeTable"] * 3


async def test_the_asynchronous_client_tries_again_too() -> None:
    """`aio.Client` has the same retries."""
    found = v1.ListTablesResponse()
    with serving(AWAY, answer(found)) as service:
        async with aio.Client(service.target) as client:
            assert await client.list_tables() == found

    assert len(service.seen) == 2


def test_what_has_side_effects_is_tried_once() -> None:
    """CreateTable is sent once: whether it was done is for the caller to find out."""
    with serving(AWAY) as service, Client(service.target) as client, pytest.raises(Unavailable):
        client.create_table(table_name="Music")

    assert len(service.seen) == 1


def test_it_gives_up_after_four_times() -> None:
    """The fourth UNAVAILABLE reaches the caller."""
    with serving(AWAY) as service, Client(service.target) as client, pytest.raises(Unavailable):
        client.describe_table()

    assert len(service.seen) == 4


def test_other_errors_are_final() -> None:
    """An error that another try can't change is raised at once."""
    refused = bare_failure(grpc.StatusCode.INVALID_ARGUMENT, "no")
    with serving(refused) as service, Client(service.target) as client, pytest.raises(InvalidArgument):
        client.describe_table()

    assert len(service.seen) == 1


def test_reads_are_what_the_contract_says() -> None:
    """Exactly the RPCs that describe, list or get something have no side effects."""
    reads = {method.name for method in SERVICE.methods if is_read(method)}

    assert {rpc for rpc in SERVICE.methods_by_name if rpc.startswith(("Describe", "List", "Get"))} == reads


def test_plans_and_operations_are_tried_again() -> None:
    """Whatever is asked of plans and operations may be asked twice; what is watched is begun anew instead."""
    config = json.dumps(service_config())
    tried = {
        "PlanService": ("PlanTables", "ApplyPlan", "ValidateTables"),
        "OperationService": ("GetOperation", "ListOperations", "CancelOperation"),
    }
    for service, methods in tried.items():
        for method in methods:
            assert json.dumps({"service": f"tableadmin.v1.{service}", "method": method}) in config
    assert "WatchOperation" not in config
