"""DescribeTable by boto3, without anything of ours."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import boto3
from botocore.config import Config

from bench.load.cpu import cpu_seconds
from bench.load.figures import Round
from bench.load.load import Span
from tests.engines.engine import REGION


@dataclass(frozen=True)
class Boto3Load:
    """boto3 as it comes, at the endpoint URL; caller i describes the i-th of TABLES.

    The CPU is that of the process which calls: with boto3 there is no other.
    """

    url: str
    tables: Sequence[str]

    def __call__(self, callers: int, span: Span) -> Round:
        """Run a round: callers are threads that share one client, a single one is a plain loop."""
        describe = self._describe(callers)
        _run(describe, self.tables[:callers], span.warm_up)
        begin, cpu = time.perf_counter(), cpu_seconds(os.getpid())
        latencies = _run(describe, self.tables[:callers], span.counted)
        return Round(latencies, time.perf_counter() - begin, cpu_seconds(os.getpid()) - cpu)

    def _describe(self, callers: int) -> Callable[[str], object]:
        client = boto3.Session(region_name=REGION).client(
            "dynamodb",
            endpoint_url=self.url,
            aws_access_key_id="bench",
            aws_secret_access_key="bench",
            # With fewer connections than callers boto3 opens and drops one for each call.
            config=Config(max_pool_connections=callers),
        )
        return lambda table: client.describe_table(TableName=table)


def _run(describe: Callable[[str], object], tables: Sequence[str], seconds: float) -> list[float]:
    if len(tables) == 1:
        return _calls(describe, tables[0], seconds)
    with ThreadPoolExecutor(len(tables)) as pool:
        each = [pool.submit(_calls, describe, table, seconds) for table in tables]
        return list(chain.from_iterable(one.result() for one in each))


def _calls(describe: Callable[[str], object], table: str, seconds: float) -> list[float]:
    latencies = []
    now = time.perf_counter()
    end = now + seconds
    while now < end:
        describe(table)
        before, now = now, time.perf_counter()
        latencies.append(now - before)
    return latencies
