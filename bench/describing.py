"""Bare gRPC, boto3 and the service by turns, at each number of callers."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack

from bench.boto3_load import Boto3Load
from bench.echo import METHOD as ECHO
from bench.echo import EchoProcess
from bench.figures import Figures, Round, medians
from bench.load import Load, Span, load_process
from bench.rpc_load import RpcLoad
from bench.tables import NAMES
from tableadmin.v1.table_pb2 import DescribeTableRequest, DescribeTableResponse
from tests.engines.engine import Engine
from tests.server_process import ServerProcess

CALLERS = (1, 16, 64)

_SPAN = Span(warm_up=0.2, counted=1.2)
_ROUNDS = 7

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
        "service": RpcLoad(
            server.address,
            server.process.pid,
            "/tableadmin.v1.TableAdmin/DescribeTable",
            requests,
            DescribeTableResponse,
        ),
    }


def measure_describing(contenders: Mapping[str, Load]) -> Described:
    """The medians of rounds in which the contenders take turns, so that what disturbs one disturbs all."""
    rounds: dict[tuple[str, int], list[Round]] = defaultdict(list)
    with ExitStack() as stack:
        processes = {name: stack.enter_context(load_process()) for name in contenders}
        for _ in range(_ROUNDS):
            for callers in CALLERS:
                for name, load in contenders.items():
                    measured = processes[name].submit(load, callers, _SPAN).result()
                    rounds[name, callers].append(measured)
    # The first round is not counted: the engine's compiler is still at work.
    return {key: medians(measured[1:]) for key, measured in rounds.items()}
