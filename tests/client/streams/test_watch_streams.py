"""Watching and waiting through real servers, which stop, die and come back."""

import asyncio
import gc
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, aclosing
from itertools import islice
from typing import cast

import grpc
import pytest

from tableadmin import (
    Client,
    ClientClosed,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Unavailable,
    aio,
    v1,
)
from tableadmin.awsshape import from_aws
from tests.engines import Engine
from tests.measuring import async_first_that, first_that, least
from tests.server_process import ServerProcess, running_server

SETTLED = v1.WaitCondition.WAIT_CONDITION_SETTLED
DELETED = v1.WaitCondition.WAIT_CONDITION_TABLE_DELETED
SECONDS = 60.0


@pytest.fixture
def local(embedded_server: ServerProcess) -> Iterator[Client]:
    """A client of the embedded engine."""
    with Client(embedded_server.address) as client:
        yield client


@pytest.fixture
async def aio_local(embedded_server: ServerProcess) -> AsyncIterator[aio.Client]:
    """The same, asynchronous."""
    async with aio.Client(embedded_server.address) as client:
        yield client


Start = Callable[..., AbstractContextManager[ServerProcess]]


@pytest.fixture(scope="session")
def start(start_engine: Callable[[str], Engine]) -> Start:
    """Start a server of one's own in front of an engine that outlives it."""
    engine = start_engine("ministack")
    return lambda *flags: running_server("--endpoint-url", engine.url, "--region", "us-west-2", *flags)


def create(client: Client, name: str) -> None:
    """Create a table."""
    client.create_table(
        from_aws(
            {
                "TableName": name,
                "KeySchema": [{"AttributeName": "A", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "A", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
            v1.CreateTableRequest,
        )
    )


def told(response: v1.WatchEvent) -> str:
    """The kind of a response: `gap`, `checkpoint`, or the type of a table's event."""
    kind = response.WhichOneof("event")
    assert kind is not None
    if kind != "table":
        return kind
    return v1.TableEventType.Name(response.table.type).removeprefix("TABLE_EVENT_TYPE_")


def test_a_watch_tells_what_happens(local: Client, table_name: str) -> None:
    """A table that is not there, comes, changes and goes is DELETED, CREATED, CHANGED and DELETED."""
    with local.watch(table_names=[table_name], parts=[v1.TablePart.TABLE_PART_TAGS]) as events:
        assert ["DELETED", "checkpoint"] == [told(each) for each in islice(events, 2)]
        create(local, table_name)
        created = next(events)
        assert "CREATED" == told(created)
        arn = created.table.state.table.table_arn
        local.tag_resource(resource_arn=arn, tags=[v1.Tag(key="team", value="audio")])
        changed = next(events).table
        assert [v1.TableAspect.TABLE_ASPECT_TAGS] == [each.aspect for each in changed.changes]
        local.delete_table(table_name=table_name)
        assert "DELETED" == told(next(events))


async def test_so_does_the_asynchronous_client(local: Client, aio_local: aio.Client, table_name: str) -> None:
    """`async for` over a watch sees the same events."""
    create(local, table_name)
    async with aclosing(aio_local.watch(prefix=table_name)) as events:
        seen = [told(await anext(events)), told(await anext(events))]
        await aio_local.delete_table(table_name=table_name)
        seen.append(told(await anext(events)))
    assert ["SNAPSHOT", "checkpoint", "DELETED"] == seen


async def test_an_inventory_ends_by_itself(local: Client, aio_local: aio.Client, table_name: str) -> None:
    """With snapshot_only the iteration ends after the snapshots and their checkpoint."""
    create(local, table_name)
    seen = list(local.watch(all_tables=True, snapshot_only=True))
    assert table_name in {each.table.table_name for each in seen}
    assert ["checkpoint"] == [told(each) for each in seen if told(each) != "SNAPSHOT"]
    kinds = [told(each) async for each in aio_local.watch(prefix=table_name, snapshot_only=True)]
    assert ["SNAPSHOT", "checkpoint"] == kinds


async def test_waiting(local: Client, aio_local: aio.Client, table_name: str) -> None:
    """`wait` gives the progress up to the response that is done, `wait_for` that response alone."""
    create(local, table_name)
    *_, last = local.wait(SETTLED, table_name=table_name, timeout=SECONDS)
    assert (True, table_name) == (last.done, last.table.table.table_name)
    assert local.wait_for(SETTLED, table_name=table_name).done
    assert (await aio_local.wait_for(SETTLED, table_name=table_name, timeout=SECONDS)).done
    progress = [each.done async for each in aio_local.wait(SETTLED, table_name=table_name)]
    assert [True] == progress[-1:]
    local.delete_table(table_name=table_name)
    assert not local.wait_for(DELETED, table_name=table_name, timeout=SECONDS).HasField("table")


async def test_waiting_in_vain(local: Client, aio_local: aio.Client, table_name: str) -> None:
    """What can't come to hold, is not there or takes too long is an error that says so."""
    create(local, table_name)

    def in_vain() -> DeadlineExceeded:
        with pytest.raises(DeadlineExceeded) as caught:
            local.wait_for(DELETED, table_name=table_name, timeout=1)
        return caught.value

    async def asynchronously_in_vain() -> DeadlineExceeded:
        with pytest.raises(DeadlineExceeded) as caught:
            await aio_local.wait_for(DELETED, table_name=table_name, timeout=1)
        return caught.value

    # On a busy machine the answer may come after the deadline.
    ended = first_that(in_vain, lambda each: each.progress is not None)
    assert ended.progress is not None
    assert "ACTIVE" in ended.progress.pending[0]
    assert "table: ACTIVE" in str(ended)
    ended = await async_first_that(asynchronously_in_vain, lambda each: each.progress is not None)
    assert "table: ACTIVE" in str(ended)
    with pytest.raises(NotFound):
        local.wait_for(SETTLED, table_name="never-made", timeout=SECONDS)
    with pytest.raises(InvalidArgument, match="index_name"):
        local.wait_for(v1.WaitCondition.WAIT_CONDITION_INDEX_ACTIVE, table_name=table_name)
    pitr = v1.WaitCondition.WAIT_CONDITION_POINT_IN_TIME_RECOVERY_ENABLED
    awaiting = local.wait(pitr, table_name=table_name, timeout=SECONDS)
    assert not next(awaiting).done
    local.delete_table(table_name=table_name)
    with pytest.raises(FailedPrecondition, match=r"the table \S+ does not exist"):
        list(awaiting)


def test_a_stream_is_closed_from_another_thread(local: Client) -> None:
    """`close` ends the iteration of another thread at once, and can be called again."""

    def seconds() -> float:
        events = local.watch(all_tables=True)
        next(events)
        threading.Timer(0.3, events.close).start()
        began = time.monotonic()
        for _ in events:
            pass
        events.close()
        return time.monotonic() - began

    assert least(seconds, 5) < 5


def test_a_stream_nobody_holds_is_ended(embedded_server: ServerProcess) -> None:
    """Dropping a watch ends its call: the interpreter keeps nothing of it."""
    with Client(embedded_server.address) as client:
        gc.disable()
        try:
            events = client.watch(all_tables=True)
            next(events)
            call = cast("grpc.Future[object]", events._switch._call)
            assert not call.done()
            del events
            assert call.cancelled()
        finally:
            gc.enable()


def test_closing_the_client_ends_its_streams(embedded_server: ServerProcess) -> None:
    """A watch of a client that is closed ends in ClientClosed, and so does one that begins later."""
    client = Client(embedded_server.address)
    events = client.watch(all_tables=True)
    next(events)
    threading.Timer(0.3, client.close).start()
    with pytest.raises(ClientClosed, match="the client was closed"):
        list(events)
    with pytest.raises(ClientClosed, match="the client was closed"):
        next(client.watch(all_tables=True))


async def test_closing_the_asynchronous_client_does_too(embedded_server: ServerProcess) -> None:
    """A task that watches sees ClientClosed; when the task itself is cancelled, that goes through."""
    client = aio.Client(embedded_server.address)

    async def follow() -> None:
        async for _ in client.watch(all_tables=True):
            pass

    cancelled, closed = asyncio.create_task(follow()), asyncio.create_task(follow())
    await asyncio.sleep(0.3)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await client.close()
    with pytest.raises(ClientClosed, match="the client was closed"):
        await closed
    with pytest.raises(ClientClosed, match="the client was closed"):
        await follow()


def test_nobody_there() -> None:
    """Where no server answers, a watch and a wait end in Unavailable within seconds."""
    with Client("127.0.0.1:1") as client:
        with pytest.raises(Unavailable, match=r"cannot reach 127\.0\.0\.1:1"):
            next(client.watch(all_tables=True))
        with pytest.raises(Unavailable):
            client.wait_for(SETTLED, table_name="Music", timeout=SECONDS)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_watch_survives_the_server(start: Start, table_name: str, ending: signal.Signals) -> None:
    """A server that dies, or drains, and comes back is a gap; then snapshots come, and DELETED events."""
    gone, kept, new = (f"{table_name}-{suffix}" for suffix in ("gone", "kept", "new"))
    with start() as first, Client(first.address) as client:
        create(client, gone)
        create(client, kept)
        with client.watch(prefix=table_name) as events:
            assert {gone, kept} == {each.table.table_name for each in islice(events, 2)}
            assert "checkpoint" == told(next(events))
            first.process.send_signal(ending)
            gap = next(events)
            assert "gap" == told(gap)
            reason = "the server is stopping" if ending == signal.SIGTERM else ""
            assert reason in gap.gap.reason
            first.process.wait(SECONDS)
            with start() as elsewhere, Client(elsewhere.address) as other:
                other.delete_table(table_name=gone)
                create(other, new)
            with start("--listen", first.address):
                assert {(kept, "SNAPSHOT"), (new, "SNAPSHOT")} == {
                    (each.table.table_name, told(each)) for each in islice(events, 2)
                }
                deleted, checkpoint = next(events), next(events)
                assert (gone, "DELETED") == (deleted.table.table_name, told(deleted))
                assert checkpoint.resume_token
                client.delete_table(table_name=new)
                last = next(events)
                assert (new, "DELETED") == (last.table.table_name, told(last))


async def test_the_asynchronous_watch_survives_it_too(start: Start, table_name: str) -> None:
    """`async for` goes on after the server was killed and started again."""
    with start() as first:
        client = aio.Client(first.address)
        async with client, aclosing(client.watch(table_names=[table_name])) as events:
            seen = [told(await anext(events)), told(await anext(events))]
            first.process.kill()
            seen.append(told(await anext(events)))
            first.process.wait(SECONDS)
            with start("--listen", first.address):
                seen += [told(await anext(events)), told(await anext(events))]
    assert ["DELETED", "checkpoint", "gap", "DELETED", "checkpoint"] == seen


def test_a_wait_survives_the_server(start: Start, table_name: str) -> None:
    """A wait goes on when the server is back, and what it took counts from its beginning."""
    with start() as first, Client(first.address) as client:
        create(client, table_name)
        awaiting = client.wait(DELETED, table_name=table_name, timeout=60)
        assert not next(awaiting).done
        began = time.monotonic()
        first.process.kill()
        first.process.wait(SECONDS)
        deleted: list[float] = []

        def delete() -> None:
            deleted.append(time.monotonic())
            client.delete_table(table_name=table_name)

        with start("--listen", first.address):
            threading.Timer(1.0, delete).start()
            *_, last = awaiting
            assert last.done
            assert last.elapsed.ToTimedelta().total_seconds() >= deleted[0] - began
