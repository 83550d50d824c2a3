"""The asynchronous client, over a real channel."""

import asyncio
import logging

import grpc
import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from tableadmin import InvalidArgument, Unavailable, aio, v1
from tests.client.scripted import Step, answer, failure, serving

DESCRIBED = v1.DescribeTableResponse(table=v1.TableDescription(table_name="Music"))


async def test_fields_and_messages_make_the_request() -> None:
    """A call is awaited; it takes the fields of its request, or the message."""
    request = v1.DescribeTableRequest(table_name="Music")
    with serving(answer(DESCRIBED)) as service:
        async with aio.Client(service.target) as client:
            assert await client.describe_table(table_name="Music") == DESCRIBED
            assert await client.describe_table(request) == DESCRIBED

    assert [request, request] == [seen.request for seen in service.seen]


async def test_options_travel_with_each_call() -> None:
    """Deadline, endpoint and metadata are those of the client, of a view or of the call."""
    with serving(answer(DESCRIBED)) as service:
        async with aio.Client(service.target, metadata=(("a", "b"),)) as client:
            await client.describe_table()
            await client.with_options(timeout=None, endpoint="staging").describe_table()
            await client.describe_table(v1.DescribeTableRequest(), timeout=300)

    expected = [pytest.approx(30, rel=0.2), None, pytest.approx(300, rel=0.2)]
    assert expected == [seen.remaining for seen in service.seen]
    assert [seen.metadata.get("tableadmin-endpoint") for seen in service.seen] == [None, "staging", None]
    assert [seen.metadata["a"] for seen in service.seen] == ["b", "b", "b"]


async def test_calls_run_side_by_side() -> None:
    """Calls of one client do not wait for each other."""
    with serving(answer(DESCRIBED)) as service:
        async with aio.Client(service.target) as client:
            found = await asyncio.gather(*(client.describe_table() for _ in range(20)))

    assert found == [DESCRIBED] * 20


async def test_a_failed_call_raises_its_class() -> None:
    """A gRPC error becomes the class of its code, with the gRPC error as its cause."""
    refused = Status(code=Code.INVALID_ARGUMENT, message="no such type")
    with serving(failure(refused)) as service:
        async with aio.Client(service.target) as client:
            with pytest.raises(InvalidArgument, match="no such type") as caught:
                await client.create_table(table_name="Music")

    assert isinstance(caught.value.__cause__, grpc.aio.AioRpcError)


async def test_nobody_listens() -> None:
    """Where nobody listens the call is Unavailable, and the message names the address."""
    async with aio.Client("127.0.0.1:1") as client:
        with pytest.raises(Unavailable, match=r"cannot reach 127\.0\.0\.1:1: Connection refused"):
            await client.create_table(table_name="Music")


async def test_unknown_members_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """What AWS answered and the contract does not know is a warning that names the paths."""
    new: Step = answer(DESCRIBED, (("tableadmin-unknown-bin", b'[{"path": "Table.NewThing", "value": 1}]'),))
    with serving(new) as service:
        async with aio.Client(service.target) as client:
            await client.describe_table()

    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == ["DescribeTable: AWS answered what this version does not know: Table.NewThing"]


async def test_closing_a_view_leaves_the_channel_open() -> None:
    """Only the client that opened the channel closes it."""
    with serving(answer(DESCRIBED)) as service:
        async with aio.Client(service.target) as client:
            async with client.with_options(timeout=60) as view:
                await view.describe_table()
            assert await client.describe_table() == DESCRIBED


async def test_a_cancelled_task_stays_cancelled() -> None:
    """Cancelling the task of a call is asyncio's own CancelledError, not one of the service's errors."""
    async with aio.Client("127.0.0.1:1") as client:
        with pytest.raises(asyncio.CancelledError):
            await _cancelled(asyncio.ensure_future(client.describe_table()))


async def _cancelled(task: asyncio.Future[v1.DescribeTableResponse]) -> None:
    await asyncio.sleep(0)
    task.cancel()
    await task
