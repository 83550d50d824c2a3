"""Background loops of a server whose engine answers what nobody can read."""

from contextlib import closing

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from tests.engines import Engine
from tests.operations.harness.plane import nothing
from tests.operations.harness.replica import Replica
from tests.operations.harness.specs import after, before
from tests.operations.harness.world import SUCCEEDED, replicated, until
from tests.planner.model.port import Asked, Given

EMPTY = Given(200, b"{}")


def is_sign_of_life(asked: Asked) -> bool:
    """Whether ASKED updates the item of a server."""
    return asked.operation == "UpdateItem" and b'"server/' in asked.body


def health(replica: Replica, service: str = "") -> int:
    """What grpc.health.v1 says of SERVICE."""
    with grpc.insecure_channel(replica.process.address) as channel:
        answer = HealthStub(channel).Check(HealthCheckRequest(service=service), timeout=60)
        status: int = answer.status
        return status


def test_unreadable_signs_of_life(own_engine: Engine, table_name: str) -> None:
    """A server whose signs of life are answered by `200 {}` logs that, says NOT_SERVING, and comes back.

    Its operation goes on when the answers are what they should be.
    """
    with replicated(own_engine, "--operation-lease", "2", count=1, speed=300) as world:
        (server,) = world.replicas
        world.made(before(table_name))
        (operation,) = world.applied(after(table_name))
        until(lambda: world.plane.changes(table_name))
        world.plane.instead = lambda asked: EMPTY if is_sign_of_life(asked) else None
        until(lambda: health(server) == HealthCheckResponse.NOT_SERVING)
        assert HealthCheckResponse.NOT_SERVING == health(server, "tableadmin.v1.TableAdmin")
        assert "operations.heartbeat" in server.process.log
        world.plane.instead = nothing
        until(lambda: health(server) == HealthCheckResponse.SERVING)
        assert HealthCheckResponse.SERVING == health(server, "tableadmin.v1.TableAdmin")
        assert SUCCEEDED == world.ended([operation])[0].state
        assert [] == world.plane.model.refused


@pytest.mark.parametrize("operation", ["UpdateItem", "Query", "BatchGetItem"])
def test_unreadable_answers(own_engine: Engine, table_name: str, operation: str) -> None:
    """Whatever call to the operations table is answered by `200 {}` for a second, operations go on after."""
    with replicated(own_engine, "--operation-lease", "2", speed=300) as world:
        world.made(before(table_name))
        (begun,) = world.applied(after(table_name))
        until(lambda: world.plane.changes(table_name))
        own = world.plane.operations_table.encode()
        garbled: list[Asked] = []

        def instead(asked: Asked) -> Given | None:
            if asked.operation != operation or own not in asked.body:
                return None
            garbled.append(asked)
            return EMPTY

        world.plane.instead = instead
        until(lambda: len(garbled) > 3)
        world.plane.instead = nothing
        assert SUCCEEDED == world.ended([begun])[0].state


def test_garbled_server_item(own_engine: Engine, table_name: str) -> None:
    """A server whose own item somebody garbles writes it anew, and carries its operation to the end."""
    with replicated(own_engine, "--operation-lease", "2", count=1, speed=300) as world:
        world.made(before(table_name))
        (operation,) = world.applied(after(table_name))
        until(lambda: world.plane.changes(table_name))
        (server,) = world.items("server")
        with closing(own_engine.boto3()) as client:
            client.put_item(
                TableName=world.plane.operations_table,
                Item={"Id": {"S": f"server/{server}"}, "Revision": {"S": "one"}},
            )
        assert SUCCEEDED == world.ended([operation])[0].state
        assert "replaced an unreadable heartbeat" in world.replicas[0].process.log
        assert [] == world.plane.model.refused
