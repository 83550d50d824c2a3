"""A server that takes static tokens, as a process."""

import signal
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from tableadmin import Client
from tableadmin.errors import ResourceExhausted, Unauthenticated
from tableadmin.v1 import WatchRequest
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import ScriptedEndpoint, answer, serving
from tests.server.harness.static_token import TOKEN, config_with_token
from tests.server_process import ServerProcess, running_server

HEADERS = (("authorization", f"Bearer {TOKEN}"),)


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedEndpoint]:
    """What the server calls."""
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def server(scripted: ScriptedEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that takes TOKEN."""
    file = config_with_token(tmp_path_factory.mktemp("tokens"), scripted.url)
    with running_server("--config", str(file)) as process:
        yield process


def test_right_token(server: ServerProcess) -> None:
    """A call with the token is served."""
    with Client(server.address, metadata=HEADERS) as client:
        client.describe_limits()


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ((), "CREDENTIALS_MISSING"),
        ((("authorization", "Basic YTpi"),), "CREDENTIALS_MALFORMED"),
        (HEADERS * 2, "CREDENTIALS_MALFORMED"),
        ((("authorization", "Bearer secret-guess"),), "CREDENTIALS_INVALID"),
    ],
)
def test_wrong_token(
    server: ServerProcess,
    scripted: ScriptedEndpoint,
    headers: tuple[tuple[str, str], ...],
    reason: str,
) -> None:
    """A call without the token reaches no endpoint, and no log tells the token that was tried."""
    scripted.seen.clear()
    with Client(server.address, metadata=headers) as client, pytest.raises(Unauthenticated) as raised:
        client.create_table(table_name="Music")
    assert (reason, []) == (raised.value.reason, scripted.seen)
    assert raised.value.request_id
    assert "secret-guess" not in server.log
    assert TOKEN not in server.log


def test_garbled_bytes(server: ServerProcess) -> None:
    """The bytes of somebody who is not known are not parsed."""
    with grpc.insecure_channel(server.address) as channel, pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary("/tableadmin.v1.TableAdmin/CreateTable", bytes, bytes)(b"\xff\xff", timeout=60)
    assert grpc.StatusCode.UNAUTHENTICATED == raised.value.code()


def test_reflection_and_channelz_need_a_token(server: ServerProcess) -> None:
    """What the server has and who is connected are told to those alone who have proved who they are."""
    reflection = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    channelz = "/grpc.channelz.v1.Channelz/GetServers"
    with grpc.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.RpcError) as raised:
            list(channel.stream_stream(reflection, bytes, bytes)(iter([b""]), timeout=60))
        assert grpc.StatusCode.UNAUTHENTICATED == raised.value.code()
        with pytest.raises(grpc.RpcError) as raised:
            channel.unary_unary(channelz, bytes, bytes)(b"", timeout=60)
        assert grpc.StatusCode.UNAUTHENTICATED == raised.value.code()
        channel.unary_unary(channelz, bytes, bytes)(b"", timeout=60, metadata=HEADERS)


def test_health_needs_no_token(server: ServerProcess) -> None:
    """A probe has no token."""
    with grpc.insecure_channel(server.address) as channel:
        assert HealthStub(channel).Check(HealthCheckRequest(), timeout=60).status


def test_sighup(server: ServerProcess) -> None:
    """SIGHUP says what is read again and what needs a restart, and ends no server."""
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "files are read again" in server.log)
    assert "the configuration file, with the tokens that stand in it" in server.log
    with Client(server.address, metadata=HEADERS) as client:
        client.describe_limits()


def test_limits(tmp_path: Path) -> None:
    """The server counts streams apart from other calls, and says when a refused call may come again."""
    limits = "[limits]", "calls_per_second = 0.01", "burst = 4", "streams = 1"
    with serving(answer({"TableNames": []})) as endpoint:
        file = config_with_token(tmp_path, endpoint.url, *limits)
        with (
            running_server("--config", str(file)) as server,
            Client(server.address, metadata=HEADERS) as client,
            grpc.insecure_channel(server.address) as channel,
        ):
            watch = WatchServiceStub(channel).Watch
            first = watch(WatchRequest(all_tables=True), timeout=60, metadata=HEADERS)
            next(iter(first))
            with pytest.raises(grpc.RpcError) as second:
                list(watch(WatchRequest(all_tables=True), timeout=60, metadata=HEADERS))
            assert "its limit of 1 streams at the same time" in (second.value.details() or "")
            for _ in range(2):
                client.describe_limits()
            with pytest.raises(ResourceExhausted) as refused:
                client.describe_limits()
    assert "CALLER_LIMIT_EXCEEDED" == refused.value.reason
    assert refused.value.retry_delay is not None
    assert 0 < refused.value.retry_delay <= 100
