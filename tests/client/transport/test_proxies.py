"""Calls and streams through HAProxy and nginx with the files in deploy/."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc
import pytest

from tableadmin import Client, NotFound, TableAdminError
from tableadmin.v1 import DescribeTableRequest
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tests.client.transport.test_replicas import Replica, replicas, spread
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import REQUEST_ID, Held, answer, error

DEPLOY = Path(__file__).parents[3] / "deploy"


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def haproxy(address: str, pair: list[Replica], _folder: Path) -> tuple[list[str], Mapping[str, str]]:
    """The command and the variables of HAProxy at ADDRESS; deploy/haproxy.cfg takes the addresses."""
    servers = {
        f"TABLEADMIN_SERVER_{number}": each.process.address for number, each in enumerate(pair, start=1)
    }
    return ["haproxy", "-db", "-f", str(DEPLOY / "haproxy.cfg")], {"TABLEADMIN_BIND": address, **servers}


def nginx(address: str, pair: list[Replica], folder: Path) -> tuple[list[str], Mapping[str, str]]:
    """The same of nginx, whose files take no variables: the addresses in deploy/nginx.conf are replaced."""
    text = (DEPLOY / "nginx.conf").read_text()
    places = ("127.0.0.1:50050", "127.0.0.1:50051", "127.0.0.1:50052")
    for place, real in zip(places, (address, *(each.process.address for each in pair)), strict=True):
        assert 1 == text.count(f" {place}")
        text = text.replace(f" {place}", f" {real}")
    (folder / "nginx.conf").write_text(text)
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], {}


Proxy = Callable[[str, list[Replica], Path], tuple[list[str], Mapping[str, str]]]


@contextmanager
def running(proxy: Proxy, pair: list[Replica], folder: Path) -> Iterator[str]:
    """The address of PROXY in front of PAIR; skips where the machine does not have it."""
    address = f"127.0.0.1:{free_port()}"
    command, variables = proxy(address, pair, folder)
    program = shutil.which(command[0], path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip(f"{command[0]} is not installed (Debian: apt-get install {command[0]})")
    with subprocess.Popen([program, *command[1:]], env=dict(variables), stderr=subprocess.PIPE) as process:
        try:
            wait_for(lambda: process.poll() is not None or answers(address), 60)
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            yield address
        finally:
            process.terminate()


def answers(address: str) -> bool:
    """Whether somebody listens at ADDRESS."""
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@pytest.fixture(scope="module", params=[haproxy, nginx], ids=["haproxy", "nginx"])
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[Replica]]]:
    """The address of a proxy, and the two servers behind."""
    with ExitStack() as stack:
        pair = stack.enter_context(replicas(2))
        yield stack.enter_context(running(request.param, pair, tmp_path_factory.mktemp("proxy"))), pair


def script(pair: list[Replica], step: Callable[..., object]) -> None:
    """Have the endpoints of PAIR answer with STEP."""
    for each in pair:
        each.endpoint.step = step  # type: ignore[assignment] # a Step


def test_each_replica_gets_calls(proxied: tuple[str, list[Replica]]) -> None:
    """Of 40 calls through one connection to the proxy each replica gets about half."""
    address, pair = proxied
    script(pair, answer({"TableNames": ["Music"]}))
    before = [each.calls for each in pair]
    with Client(address) as client:
        for _ in range(40):
            client.list_tables()
    assert min(spread(before, pair)) >= 15


def test_trailers(proxied: tuple[str, list[Replica]]) -> None:
    """The caller gets the request ids of the service and of AWS."""
    address, pair = proxied
    script(pair, answer({"Table": {"TableName": "Music"}}))
    with grpc.insecure_channel(address) as channel:
        _, call = TableAdminStub(channel).DescribeTable.with_call(
            DescribeTableRequest(table_name="Music"), timeout=60
        )
    trailers = dict(call.trailing_metadata())
    assert trailers["aws-request-id"] == REQUEST_ID
    assert trailers["tableadmin-request-id"]


def test_error_details(proxied: tuple[str, list[Replica]]) -> None:
    """The caller gets the typed error with its reason and the request id."""
    address, pair = proxied
    script(pair, error("ResourceNotFoundException", "Requested resource not found"))
    with Client(address) as client, pytest.raises(NotFound) as raised:
        client.describe_table(table_name="Music")
    assert "RESOURCE_NOT_FOUND_EXCEPTION" == raised.value.reason


def test_deadlines(proxied: tuple[str, list[Replica]]) -> None:
    """A call ends at its deadline, and the proxy serves the next one."""
    address, pair = proxied
    held = Held()
    script(pair, held)
    with Client(address) as client:
        with pytest.raises(TableAdminError) as raised:
            client.describe_table(table_name="Music", timeout=0.5)
        held.release()
        script(pair, answer({"TableNames": ["Music"]}))
        assert ["Music"] == list(client.list_tables().table_names)
    assert grpc.StatusCode.DEADLINE_EXCEEDED == raised.value.code


def test_streams(proxied: tuple[str, list[Replica]]) -> None:
    """Events of a watch arrive as they happen, not when the stream ends."""
    address, pair = proxied
    script(pair, error("ResourceNotFoundException"))
    with Client(address) as client:
        watch = client.watch(table_names=["Music"])
        first = next(iter(watch))
        script(pair, answer({"Table": {"TableName": "Music", "TableStatus": "ACTIVE"}}))
        second = next(iter(watch))
    assert first.table != second.table


def test_no_timeout_is_shorter_than_a_watch() -> None:
    """Both files let a stream be silent for a day; the proxies' own timeouts are a minute and less."""
    own = {
        "haproxy.cfg": ["timeout client 24h", "timeout server 24h"],
        "nginx.conf": ["grpc_read_timeout 24h", "grpc_send_timeout 24h", "client_body_timeout 24h"],
    }
    for name, lines in own.items():
        text = (DEPLOY / name).read_text()
        assert all(line in text for line in lines), name
