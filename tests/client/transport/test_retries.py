"""What is tried again, and what never is."""

import time

import grpc
import pytest
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from tableadmin import Client, InvalidArgument, Unavailable, aio, v1
from tableadmin.channel import REPEATABLE, SERVICE, is_read
from tests.client.scripted import answer, bare_failure, failure, serving
from tests.measuring import least

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


def test_a_service_that_was_there_is_waited_for() -> None:
    """Once the service has answered, a read outlasts seven failures of the connection."""
    found = v1.DescribeTableResponse()
    with serving(answer(found), *[AWAY] * 7, answer(found)) as service, Client(service.target) as client:
        for _ in range(2):
            assert client.describe_table(table_name="Music") == found

    assert len(service.seen) == 9


async def test_the_asynchronous_client_waits_for_it_too() -> None:
    """`aio.Client` does the same, and so does a view of a client that was answered."""
    found = v1.ListTablesResponse()
    with serving(answer(found), *[AWAY] * 5, answer(found)) as service:
        async with aio.Client(service.target) as client:
            await client.list_tables()
            assert await client.with_options(timeout=60).list_tables() == found

    assert len(service.seen) == 7


def test_the_deadline_ends_the_tries() -> None:
    """Within its deadline a read is tried again and again; then the last Unavailable is raised."""
    found = v1.DescribeTableResponse()
    with serving(answer(found), AWAY) as service, Client(service.target) as client:
        client.describe_table()

        def seconds() -> float:
            began = time.monotonic()
            with pytest.raises(Unavailable):
                client.with_options(timeout=4).describe_table()
            return time.monotonic() - began

        assert least(seconds, 4) < 4
        assert len(service.seen) > 2


def unavailable(reason: str) -> Status:
    """The status of a server that is unavailable for this REASON."""
    status = Status(code=Code.UNAVAILABLE, message="no")
    status.details.add().Pack(ErrorInfo(reason=reason, domain="tableadmin"))
    return status


@pytest.mark.parametrize(
    "reason", ["ENDPOINT_UNREACHABLE", "ENDPOINT_ANSWER_UNREADABLE", "SERVICE_UNAVAILABLE"]
)
def test_an_endpoint_that_is_down_is_tried_by_the_server_alone(reason: str) -> None:
    """Where the server reports its endpoint, the client raises the error at once."""
    found = v1.DescribeTableResponse()
    down = failure(unavailable(reason))
    with serving(answer(found), down) as service, Client(service.target) as client:
        client.describe_table()
        with pytest.raises(Unavailable) as raised:
            client.describe_table()

    assert (reason, 2) == (raised.value.reason, len(service.seen))


def test_a_server_that_stops_is_not_the_last() -> None:
    """A read that a stopping server refuses is sent again, and another server answers."""
    found = v1.DescribeTableResponse()
    stops = failure(unavailable("SERVER_STOPPING"))
    with serving(answer(found), *[stops] * 5, answer(found)) as service, Client(service.target) as client:
        assert [found, found] == [client.describe_table() for _ in range(2)]

    assert len(service.seen) == 7


def test_a_bare_cancelled_is_a_lost_connection() -> None:
    """A CANCELLED that the caller did not ask for is tried again for reads, and Unavailable for writes."""
    cut = bare_failure(grpc.StatusCode.CANCELLED, "CANCELLED")
    found = v1.DescribeTableResponse()
    with serving(cut, answer(found), cut) as service, Client(service.target) as client:
        assert client.describe_table() == found
        with pytest.raises(Unavailable) as raised:
            client.create_table(table_name="Music")

    assert grpc.StatusCode.UNAVAILABLE is raised.value.code


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
    """Whatever is asked of plans and operations may be asked twice; a stream is begun anew instead."""
    tried = {
        "PlanService": ("ApplyPlan", "ValidateTables"),
        "OperationService": ("GetOperation", "ListOperations", "CancelOperation"),
    }
    for service, methods in tried.items():
        for method in methods:
            assert f"tableadmin.v1.{method}Request" in REPEATABLE, service
    for streamed in ("WatchOperation", "PlanTables", "ExportTables"):
        assert f"tableadmin.v1.{streamed}Request" not in REPEATABLE
