"""Cold calls of one server and of two with round robin, each server held to the same part of a core."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load.rpc_load import RpcLoad
from bench.load.tables import NAMES
from bench.load.turns import by_turns
from bench.parts.describing import Described
from bench.report import figures_lines
from bench.targets import Target
from tableadmin.v1 import DescribeTableRequest
from tests.engines.engine import REGION, Engine
from tests.server_process import running_server

_CALLERS = 16
_METHOD = "/tableadmin.v1.TableAdmin/DescribeTable"
# The part of a core that a server gets: little, so that engine and callers have enough beside two servers.
_QUOTA = 0.1
_BOUND = 1.8

_PERIOD = 20_000  # microseconds
_CPU = Path("/sys/fs/cgroup/cpu")


class NoQuotaError(Exception):
    """This machine lets no process be held to a part of a core; the text says why."""


@contextmanager
def held_to_quota(pid: int) -> Iterator[None]:
    """Hold the process PID to a tenth of a core in the context (cgroup v1). Raises NoQuotaError."""
    group = _CPU / f"tableadmin-bench-{pid}"
    try:
        group.mkdir()
        (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(round(_PERIOD * _QUOTA)))
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        raise NoQuotaError(f"{error.filename}: {error.strerror}") from error
    try:
        yield
    finally:
        (_CPU / "cgroup.procs").write_text(str(pid))
        os.rmdir(group)  # noqa: PTH106 - the files in it can't be removed, and need not be


def measure_replicas(engine: Engine) -> Described:
    """Callers of one server and of two, by turns; raises NoQuotaError."""
    flags = ("--endpoint-url", engine.url, "--region", REGION, "--operations-table", "")
    payloads = [DescribeTableRequest(table_name=name).SerializeToString() for name in NAMES]
    with running_server(*flags, fresh=True) as one, running_server(*flags, fresh=True) as two:
        both = f"ipv4:{one.address},{two.address}"
        with held_to_quota(one.process.pid), held_to_quota(two.process.pid):
            return by_turns(
                {
                    ("one", _CALLERS): RpcLoad(one.address, one.process.pid, _METHOD, payloads),
                    ("two", _CALLERS): RpcLoad(both, one.process.pid, _METHOD, payloads),
                }
            )


def replicas_lines(measured: Described) -> Iterator[str]:
    """A line for each contender; the CPU is that of the first server."""
    yield f"DescribeTable, one server and two with round robin, each held to {_QUOTA} of a core"
    yield from figures_lines(measured)


def replicas_targets(measured: Described) -> Iterable[Target]:
    """Two servers serve nearly twice as many calls as one."""
    ratio = measured["two", _CALLERS].rate / measured["one", _CALLERS].rate
    yield Target(f"cold calls of two replicas / one, {_CALLERS} callers", ratio, _BOUND, at_least=True)
