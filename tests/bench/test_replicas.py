"""Two servers behind round robin."""

import pytest

from bench.load.load import Span, load_process
from bench.load.rpc_load import RpcLoad
from bench.parts.replicas import NoQuotaError, held_to_quota
from tableadmin.v1 import DescribeTableRequest
from tests.engines.engine import REGION
from tests.measuring import first_that
from tests.server.harness.scripted_endpoint import answer, serving
from tests.server_process import running_server

_METHOD = "/tableadmin.v1.TableAdmin/DescribeTable"
_CALLERS = 16
_SPAN = Span(warm_up=0.5, counted=1.5)


def test_two_servers() -> None:
    """Two servers answer at least 1.8 times as many cold calls as one; each has a tenth of a core."""
    payloads = [
        DescribeTableRequest(table_name=f"Table{number}").SerializeToString() for number in range(_CALLERS)
    ]
    with serving(answer({"Table": {"TableName": "Music"}})) as endpoint:
        flags = ("--endpoint-url", endpoint.url, "--region", REGION, "--operations-table", "")
        with running_server(*flags) as one, running_server(*flags) as two, load_process() as process:
            loads = [
                RpcLoad(target, one.process.pid, _METHOD, payloads)
                for target in (one.address, f"ipv4:{one.address},{two.address}")
            ]

            def ratio() -> float:
                alone, both = (
                    len(process.submit(load, _CALLERS, _SPAN).result().latencies) for load in loads
                )
                return both / alone

            try:
                with held_to_quota(one.process.pid), held_to_quota(two.process.pid):
                    best = first_that(ratio, lambda each: each >= 1.8)
            except NoQuotaError as error:
                pytest.skip(f"no CPU quota can be set here: {error}")
    assert best >= 1.8
