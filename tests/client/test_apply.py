"""Applying and following operations: both clients, over a real channel."""

import asyncio
from contextlib import aclosing
from uuid import UUID

import grpc
import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from tableadmin import Aborted, Client, DeadlineExceeded, NotFound, OperationFailed, Unavailable, aio, v1
from tests.client.scripted import ScriptedService, answer, bare_failure, failure, serving, silence, stream
from tests.watching.harness.wire import until

RUNNING = v1.OperationState.OPERATION_STATE_RUNNING
SUCCEEDED = v1.OperationState.OPERATION_STATE_SUCCEEDED
CANCELLED = v1.OperationState.OPERATION_STATE_CANCELLED

AWAY = bare_failure(grpc.StatusCode.UNAVAILABLE, "back in a moment")
NOBODY = failure(Status(code=Code.NOT_FOUND, message="there is no operation music"))
SPECS = [v1.TableSpec(table_name="Music"), v1.TableSpec(table_name="Films")]
LIFE = v1.WatchOperationResponse()
SECONDS = 600.0


def operation(name: str, state: v1.OperationState.ValueType = RUNNING) -> v1.Operation:
    """The operation of the table NAME; its id is the name in small letters."""
    return v1.Operation(operation_id=name.lower(), table_name=name, state=state)


def seen(name: str, state: v1.OperationState.ValueType = RUNNING) -> v1.WatchOperationResponse:
    """What a watch tells of it."""
    return v1.WatchOperationResponse(operation=operation(name, state))


BEGUN = answer(v1.ApplyPlanResponse(operations=[operation("Music"), operation("Films")]))
ENDED = stream(seen("Music", SUCCEEDED), seen("Films", SUCCEEDED))
ENDS = [operation("Music", SUCCEEDED), operation("Films", SUCCEEDED)]
# A server that goes after it has told of one end, and is followed by another.
LOST = stream(seen("Films"), LIFE, seen("Music", SUCCEEDED), then=AWAY)
RESUMED = stream(seen("Films"), seen("Films", SUCCEEDED))


def rpcs(service: ScriptedService) -> list[str]:
    """The RPCs that came in."""
    return [each.rpc for each in service.seen]


def watched(service: ScriptedService) -> list[list[str]]:
    """The ids of each call of WatchOperation."""
    requests = [each.request for each in service.seen]
    return [list(each.operation_ids) for each in requests if isinstance(each, v1.WatchOperationRequest)]


def cancelled(service: ScriptedService) -> list[str]:
    """The ids that were asked to stop."""
    requests = [each.request for each in service.seen]
    return [each.operation_id for each in requests if isinstance(each, v1.CancelOperationRequest)]


def test_what_is_asked_for() -> None:
    """The request has the specs and what is allowed; the operations are those of the answer, in order."""
    with serving(BEGUN) as service, Client(service.target, endpoint="staging") as client:
        operations = client.apply(
            iter(SPECS),
            fingerprints={"Music": "f"},
            allow_destructive=True,
            request_id="mine",
            requested_by="ann",
        )
        assert [operation("Music"), operation("Films")] == operations.latest
        assert ["music", "films"] == operations.ids
    expected = v1.ApplyPlanRequest(
        specs=SPECS,
        fingerprints={"Music": "f"},
        allow_destructive=True,
        allow_replacement=False,
        request_id="mine",
        requested_by="ann",
    )
    assert [expected] == [each.request for each in service.seen]
    assert ["staging"] == [each.metadata.get("tableadmin-endpoint") for each in service.seen]


async def test_each_request_has_an_id_of_its_own() -> None:
    """By default the id is a new UUID, which a lost answer does not change: the tries are one request."""
    with serving(AWAY, AWAY, BEGUN, BEGUN, AWAY, BEGUN) as service:
        with Client(service.target) as client:
            client.apply(SPECS)
            client.apply(SPECS)
        async with aio.Client(service.target) as aio_client:
            await aio_client.apply(SPECS)
    requests = [each.request for each in service.seen]
    ids = [UUID(each.request_id) for each in requests if isinstance(each, v1.ApplyPlanRequest)]
    assert [3, 1, 2] == [ids.count(each) for each in dict.fromkeys(ids)]


def test_what_stands_against_it_is_raised() -> None:
    """A table that has moved on is Aborted, at once."""
    moved = failure(Status(code=Code.ABORTED, message="Music has moved on"))
    with serving(moved) as service, Client(service.target) as client, pytest.raises(Aborted, match="moved"):
        client.apply(SPECS)
    assert ["ApplyPlan"] == rpcs(service)


def test_following() -> None:
    """Iterating tells what has changed and no signs of life, goes on after a loss, and ends with the last."""
    with serving(BEGUN, LOST, RESUMED) as service, Client(service.target) as client:
        operations = client.apply(SPECS)
        told = [(each.table_name, each.state) for each in operations]
        assert ENDS == operations.latest
    assert [("Films", RUNNING), ("Music", SUCCEEDED), ("Films", SUCCEEDED)] == told
    assert [["music", "films"], ["films"]] == watched(service)
    assert [None, None] == [each.remaining for each in service.seen[1:]]


async def test_following_with_the_asynchronous_client() -> None:
    """`async for` does the same."""
    with serving(BEGUN, LOST, RESUMED) as service:
        async with aio.Client(service.target) as client:
            operations = await client.apply(SPECS)
            told = [(each.table_name, each.state) async for each in operations]
            assert ENDS == operations.latest
            assert ["music", "films"] == operations.ids
    assert [("Films", RUNNING), ("Music", SUCCEEDED), ("Films", SUCCEEDED)] == told
    assert [["music", "films"], ["films"]] == watched(service)


async def test_leaving_cancels_nothing() -> None:
    """An iteration may be left and begun again, and tells all anew; no operation is asked to stop."""
    with (
        serving(
            stream(seen("Music"), then=silence), stream(seen("Music"), seen("Music", SUCCEEDED))
        ) as service,
        Client(service.target) as client,
    ):
        operations = client.operations(["music"])
        assert [v1.Operation(operation_id="music")] == operations.latest
        for each in operations:
            assert RUNNING == each.state
            break
        assert [operation("Music")] == operations.latest
        assert [RUNNING, SUCCEEDED] == [each.state for each in operations]
    assert ["WatchOperation"] * 2 == rpcs(service)


async def test_leaving_the_asynchronous_iteration_cancels_nothing() -> None:
    """Neither does closing the asynchronous generator; the call of the service ends."""
    with serving(stream(seen("Music"), then=silence)) as service:
        async with aio.Client(service.target) as client:
            operations = client.operations(["music"])
            async with aclosing(aiter(operations)) as told:
                assert operation("Music") == await anext(told)
            assert [operation("Music")] == operations.latest
    assert ["WatchOperation"] == rpcs(service)


async def test_the_result() -> None:
    """`result` gives the operations when all have succeeded, and then asks no more."""
    with serving(BEGUN, LOST, RESUMED, BEGUN, LOST, RESUMED) as service:
        with Client(service.target) as client:
            operations = client.apply(SPECS)
            assert ENDS == operations.result()
            assert ENDS == operations.result(timeout=0)
        async with aio.Client(service.target) as aio_client:
            applied = await aio_client.apply(SPECS)
            assert ENDS == await applied.result(timeout=SECONDS)
            assert ENDS == await applied.result()
    assert ["ApplyPlan", "WatchOperation", "WatchOperation"] * 2 == rpcs(service)
    assert pytest.approx(SECONDS, rel=0.1) == service.seen[-1].remaining


async def test_the_result_of_a_failure() -> None:
    """When one has ended otherwise, `result` waits for the others and raises OperationFailed."""
    failed = stream(seen("Music", CANCELLED), seen("Films"), seen("Films", SUCCEEDED))
    with serving(BEGUN, failed, BEGUN, failed) as service:
        with Client(service.target) as client, pytest.raises(OperationFailed) as caught:
            client.apply(SPECS).result()
        async with aio.Client(service.target) as aio_client:
            with pytest.raises(OperationFailed, match="Music: the operation was cancelled"):
                await (await aio_client.apply(SPECS)).result()
    assert (operation("Music", CANCELLED), operation("Films", SUCCEEDED)) == caught.value.operations
    assert (operation("Music", CANCELLED),) == caught.value.failed
    assert grpc.StatusCode.CANCELLED == caught.value.code


async def test_a_result_that_takes_too_long() -> None:
    """After the timeout it is DeadlineExceeded, which says what goes on; nothing is asked to stop."""
    slow = stream(seen("Music", SUCCEEDED), seen("Films"), then=silence)
    with serving(BEGUN, slow, BEGUN, slow) as service:
        with Client(service.target) as client:
            operations = client.apply(SPECS)
            with pytest.raises(DeadlineExceeded, match="the operations continue: Films: running"):
                operations.result(timeout=3)
            assert [operation("Music", SUCCEEDED), operation("Films")] == operations.latest
        async with aio.Client(service.target) as aio_client:
            applied = await aio_client.apply(SPECS)
            with pytest.raises(DeadlineExceeded, match="the operations continue: Films: running"):
                await applied.result(timeout=3)
    assert ["ApplyPlan", "WatchOperation"] * 2 == rpcs(service)


async def test_a_task_that_waits_can_be_cancelled() -> None:
    """Cancelling the task of a result is asyncio's own CancelledError."""
    with serving(stream(seen("Music"), then=silence)) as service:
        async with aio.Client(service.target) as client:
            waiting = asyncio.ensure_future(client.operations(["music"]).result())
            await until(lambda: service.seen)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
    assert ["WatchOperation"] == rpcs(service)


async def test_what_is_not_there() -> None:
    """An id that names no operation ends the iteration and the result with NotFound."""
    with serving(NOBODY) as service:
        with Client(service.target) as client:
            with pytest.raises(NotFound, match="there is no operation music"):
                list(client.operations(["music"]))
            with pytest.raises(NotFound):
                client.get_operation("music")
        async with aio.Client(service.target) as aio_client:
            with pytest.raises(NotFound):
                await aio_client.operations(["music"]).result()
    assert ["WatchOperation", "GetOperation", "WatchOperation"] == rpcs(service)


def test_nobody_answers() -> None:
    """Where the service has never told of the operations, the fourth failure is raised."""
    with serving(AWAY) as service, Client(service.target) as client, pytest.raises(Unavailable):
        client.operations(["music"]).result()
    assert ["WatchOperation"] * 4 == rpcs(service)


async def test_cancelling() -> None:
    """Those that have not ended are asked to stop, tried again while the service is away."""
    stopping = operation("Films")
    stopping.cancel_requested = True
    ended = v1.ApplyPlanResponse(operations=[operation("Music", SUCCEEDED), operation("Films")])
    script = [answer(ended), AWAY, answer(v1.CancelOperationResponse(operation=stopping))]
    with serving(*script, *script) as service:
        with Client(service.target) as client:
            operations = client.apply(SPECS)
            operations.cancel()
            assert [operation("Music", SUCCEEDED), stopping] == operations.latest
        async with aio.Client(service.target) as aio_client:
            applied = await aio_client.apply(SPECS)
            await applied.cancel()
            assert [operation("Music", SUCCEEDED), stopping] == applied.latest
    assert ["films"] * 4 == cancelled(service)


async def test_one_operation() -> None:
    """An operation is looked at and asked to stop by its id."""
    one, other = operation("Music"), operation("Music", CANCELLED)
    got, stopped = v1.GetOperationResponse(operation=one), v1.CancelOperationResponse(operation=other)
    with serving(*[answer(got), answer(stopped)] * 2) as service:
        with Client(service.target) as client:
            assert one == client.get_operation("music")
            assert other == client.cancel_operation("music")
        async with aio.Client(service.target) as aio_client:
            assert one == await aio_client.get_operation("music")
            assert other == await aio_client.cancel_operation("music")
    expected = [v1.GetOperationRequest(operation_id="music"), v1.CancelOperationRequest(operation_id="music")]
    assert expected * 2 == [each.request for each in service.seen]


async def test_listing() -> None:
    """All pages are gone through, the empty ones too, each asked for when it is needed."""
    pages = [
        answer(v1.ListOperationsResponse(operations=[operation("Music")], next_page_token="2")),
        answer(v1.ListOperationsResponse(next_page_token="3")),
        answer(v1.ListOperationsResponse(operations=[operation("Films")])),
    ]
    with serving(*pages, *pages) as service:
        with Client(service.target) as client:
            listed = client.list_operations(states=[RUNNING], request_id="mine", page_size=1)
            assert operation("Music") == next(listed)
            assert 1 == len(service.seen)
            assert [operation("Films")] == list(listed)
        async with aio.Client(service.target) as aio_client:
            found = [each async for each in aio_client.list_operations(table_name="Music")]
            assert [operation("Music"), operation("Films")] == found
    first = v1.ListOperationsRequest(states=[RUNNING], request_id="mine", page_size=1)
    assert first == service.seen[0].request
    requests = [each.request for each in service.seen]
    tokens = [each.page_token for each in requests if isinstance(each, v1.ListOperationsRequest)]
    assert ["", "2", "3"] * 2 == tokens
