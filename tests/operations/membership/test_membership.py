"""Servers that share an operations table tell each other what they change, and share the budgets."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest

from tableadmin.v1 import WatchEvent, WatchRequest
from tableadmin_server.operations.membership.other_members import MEMBER_TIMEOUT, OtherMembers
from tableadmin_server.operations.membership.own_changes import CHANGE_RETENTION, MAX_CHANGES, OwnChanges
from tableadmin_server.operations.storage.items import Member
from tableadmin_server.polling import poller
from tableadmin_server.polling.poller import Poller
from tests.engines import Engine
from tests.measuring import async_first_that
from tests.operations.membership.running import Running, create, running, with_own_table
from tests.watching.harness.wire import Stream, complete, connected, each_event, reading, until

# Seconds between polls of tables, which no test waits for.
POLL_INTERVAL = 600.0


@pytest.fixture(scope="module")
def engine(start_engine: Callable[[str], Engine]) -> Engine:
    """What holds the tables."""
    return start_engine("ministack")


@pytest.fixture
async def own_table(engine: Engine, table_name: str) -> str:
    """The operations table, which is there."""
    return await with_own_table(engine, f"{table_name}-operations")


@pytest.fixture
def table(engine: Engine, table_name: str) -> str:
    """A table."""
    create(engine, table_name)
    return table_name


@asynccontextmanager
async def watching(server: Running, table: str) -> AsyncIterator[Stream[WatchEvent]]:
    """A watch of TABLE by SERVER that has its first state, and polls no more by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Poller, "longest_interval", POLL_INTERVAL)
        patch.setattr(poller, "SHORTEST_INTERVAL", POLL_INTERVAL)
        async with connected(server.server.address) as stub:  # noqa: SIM117 - the stream needs the stub
            async with reading(each_event(stub.Watch(WatchRequest(table_names=[table])))) as stream:
                await until(lambda: complete(stream))
                yield stream


def is_protected(stream: Stream[WatchEvent]) -> bool:
    """Whether the last event shows the table with deletion protection."""
    shown = [each.table.state.table for each in stream.responses if each.HasField("table")]
    return shown[-1].deletion_protection_enabled


def shows(stream: Stream[WatchEvent], *, protection: bool) -> bool:
    """Whether the last event shows the table with deletion PROTECTION, or without it."""
    return is_protected(stream) == protection


async def test_change_through_another_server(engine: Engine, own_table: str, table: str) -> None:
    """A watcher of one server is shown a change through another one: no poll and no sign of life is due."""
    quiet = partial(running, engine, own_table, beat_interval=600.0)
    async with quiet() as changing, quiet() as watched, watching(watched, table) as stream:
        await until(lambda: watched.says_that_it_watches)
        await changing.protect(table, enabled=True)
        await until(lambda: is_protected(stream))
        await changing.protect(table, enabled=False)
        await until(lambda: not is_protected(stream))


async def test_how_soon_a_change_is_shown(engine: Engine, own_table: str, table: str) -> None:
    """A watcher of one server is shown five changes through another one within a second each.

    Other work on the machine delays single changes, so the best of some series counts.
    """
    quiet = partial(running, engine, own_table, beat_interval=600.0)
    async with quiet() as changing, quiet() as watched, watching(watched, table) as stream:
        await until(lambda: watched.says_that_it_watches)
        # The first change tells the changing server of the watcher.
        await changing.protect(table, enabled=True)
        await until(lambda: is_protected(stream))

        async def longest() -> float:
            seconds = []
            for enabled in (False, True, False, True, False):
                began = time.monotonic()
                await changing.protect(table, enabled=enabled)
                await until(partial(shows, stream, protection=enabled))
                seconds.append(time.monotonic() - began)
            return max(seconds)

        assert await async_first_that(longest, lambda seconds: seconds < 1) < 1


async def test_change_before_the_end(engine: Engine, own_table: str, table: str) -> None:
    """A watcher of one server is shown what another server changed right before it stopped."""
    async with running(engine, own_table) as watched, AsyncExitStack() as stack:
        changing = await stack.enter_async_context(running(engine, own_table))
        await until(lambda: 2 == watched.live_servers == changing.live_servers)
        async with watching(watched, table) as stream:
            await changing.protect(table, enabled=True)
            await stack.aclose()
            await until(lambda: is_protected(stream))
        await until(lambda: 1 == watched.live_servers)


async def test_no_watchers(engine: Engine, own_table: str, table: str) -> None:
    """After a change, a server writes nothing to the operations table if no other server has watchers."""
    quiet = partial(running, engine, own_table, beat_interval=600.0)
    async with quiet() as other, quiet() as changing:
        # Each says at its start that it is there.
        await until(lambda: other.calls["PutItem"] and changing.calls["PutItem"])
        looks = changing.calls["Query"]
        async with watching(changing, table) as stream:
            await changing.protect(table, enabled=True)
            await until(lambda: is_protected(stream))
            await until(lambda: changing.calls["Query"] > looks + 2)
        # The second write says that it has a watcher itself.
        assert 2 == changing.calls["PutItem"]


async def test_without_the_table(engine: Engine, table: str) -> None:
    """A server makes no operations table in order to share changes."""
    missing = f"{table}-missing"
    async with running(engine, missing) as server:
        await until(lambda: server.calls["Query"])
        await server.protect(table, enabled=True)
        await server.protect(table, enabled=False)
    assert 0 == server.calls["PutItem"]
    assert missing not in engine.boto3().list_tables()["TableNames"]


async def test_budgets_are_divided(engine: Engine, own_table: str) -> None:
    """Two servers use half of each budget; one that is alone again uses all of it."""
    async with running(engine, own_table) as first:
        alone = first.endpoint.background._budgets._all.spacing
        async with running(engine, own_table) as second:
            await until(lambda: 2 == first.live_servers == second.live_servers)
            assert 2 * alone == first.endpoint.background._budgets._all.spacing
        await until(lambda: 1 == first.live_servers)
        assert alone == first.endpoint.background._budgets._all.spacing


# Pure parts


def test_own_changes_stay_for_a_while() -> None:
    """A change stays in the item until it was there for a while; a change that was not written stays."""
    own = OwnChanges()
    own.add("Music")
    assert {1: "Music"} == own.current(0.0)
    own.written(own.current(0.0), 100.0)
    own.add("Films")
    assert {1: "Music", 2: "Films"} == own.current(100.0 + CHANGE_RETENTION / 2)
    assert {2: "Films"} == own.current(100.0 + CHANGE_RETENTION)
    assert {2: "Films"} == own.current(1000.0)


def test_own_changes_are_bounded() -> None:
    """The oldest changes are left out of an item that would have too many."""
    own = OwnChanges()
    for number in range(MAX_CHANGES + 2):
        own.add(f"t-{number}")
    assert MAX_CHANGES == len(own.current(0.0))
    assert "t-2" == next(iter(own.current(0.0).values()))
    own.written([1, 2, MAX_CHANGES + 2], 0.0)
    assert MAX_CHANGES - 1 == len(own.current(CHANGE_RETENTION))


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The seconds."""
        return self.now


def test_each_change_of_others_once() -> None:
    """Each change of each other server is new once, also when an older item is read again."""
    others = OtherMembers(Clock())
    assert {"a", "b"} == others.read([Member("x", 1, {4: "a"}), Member("y", 1, {1: "b"})])[0]
    assert {"c"} == others.read([Member("x", 2, {4: "a", 5: "c"}), Member("y", 1, {1: "b"})])[0]
    assert set() == others.read([Member("x", 1, {4: "a"}), Member("y", 1, {1: "b"})])[0]
    assert set() == others.read([Member("x", 3, {5: "c"}), Member("y", 2, {})])[0]


def test_who_is_live() -> None:
    """A server is live until its item has not changed for the timeout, or says that it has stopped."""
    clock = Clock()
    others = OtherMembers(clock)
    assert [] == others.read([Member("x", 1, {}), Member("y", 1, {}), Member("z", 9, {}, left=True)])[1]
    assert 2 == others.live
    clock.now = MEMBER_TIMEOUT
    gone = others.read([Member("x", 2, {}), Member("y", 1, {}), Member("z", 9, {}, left=True)])[1]
    assert ["y", "z"] == [each.name for each in gone]
    assert 1 == others.live
    others.read([Member("y", 2, {}, watches=True), Member("z", 10, {}, watches=True, left=True)])
    watch = others.watch
    others.read([Member("z", 10, {}, watches=True, left=True)])
    assert (True, False) == (watch, others.watch)
    others.read([Member("y", 2, {})])
    assert 1 == others.live
