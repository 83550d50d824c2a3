"""What traces cost a call: a server with traces, all recorded or none, beside one without."""

from collections.abc import Iterable, Iterator

from bench.load.rpc_load import RpcLoad
from bench.load.tables import NAMES
from bench.load.turns import by_turns
from bench.parts.describing import METHOD, Described
from bench.report import figures_lines
from bench.targets import Target
from tableadmin.v1 import DescribeTableRequest
from tests.engines.engine import REGION, Engine
from tests.server.tracing.collector import FLAG, collecting
from tests.server_process import running_server

CALLERS = 16
# CPU of a call / without traces: with two spans, and where the sampler records none.
_RECORDED, _NOT_RECORDED = 1.3, 1.15


def measure_tracing(engine: Engine) -> Described:
    """Callers who describe tables of ENGINE, each its own one: two spans a call, which a collector gets."""
    flags = ("--endpoint-url", engine.url, "--region", REGION, "--operations-table", "")
    payloads = [DescribeTableRequest(table_name=name).SerializeToString() for name in NAMES]
    with collecting() as collector:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        off = {**env, "OTEL_TRACES_SAMPLER": "always_off"}
        with (
            running_server(*flags, fresh=True) as plain,
            running_server(*flags, FLAG, env=off, fresh=True) as none,
            running_server(*flags, FLAG, env=env, fresh=True) as every,
        ):
            servers = {"off": plain, "none recorded": none, "all recorded": every}
            return by_turns(
                {
                    (name, CALLERS): RpcLoad(server.address, server.process.pid, METHOD, payloads)
                    for name, server in servers.items()
                }
            )


def tracing_lines(measured: Described) -> Iterator[str]:
    """A line for each server."""
    yield "DescribeTable, a table for each caller, traces off, on with no call recorded, and with all"
    yield from figures_lines(measured)


def tracing_targets(measured: Described) -> Iterable[Target]:
    """Of calls that are recorded, and of others."""
    off = measured["off", CALLERS].cpu
    for name, bound in (("all recorded", _RECORDED), ("none recorded", _NOT_RECORDED)):
        yield Target(f"CPU of a call, traces on, {name} / off", measured[name, CALLERS].cpu / off, bound)
