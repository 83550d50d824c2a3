"""Changes with an audit that syncs each record, and without an audit, by turns."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from bench.load.load import Load
from bench.load.rpc_load import RpcLoad
from bench.load.tables import NAMES
from bench.load.turns import by_turns
from bench.parts.describing import Described
from bench.report import figures_lines
from bench.targets import Target
from tableadmin.v1 import Tag, TagResourceRequest
from tests.engines.engine import REGION, Engine
from tests.server_process import ServerProcess, running_server

CALLERS = (1, 64)
_SYNCS = 200
_METHOD = "/tableadmin.v1.TableAdmin/TagResource"


def measure_auditing(engine: Engine) -> Described:
    """Callers who tag tables of ENGINE, each its own one, with an audit file and without."""
    flags = ("--endpoint-url", engine.url, "--region", REGION)
    with tempfile.TemporaryDirectory(prefix="tableadmin-audit-") as folder:
        file = Path(folder) / "audit.jsonl"
        with (
            running_server(*flags, fresh=True) as plain,
            running_server(*flags, "--audit-file", str(file), fresh=True) as audited,
        ):
            contenders = {"plain": _load(plain, engine), "audited": _load(audited, engine)}
            return by_turns(
                {(name, callers): load for callers in CALLERS for name, load in contenders.items()}
            )


def _load(server: ServerProcess, engine: Engine) -> Load:
    with closing(engine.boto3()) as client:
        arns = [client.describe_table(TableName=name)["Table"]["TableArn"] for name in NAMES]
    requests = [TagResourceRequest(resource_arn=arn, tags=[Tag(key="team", value="music")]) for arn in arns]
    payloads = [each.SerializeToString() for each in requests]
    return RpcLoad(server.address, server.process.pid, _METHOD, payloads)


def auditing_lines(measured: Described) -> Iterator[str]:
    """A line for each contender at each number of callers, and what the disk takes."""
    yield "TagResource, a table for each caller, with an audit file that is synced and without"
    yield f"one record written and synced by itself: p50 {_sync_milliseconds():.2f} ms; a change has two"
    yield from figures_lines(measured)


def _sync_milliseconds() -> float:
    seconds = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(_SYNCS):
            began = time.perf_counter()
            file.write(b"-" * 1000)
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - began)
    return median(seconds) * 1e3


def auditing_targets(measured: Described) -> Iterable[Target]:
    """Of many callers and of one."""
    few, many = CALLERS
    rate = measured["audited", many].rate / measured["plain", many].rate
    yield Target(f"{many} writers: calls/s audited / plain", rate, 0.8, at_least=True)
    more = measured["audited", few].p50 - measured["plain", few].p50
    yield Target("one writer: p50 audited - plain, ms", more, 1)
