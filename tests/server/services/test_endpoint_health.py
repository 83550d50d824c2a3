"""Health checks say of each endpoint whether it answers."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from tests.server.conftest import wait_for, write_config
from tests.server.harness.scripted_endpoint import Answer, ScriptedEndpoint, answer, serving
from tests.server_process import running_server

UP, DOWN = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING


@pytest.fixture(scope="module")
def health(
    tmp_path_factory: pytest.TempPathFactory, free_port: int
) -> Iterator[tuple[HealthStub, ScriptedEndpoint]]:
    """A server with the endpoints `live`, which a test scripts, and `dead`, where nothing listens."""
    with serving() as live:
        urls = {"live": live.url, "dead": f"http://127.0.0.1:{free_port}"}
        shared = {"region": "us-west-2", "max_attempts": 1, "operations_table": ""}
        path: Path = tmp_path_factory.mktemp("health") / "config.toml"
        endpoints = {name: {"endpoint_url": url, **shared} for name, url in urls.items()}
        config = write_config(path, endpoints, default_endpoint="live")
        with (
            running_server("--config", str(config)) as server,
            grpc.insecure_channel(server.address) as channel,
        ):
            yield HealthStub(channel), live


def status(health: HealthStub, service: str) -> int:
    """What a check of SERVICE answers."""
    return int(health.Check(HealthCheckRequest(service=service), timeout=60).status)


def test_a_dead_endpoint(health: tuple[HealthStub, ScriptedEndpoint]) -> None:
    """An endpoint that nobody calls is found dead because somebody asks; the others and the whole serve."""
    stub, _ = health
    wait_for(lambda: status(stub, "tableadmin.endpoint.dead") == DOWN)
    assert [UP] * 2 == [status(stub, each) for each in ("", "tableadmin.endpoint.live")]


def test_an_endpoint_that_is_not_configured(health: tuple[HealthStub, ScriptedEndpoint]) -> None:
    """The check of a name that is not configured is NOT_FOUND."""
    stub, _ = health
    with pytest.raises(grpc.RpcError) as raised:
        status(stub, "tableadmin.endpoint.absent")
    assert grpc.StatusCode.NOT_FOUND == raised.value.code()


def test_a_watch(health: tuple[HealthStub, ScriptedEndpoint]) -> None:
    """A watch tells when an endpoint goes down and when it comes back, though nobody else calls."""
    stub, live = health
    watch = stub.Watch(HealthCheckRequest(service="tableadmin.endpoint.live"), timeout=60)
    assert next(watch).status == UP
    live.step = lambda _: Answer(200, b"<html>a page</html>")
    assert next(watch).status == DOWN
    live.step = answer({"TableNames": []})
    assert next(watch).status == UP
    watch.cancel()
