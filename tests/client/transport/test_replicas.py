"""Clients of several servers of one service: which server gets a call."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

import tableadmin.boto3
from tableadmin import Client, Unavailable, aio
from tableadmin.channel import is_balanced
from tests.cli.running import runner
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import Held, ScriptedEndpoint, Step, answer, serving
from tests.server_process import ServerProcess, clean_environment, running_server

TABLES: Step = answer({"TableNames": ["Music"]})


@dataclass(frozen=True)
class Replica:
    """A server and the endpoint that it alone calls."""

    process: ServerProcess
    endpoint: ScriptedEndpoint

    @property
    def calls(self) -> int:
        """How many calls the server has made."""
        return len(self.endpoint.seen)


def target_of(*servers: Replica) -> str:
    """The target of a client that may call each of SERVERS."""
    return f"ipv4:{','.join(each.process.address for each in servers)}"


@contextmanager
def replicas(count: int, step: Step = TABLES) -> Iterator[list[Replica]]:
    """COUNT servers in front of endpoints that answer with STEP."""
    with ExitStack() as running:

        def start() -> Replica:
            endpoint = running.enter_context(serving(step))
            flags = ("--endpoint-url", endpoint.url, "--region", "us-west-2", "--operations-table", "")
            return Replica(running.enter_context(running_server(*flags)), endpoint)

        yield [start() for _ in range(count)]


@pytest.fixture(scope="module")
def pair() -> Iterator[list[Replica]]:
    """Two servers."""
    with replicas(2) as both:
        yield both


@pytest.mark.parametrize(
    ("target", "balanced"),
    [
        ("dns:///tables.example.com:50051", True),
        ("dns:tables.example.com:50051", True),
        ("dns://192.0.2.1/tables.example.com:50051", True),
        ("ipv4:192.0.2.1:50051,192.0.2.2:50051", True),
        ("ipv6:[2001:db8::1]:50051,[2001:db8::2]:50051", True),
        ("ipv4:192.0.2.1:50051", False),
        ("127.0.0.1:50051", False),
        ("tables.example.com:50051", False),
        ("unix:/run/tableadmin,2.sock", False),
    ],
)
def test_balanced_targets(target: str, balanced: bool) -> None:  # noqa: FBT001 - a row of the table
    """Calls go to each server in turn with a name of DNS or a list of addresses, else to one address."""
    assert balanced == is_balanced(target)


def calls_made(pair: list[Replica]) -> list[int]:
    """How many calls the servers of PAIR have made."""
    return [each.calls for each in pair]


def spread(before: list[int], pair: list[Replica]) -> list[int]:
    """How many calls each of PAIR has made since BEFORE."""
    return [each.calls - then for each, then in zip(pair, before, strict=True)]


def test_calls_of_the_client_reach_each_server(pair: list[Replica]) -> None:
    """Of 100 calls through one channel each of two servers gets about half."""
    with Client(target_of(*pair)) as client:
        until_both_answer(client.list_tables, pair)
        before = calls_made(pair)
        for _ in range(100):
            client.list_tables()
    assert min(spread(before, pair)) >= 45


async def test_calls_of_the_asynchronous_client_reach_each_server(pair: list[Replica]) -> None:
    """`aio.Client` does the same."""
    async with aio.Client(target_of(*pair)) as client:
        before = calls_made(pair)
        for _ in range(1000):
            await client.list_tables()
            if all(spread(before, pair)):
                break
        before = calls_made(pair)
        for _ in range(100):
            await client.list_tables()
    assert min(spread(before, pair)) >= 45


def test_calls_of_the_stand_in_reach_each_server(pair: list[Replica]) -> None:
    """`tableadmin.boto3.Client` does the same."""
    client: Any = tableadmin.boto3.Client(target_of(*pair))
    until_both_answer(client.list_tables, pair)
    before = calls_made(pair)
    for _ in range(100):
        client.list_tables()
    client.close()
    assert min(spread(before, pair)) >= 45


@pytest.mark.parametrize("target", ["ipv4:{0},127.0.0.1:1", "ipv4:127.0.0.1:1,{0}", "dns:///{0}"])
def test_tablectl_with_several_addresses(target: str, pair: list[Replica]) -> None:
    """Tablectl takes such targets, and an address where no server is fails no call."""
    server = target.format(pair[0].process.address)
    listed = runner(clean_environment(TABLEADMIN_SERVER=server))("table", "list", "-o", "name")
    assert (0, "Music\n") == (listed.returncode, listed.stdout), listed.stderr


def test_streams_reach_each_server(pair: list[Replica]) -> None:
    """Watches through one channel are served by both servers."""
    with Client(target_of(*pair)) as client:
        until_both_answer(client.list_tables, pair)
        before = calls_made(pair)
        for _ in range(4):
            next(iter(client.watch(table_names=["Music"])))
        assert all(spread(before, pair))


def test_a_server_that_stops_gets_no_call() -> None:
    """While a server finishes its calls before it stops, writes and reads soon succeed elsewhere alone."""
    with replicas(2) as (stopping, other), Client(target_of(stopping, other)) as client:
        until_both_answer(client.list_tables, [stopping, other])
        stopping.endpoint.step = held = Held()
        with Client(stopping.process.address) as own, ThreadPoolExecutor(1) as thread:
            late = thread.submit(own.delete_table, table_name="Music")
            held.wait()
            stopping.process.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "server started draining" in stopping.process.log)
            # Each second write would fail, for as long as the server finishes its calls.
            assert any(row_of_writes(client) for _ in range(100))
            held.release()
            late.result(60)


def row_of_writes(client: Client) -> bool:
    """Whether 10 writes in a row succeed."""
    try:
        for _ in range(10):
            client.delete_table(table_name="Music")
    except Unavailable as error:
        assert "SERVER_STOPPING" == error.reason  # noqa: PT017 - another error fails the test
        return False
    return True


def until_both_answer(call: Callable[[], object], pair: list[Replica]) -> None:
    """Call until both servers have answered: a channel connects to them one after the other."""
    before = calls_made(pair)
    for _ in range(1000):
        call()
        if all(spread(before, pair)):
            return
    pytest.fail("one server gets all calls")
