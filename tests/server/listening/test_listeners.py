"""Listeners as they are served: several at once, Unix sockets, health checks, and what is insecure."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
import tomli_w
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse, HealthListRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from tableadmin import Client, TableAdminError
from tableadmin_server.config import ConnectionsConfig, ListenerConfig
from tableadmin_server.interceptors.chain import Chain
from tableadmin_server.listening import ListenError
from tableadmin_server.listening.listener import Listener
from tests.server.harness.scripted_endpoint import Step, answer, serving
from tests.server_process import ServerProcess, run_server, running_server

TABLES: Step = answer({"TableNames": ["Music"]})


def write(path: Path, url: str, **server: object) -> Path:
    """A configuration of one scripted endpoint."""
    endpoint = {"endpoint_url": url, "region": "us-west-2", "operations_table": ""}
    path.write_text(tomli_w.dumps({**server, "endpoints": {"local": endpoint}}))
    return path


@contextmanager
def listening(
    folder: Path, listeners: Sequence[Mapping[str, object]], **server: object
) -> Iterator[ServerProcess]:
    """A server with these listeners in front of an endpoint with one table."""
    with serving(TABLES) as endpoint:
        config = write(folder / "config.toml", endpoint.url, listeners=listeners, **server)
        with running_server("--config", str(config), listen=None) as process:
            yield process


def test_several_listeners(tmp_path: Path) -> None:
    """Each listener has the same services, and a stop ends all of them."""
    path = tmp_path / "admin.sock"
    addresses = ["127.0.0.1:0", "127.0.0.1:0", f"unix:{path}"]
    with listening(tmp_path, [{"address": each} for each in addresses]) as server:
        assert 3 == len(set(server.addresses))
        for address in server.addresses:
            with Client(address) as client:
                assert ["Music"] == list(client.list_tables().table_names)
        assert 0 == server.terminate()
        for address in server.addresses[:2]:
            host, port = address.split(":")
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host, int(port)))
    assert not path.exists()


@pytest.mark.parametrize(("mode", "expected"), [(None, 0o600), ("0660", 0o660), ("606", 0o606)])
def test_mode_of_a_socket(mode: str | None, expected: int, tmp_path: Path) -> None:
    """The file of a Unix socket has the mode that is configured, 0600 without one."""
    path = tmp_path / "admin.sock"
    listener = {"address": f"unix:{path}", **({} if mode is None else {"mode": mode})}
    with listening(tmp_path, [listener]) as server:
        assert (True, expected) == (stat.S_ISSOCK(path.stat().st_mode), stat.S_IMODE(path.stat().st_mode))
        with Client(server.address) as client:
            assert ["Music"] == list(client.list_tables().table_names)


def test_the_principal_of_a_socket(tmp_path: Path) -> None:
    """Whoever calls through a Unix socket is the principal that the listener names."""
    sockets = {"address": f"unix:{tmp_path}/admin.sock", "principal": "Service::local/admin"}
    with listening(tmp_path, [sockets, {"address": "127.0.0.1:0"}]) as server:
        for address in server.addresses:
            with Client(address) as client:
                client.delete_table(table_name="Music")
        changes = [each for each in map(json.loads, server.log.splitlines()) if each["event"] == "call ended"]
    assert ["Service::local/admin", "User::none/anonymous"] == [each["principal"] for each in changes]


def test_a_second_server_at_a_socket(tmp_path: Path) -> None:
    """A second server does not take the path of a Unix socket from the first one."""
    path = tmp_path / "admin.sock"
    with listening(tmp_path, [{"address": f"unix:{path}"}]) as server:
        config = write(
            tmp_path / "second.toml", "http://127.0.0.1:1", listeners=[{"address": f"unix:{path}"}]
        )
        done = run_server("--config", str(config))
        problem = f"cannot listen at unix:{path}: another server listens there"
        assert (1, f"tableadmin-server: {problem}\n") == (done.returncode, done.stderr)
        with Client(server.address) as client:
            assert ["Music"] == list(client.list_tables().table_names)


def test_a_socket_that_was_left_behind(tmp_path: Path) -> None:
    """A socket file that nobody holds, of a server that was killed, is no obstacle."""
    path = tmp_path / "admin.sock"
    listener = [{"address": f"unix:{path}"}]
    with listening(tmp_path, listener) as server:
        server.process.kill()
        server.process.wait(60)
        assert path.exists()
    with listening(tmp_path, listener) as server, Client(server.address) as client:
        assert ["Music"] == list(client.list_tables().table_names)


def test_paths_that_can_not_be_listened_at(tmp_path: Path) -> None:
    """A file that is no socket is left alone, and a folder that is not there is named."""
    precious = tmp_path / "precious"
    precious.write_text("data")
    for path, problem in (
        (precious, "the file is not a socket"),
        (tmp_path / "absent" / "x", f"{tmp_path}/absent/x.lock: No such file or directory"),
    ):
        config = write(tmp_path / "c.toml", "http://127.0.0.1:1", listeners=[{"address": f"unix:{path}"}])
        done = run_server("--config", str(config))
        message = f"tableadmin-server: cannot listen at unix:{path}: {problem}\n"
        assert (1, message) == (done.returncode, done.stderr)
    assert "data" == precious.read_text()


def test_health_alone(tmp_path: Path) -> None:
    """At the address of health checks the server answers health checks, and nothing else."""
    with listening(tmp_path, [{"address": "127.0.0.1:0"}], health={"address": "127.0.0.1:0"}) as server:
        assert server.health_address
        with grpc.insecure_channel(server.health_address) as channel:
            assert HealthCheckResponse.SERVING == HealthStub(channel).Check(HealthCheckRequest()).status
            for method in ("tableadmin.v1.TableAdmin/ListTables", "grpc.channelz.v1.Channelz/GetServers"):
                with pytest.raises(grpc.RpcError) as raised:
                    channel.unary_unary(f"/{method}", bytes, bytes)(b"")
                assert grpc.StatusCode.UNIMPLEMENTED == raised.value.code()


def test_large_metadata(tmp_path: Path) -> None:
    """Metadata of 15 KiB, as that of large tokens, is always taken; of 40 KiB it never is."""
    with listening(tmp_path, [{"address": "127.0.0.1:0"}]) as server, Client(server.address) as client:
        for size, calls, expected in ((15, 50, "OK"), (40, 3, "RESOURCE_EXHAUSTED")):
            large = client.with_options(metadata=(("x", "y" * size * 1024),))
            assert {expected} == {ended(large) for _ in range(calls)}


def test_large_messages(tmp_path: Path) -> None:
    """A request of more than 4 MiB is refused before it is parsed."""
    with (
        listening(tmp_path, [{"address": "127.0.0.1:0"}]) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        describe = channel.unary_unary("/tableadmin.v1.TableAdmin/DescribeTable", bytes, bytes)
        for size, expected in ((4 << 20, "INVALID_ARGUMENT"), ((4 << 20) + 1, "RESOURCE_EXHAUSTED")):
            with pytest.raises(grpc.RpcError) as raised:
                describe(b"\xff" * size, timeout=60)
            assert expected == raised.value.code().name


def ended(client: Client) -> str:
    """The code in which a call ends."""
    try:
        client.list_tables()
    except TableAdminError as error:
        return error.code.name
    return "OK"


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "127.0.0.1:0"])
def test_insecure_listen(listen: str) -> None:
    """With --insecure-listen a server that others can reach starts; log and health say what is missing."""
    flags = ("--endpoint-url", "http://127.0.0.1:1", "--region", "us-west-2", "--insecure-listen")
    with running_server(*flags, listen=listen) as server:
        port = server.address.rpartition(":")[2]
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            statuses = HealthStub(channel).List(HealthListRequest()).statuses
        warnings = [each for each in map(json.loads, server.log.splitlines()) if each["level"] == "warning"]
    assert HealthCheckResponse.SERVING == statuses[""].status
    if listen.startswith("127"):
        assert (HealthCheckResponse.SERVING, []) == (statuses["tableadmin.security"].status, warnings)
        return
    assert HealthCheckResponse.NOT_SERVING == statuses["tableadmin.security"].status
    (warning,) = warnings
    assert "listener is insecure: whoever reaches it can delete every table" == warning["event"]
    assert (server.address, ["tls", "authenticators", "[policies]"]) == (
        warning["address"],
        warning["missing"],
    )


async def test_a_localhost_that_others_can_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the name localhost leads to an address that others can reach, nothing listens there."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(ListenError, match=r"localhost is 192\.0\.2\.1, which others can reach"):
        Listener(ListenerConfig(address="localhost:0"), ConnectionsConfig(), None, Chain(()), lambda _: None)


def test_a_socket_is_the_owners_until_its_mode_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the configured mode is set, only the owner can call, whatever the umask of the process is."""
    modes: list[int] = []
    monkeypatch.setattr(Path, "chmod", lambda path, _mode: modes.append(stat.S_IMODE(path.stat().st_mode)))
    before = os.umask(0)
    try:
        config = ListenerConfig(address=f"unix:{tmp_path}/admin.sock", mode="0666")
        asyncio.run(bound(config))
        assert (tmp_path / "admin.sock.lock").stat().st_mode & 0o077 == 0
    finally:
        os.umask(before)
    assert [0o600] == modes


async def bound(config: ListenerConfig) -> None:
    """Bind the address of a listener, and close the listener."""
    await Listener(config, ConnectionsConfig(), None, Chain(()), lambda _: None).stop(0)
