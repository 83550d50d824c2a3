"""Health, reflection and channelz answer as the services of our own do."""

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckResponse, HealthListRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from tests.server_process import ServerProcess

GARBLED = b"\xff\xff\xff"


def test_health_list(scripted_server: ServerProcess) -> None:
    """List says how every service is."""
    with grpc.insecure_channel(scripted_server.address) as channel:
        statuses = HealthStub(channel).List(HealthListRequest()).statuses
    assert {"", "tableadmin.v1.TableAdmin", "tableadmin.v1.PlanService"} <= statuses.keys()
    assert {HealthCheckResponse.SERVING} == {each.status for each in statuses.values()}


@pytest.mark.parametrize("rpc", ["Check", "List"])
def test_garbled_request(scripted_server: ServerProcess, rpc: str) -> None:
    """Bytes that are no message are INVALID_ARGUMENT."""
    with grpc.insecure_channel(scripted_server.address) as channel, pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary(f"/grpc.health.v1.Health/{rpc}", bytes, bytes)(GARBLED, timeout=60)
    assert grpc.StatusCode.INVALID_ARGUMENT == raised.value.code()


def test_garbled_watch(scripted_server: ServerProcess) -> None:
    """Bytes that are no message end a watch of health with INVALID_ARGUMENT."""
    with grpc.insecure_channel(scripted_server.address) as channel, pytest.raises(grpc.RpcError) as raised:
        list(channel.unary_stream("/grpc.health.v1.Health/Watch", bytes, bytes)(GARBLED, timeout=60))
    assert grpc.StatusCode.INVALID_ARGUMENT == raised.value.code()


def test_garbled_reflection(scripted_server: ServerProcess) -> None:
    """Bytes that are no message end a stream of reflection with INVALID_ARGUMENT."""
    path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    with grpc.insecure_channel(scripted_server.address) as channel, pytest.raises(grpc.RpcError) as raised:
        list(channel.stream_stream(path, bytes, bytes)(iter([GARBLED]), timeout=60))
    assert grpc.StatusCode.INVALID_ARGUMENT == raised.value.code()


def test_no_such_rpc(scripted_server: ServerProcess) -> None:
    """An RPC that there is not is UNIMPLEMENTED."""
    with grpc.insecure_channel(scripted_server.address) as channel, pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary("/tableadmin.v1.TableAdmin/Nothing", bytes, bytes)(b"", timeout=60)
    assert grpc.StatusCode.UNIMPLEMENTED == raised.value.code()
