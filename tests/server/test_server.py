"""The server as a process: how it starts, what it serves beside `TableAdmin`, and how it ends."""

import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import grpc
import pytest
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from tableadmin import Client, ResourceExhausted, TableAdminError
from tableadmin.v1 import DeleteTableResponse, table_admin_pb2
from tests.measuring import least
from tests.server.conftest import LONG_TIMEOUT, in_front_of, under_way, wait_for, write_config
from tests.server.harness.scripted_endpoint import Held, ScriptedEndpoint, answer, serving
from tests.server_process import ServerProcess, clean_environment, running_server

SERVICE = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"].full_name


def test_health_by_name(scripted_server: ServerProcess) -> None:
    """The server as a whole and `TableAdmin` are SERVING; another name is NOT_FOUND."""
    with grpc.insecure_channel(scripted_server.address) as channel:
        health = HealthStub(channel)
        for service in ("", SERVICE):
            assert HealthCheckResponse.SERVING == health.Check(HealthCheckRequest(service=service)).status
        with pytest.raises(grpc.RpcError) as raised:
            health.Check(HealthCheckRequest(service="tableadmin.v1.Nothing"))
    assert grpc.StatusCode.NOT_FOUND == raised.value.code()


def test_reflection(scripted_server: ServerProcess) -> None:
    """Reflection lists the services, and describes `TableAdmin` as the contract does."""
    with grpc.insecure_channel(scripted_server.address) as channel:
        reflected = ProtoReflectionDescriptorDatabase(channel)
        services = set(reflected.get_services())
        file = reflected.FindFileContainingSymbol(SERVICE)
    assert {SERVICE, "grpc.health.v1.Health", "grpc.channelz.v1.Channelz"} <= services
    assert table_admin_pb2.DESCRIPTOR.serialized_pb == file.SerializeToString()


def test_channelz(scripted_server: ServerProcess) -> None:
    """Channelz counts the calls of the server."""
    with grpc.insecure_channel(scripted_server.address) as channel:
        channelz = channelz_pb2_grpc.ChannelzStub(channel)
        for _ in range(2):
            (server,) = channelz.GetServers(channelz_pb2.GetServersRequest()).server
    assert server.data.calls_started >= 2


def test_sigterm_lets_calls_finish(endpoint: ScriptedEndpoint, held: Held) -> None:
    """After SIGTERM health is NOT_SERVING, a call under way ends OK, and the server exits 0."""
    endpoint.step = held
    with (
        in_front_of(endpoint) as server,
        grpc.insecure_channel(server.address) as channel,
        under_way(server, held) as call,
    ):
        watch = HealthStub(channel).Watch(HealthCheckRequest(service=SERVICE), timeout=LONG_TIMEOUT)
        assert HealthCheckResponse.SERVING == next(watch).status
        server.process.terminate()
        assert HealthCheckResponse.NOT_SERVING == next(watch).status
        watch.cancel()
        assert not call.done()
        held.release()
        assert DeleteTableResponse() == call.result(60)
        assert 0 == server.process.wait(60)
        assert '"event":"server stopped"' in server.log


def test_new_calls_are_refused_while_draining(endpoint: ScriptedEndpoint, held: Held) -> None:
    """A call that comes after SIGTERM is UNAVAILABLE: another server may take it."""
    endpoint.step = held
    with in_front_of(endpoint) as server, under_way(server, held) as call:
        server.process.terminate()
        wait_for(lambda: "server started draining" in server.log)
        with Client(server.address) as late, pytest.raises(TableAdminError) as raised:
            late.delete_table(table_name="Music")
        held.release()
        call.result(60)
    assert grpc.StatusCode.UNAVAILABLE == raised.value.code


def test_grace_period(endpoint: ScriptedEndpoint) -> None:
    """Calls that outlast the grace period end UNAVAILABLE, SERVER_STOPPING, and the server exits 0."""

    def seconds() -> float:
        endpoint.step = held = Held()
        with in_front_of(endpoint, "--grace-period", "0.3") as server, under_way(server, held) as call:
            began = time.monotonic()
            server.process.terminate()
            with pytest.raises(TableAdminError) as raised:
                call.result(60)
            assert 0 == server.process.wait(60)
            taken = time.monotonic() - began
            held.release()
        assert (grpc.StatusCode.UNAVAILABLE, "SERVER_STOPPING") == (raised.value.code, raised.value.reason)
        return taken

    assert 0.3 <= least(seconds, 10) < 10  # the grace period that is the default


def test_health_watchers_do_not_hold_up_the_end(endpoint: ScriptedEndpoint) -> None:
    """Whoever watches the server's health does not keep it from ending."""
    with (
        in_front_of(endpoint, "--grace-period", "60") as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        watch = HealthStub(channel).Watch(HealthCheckRequest(), timeout=LONG_TIMEOUT)
        next(watch)
        begin = time.monotonic()
        assert 0 == server.terminate()
    assert time.monotonic() - begin < 60  # the grace period


def test_second_server_on_a_port(scripted_server: ServerProcess) -> None:
    """A port that is taken is one line and exit code 1; the server that has it goes on."""
    done = run("--listen", scripted_server.address, "--region", "us-west-2")
    reason = "another server may be using the address"
    message = f"tableadmin-server: cannot listen at {scripted_server.address}: {reason}\n"
    assert (1, message) == (done.returncode, done.stderr)
    assert scripted_server.process.poll() is None


def test_hung_endpoint_and_live_one(held: Held, tmp_path: Path) -> None:
    """An endpoint that hangs fills its own queue and no other: one more call is refused at once."""
    room = {
        "region": "us-west-2",
        "operations_table": "",
        "pool_size": 1,
        "queue_size": 1,
        "read_timeout": LONG_TIMEOUT,
    }
    with serving(held) as hung, serving(answer({"TableNames": ["Music"]})) as live:
        config = write_config(
            tmp_path / "config.toml",
            {"hung": {"endpoint_url": hung.url, **room}, "live": {"endpoint_url": live.url, **room}},
            default_endpoint="live",
        )
        with (
            running_server("--config", str(config)) as server,
            Client(server.address, endpoint="hung", timeout=LONG_TIMEOUT) as client,
            ThreadPoolExecutor(3) as threads,
        ):
            # One takes the only thread, one the only place in the queue, and for one there is no room.
            calls = [threads.submit(client.delete_table, table_name=f"Table{n}") for n in range(3)]
            refused, waiting = wait(calls, timeout=60, return_when=FIRST_COMPLETED)
            assert ["Music"] == list(client.with_options(endpoint="live").list_tables().table_names)
            assert (1, 2) == (len(refused), len(waiting))
            held.release()
            assert [DeleteTableResponse()] * 2 == [call.result(60) for call in waiting]
    error = refused.pop().exception()
    assert isinstance(error, ResourceExhausted)
    assert ("ENDPOINT_OVERLOADED", "hung", 1.0) == (error.reason, error.endpoint, error.retry_delay)


def test_server_without_its_extra(tmp_path: Path) -> None:
    """Where only the client is installed, the command says which extra to install."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['boto3'] = None\n")
    done = run(PYTHONPATH=str(tmp_path))
    expected = "tableadmin-server: the server is not installed: pip install 'tableadmin[server]'\n"
    assert (1, expected) == (done.returncode, done.stderr)


def run(*flags: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The end of a server that does not start."""
    return subprocess.run(
        [sys.executable, "-m", "tableadmin_server", *flags],
        env=clean_environment(**env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
