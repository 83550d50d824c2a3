"""What probes of health see of a server whose event loop is stuck in a callback."""

import signal
from collections.abc import Iterator

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from tests.server.conftest import wait_for
from tests.server_process import ServerProcess, running_server

# Seconds that a probe waits for an answer.
_TIMEOUT = 1.0


@pytest.fixture
def server(free_port: int) -> Iterator[ServerProcess]:
    """A server whose event loop is stuck from SIGUSR1 on."""
    flags = ("--endpoint-url", f"http://127.0.0.1:{free_port}", "--region", "us-west-2")
    module = "tests.server.metrics.blocking_server"
    with running_server(
        *flags, "--operations-table", "", "--health-address", "127.0.0.1:0", module=module
    ) as running:
        try:
            yield running
        finally:
            running.process.kill()  # a server that is stuck does not stop by itself


def probe(channel: grpc.Channel, seconds: float) -> grpc.StatusCode:
    """How a check of health ends within SECONDS."""
    try:
        answer = HealthStub(channel).Check(HealthCheckRequest(), timeout=seconds, wait_for_ready=True)
    except grpc.RpcError as error:
        return error.code()
    assert HealthCheckResponse.SERVING == answer.status
    return grpc.StatusCode.OK


def test_a_stuck_event_loop_fails_the_liveness_probe(server: ServerProcess) -> None:
    """A server whose event loop is stuck answers no probe, on old connections and new ones, at any address.

    Nothing but the event loop answers health checks: gRPC's own threads accept the connection alone.
    """
    addresses = [server.address, str(server.health_address)]
    old = [grpc.insecure_channel(each) for each in addresses]
    assert {grpc.StatusCode.OK} == {probe(each, 60) for each in old}
    server.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: probe(old[0], _TIMEOUT) == grpc.StatusCode.DEADLINE_EXCEEDED)
    new = [grpc.insecure_channel(each) for each in addresses]
    assert [grpc.StatusCode.DEADLINE_EXCEEDED] * 4 == [probe(each, _TIMEOUT) for each in (*old, *new)]
    for each in (*old, *new):
        each.close()
