"""Bare gRPC, boto3 and the service by turns, at each number of callers."""

from collections.abc import Mapping

from bench.load.boto3_load import Boto3Load
from bench.load.echo import METHOD as ECHO
from bench.load.echo import EchoProcess
from bench.load.figures import Figures
from bench.load.load import Load
from bench.load.rpc_load import RpcLoad
from bench.load.tables import NAMES
from bench.load.turns import by_turns
from tableadmin.v1.table_pb2 import DescribeTableRequest, DescribeTableResponse
from tests.engines.engine import Engine
from tests.server_process import ServerProcess

CALLERS = (1, 16, 64)
METHOD = "/tableadmin.v1.TableAdmin/DescribeTable"

# Of each contender, at each number of callers.
Described = Mapping[tuple[str, int], Figures]


def loads(
    echo: EchoProcess, engine: Engine, server: ServerProcess, answer: DescribeTableResponse
) -> dict[str, Load]:
    """The contenders. An echo carries as many bytes as ANSWER has; each caller has a table of its own."""
    requests = [DescribeTableRequest(table_name=name).SerializeToString() for name in NAMES]
    return {
        "echo": RpcLoad(echo.address, echo.pid, ECHO, [answer.SerializeToString()] * len(NAMES)),
        "boto3": Boto3Load(engine.url, NAMES),
        "service": RpcLoad(server.address, server.process.pid, METHOD, requests, DescribeTableResponse),
    }


def measure_describing(contenders: Mapping[str, Load]) -> Described:
    """Each contender at each number of callers."""
    return by_turns({(name, callers): load for callers in CALLERS for name, load in contenders.items()})
