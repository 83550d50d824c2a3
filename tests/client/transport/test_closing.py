"""What becomes of calls and streams when their client is closed, or is used where it can't be."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from tableadmin import Client, ClientClosed, WrongEventLoop, aio, v1
from tableadmin.v1 import WaitCondition
from tests.client.scripted import ScriptedService, answer, serving, silence

# Of either client: what is awaited with the asynchronous one. No more than the scripted service has threads.
CALLS: dict[str, Callable[[Any], Any]] = {
    "a read": lambda client: client.describe_table(table_name="Music"),
    "a write": lambda client: client.with_options(timeout=60).create_table(table_name="Music"),
    "a plan": lambda client: client.plan([]),
    "an operation": lambda client: client.get_operation("1"),
}
LATER: dict[str, Callable[[Any], Any]] = {
    **CALLS,
    "operations": lambda client: client.operations(["1"]).result(),
    "a wait": lambda client: client.wait_for(WaitCondition.WAIT_CONDITION_TABLE_ACTIVE, table_name="Music"),
}


class Arrivals:
    """A step that gives no answer and says when a call has come to it."""

    def __init__(self) -> None:
        self._count = threading.Semaphore(0)

    def __call__(self, context: grpc.ServicerContext) -> Message:
        """Wait until the caller has gone."""
        self._count.release()
        return silence(context)

    def wait(self, count: int) -> None:
        """Return when so many calls have come."""
        for _ in range(count):
            assert self._count.acquire(timeout=60)


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service that answers."""
    with serving(answer(v1.DescribeTableResponse())) as running:
        yield running


def _closed(ends: Sequence[object]) -> None:
    assert [ClientClosed] * len(CALLS) == [type(end) for end in ends], ends


@pytest.mark.parametrize("call", LATER.values(), ids=LATER)
def test_calls_of_a_closed_client(service: ScriptedService, call: Callable[[Any], Any]) -> None:
    """A call after `close` raises ClientClosed, whatever it is."""
    with Client(service.target) as client:
        client.describe_table()
    with pytest.raises(ClientClosed, match="the client was closed"):
        call(client)


@pytest.mark.parametrize("call", LATER.values(), ids=LATER)
async def test_calls_of_a_closed_asynchronous_client(
    service: ScriptedService, call: Callable[[Any], Any]
) -> None:
    """A call of `aio.Client` after `close` raises ClientClosed, whatever it is."""
    async with aio.Client(service.target) as client:
        await client.describe_table()
    with pytest.raises(ClientClosed, match="the client was closed"):
        await call(client)


def test_calls_under_way() -> None:
    """Calls and streams that are under way at `close` end in ClientClosed."""
    arrivals = Arrivals()
    with serving(arrivals) as service, ThreadPoolExecutor() as threads:
        client = Client(service.target)
        under_way = [threads.submit(call, client) for call in CALLS.values()]
        arrivals.wait(len(CALLS))
        client.close()
        _closed([each.exception(60) for each in under_way])


async def test_asynchronous_calls_under_way() -> None:
    """Those of `aio.Client` too."""
    arrivals = Arrivals()
    with serving(arrivals) as service:
        client = aio.Client(service.target)
        under_way = [asyncio.ensure_future(call(client)) for call in CALLS.values()]
        await asyncio.to_thread(arrivals.wait, len(CALLS))
        await client.close()
        _closed(await asyncio.gather(*under_way, return_exceptions=True))


def test_calls_under_way_on_a_channel_that_is_closed() -> None:
    """Calls of a client that was given its channel end in ClientClosed when the channel is closed."""
    arrivals = Arrivals()
    with serving(arrivals) as service, ThreadPoolExecutor() as threads:
        channel = grpc.insecure_channel(service.target)
        client = Client(channel=channel)
        under_way = [threads.submit(call, client) for call in CALLS.values()]
        arrivals.wait(len(CALLS))
        channel.close()
        _closed([each.exception(60) for each in under_way])
        with pytest.raises(ClientClosed):
            client.describe_table()


def test_calls_that_wait_for_the_service() -> None:
    """A read that is about to be tried again ends in ClientClosed as soon as its client is closed."""
    with serving(answer(v1.DescribeTableResponse())) as service:
        client = Client(service.target)
        client.describe_table()
    with ThreadPoolExecutor() as threads:
        call = threads.submit(client.describe_table)
        assert not call.done()
        client.close()
        assert isinstance(call.exception(60), ClientClosed)


def test_another_event_loop(service: ScriptedService) -> None:
    """A call in another event loop than the client's, open or closed, raises WrongEventLoop."""

    async def opened() -> aio.Client:
        client = aio.Client(service.target)
        await client.describe_table()
        return client

    with asyncio.Runner() as first, asyncio.Runner() as second:
        client = first.run(opened())
        for call in LATER.values():
            with pytest.raises(WrongEventLoop, match="belongs to another event loop"):
                second.run(_awaited(call, client))
        first.run(client.describe_table())
        first.run(client.close())


def test_no_event_loop() -> None:
    """An asynchronous client that is made outside an event loop raises WrongEventLoop."""
    with pytest.raises(WrongEventLoop, match="no event loop is running"):
        aio.Client("127.0.0.1:1")


async def _awaited(call: Callable[[Any], Any], client: aio.Client) -> object:
    return await call(client)
