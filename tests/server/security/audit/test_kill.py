"""A server that is killed at any moment has recorded the intent of each change that reached the endpoint."""

import json
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import grpc

from tableadmin.v1 import DeleteTableRequest
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tests.server.harness.scripted_endpoint import serving
from tests.server.security.audit.conftest import whole_records
from tests.server_process import ServerProcess, running_server

KILLS = 50
CALLERS = 4


def test_fifty_kills(tmp_path: Path) -> None:
    """After kill -9 at 50 random moments under load, no change that reached the endpoint lacks its intent.

    Of the changes that were answered, none lacks its outcome either, and each server goes on in the file
    that the one before it left.
    """
    path, rng, numbers = tmp_path / "audit.jsonl", random.Random(4711), count()
    answered: set[str] = set()
    with serving() as endpoint:
        flags = ("--endpoint-url", endpoint.url, "--region", "us-west-2", "--operations-table", "")
        for _ in range(KILLS):
            with running_server(*flags, "--audit-file", str(path)) as server:
                _load_and_kill(server, rng.uniform(0.0, 0.08), numbers, answered)
        # A request that a kill has cut has no body, and changes nothing.
        reached = {json.loads(each.body)["TableName"] for each in endpoint.seen if each.body}
    found = whole_records(path)
    intended = {each["resources"][0]["name"] for each in found if each["status"] == "Intent"}
    concluded = {each["resources"][0]["name"] for each in found if each["status"] == "Success"}
    assert len(reached) >= KILLS
    assert set() == reached - intended
    assert set() == answered - concluded


def _load_and_kill(server: ServerProcess, seconds: float, numbers: "count[int]", answered: set[str]) -> None:
    """Kill SERVER so many SECONDS after its first answer, while callers delete tables."""
    begun = threading.Event()

    def caller() -> None:
        with grpc.insecure_channel(server.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            stub = TableAdminStub(channel)
            while True:
                name = f"table-{next(numbers)}"
                try:
                    stub.DeleteTable(DeleteTableRequest(table_name=name), timeout=60)
                except grpc.RpcError:
                    return
                answered.add(name)
                begun.set()

    with ThreadPoolExecutor(CALLERS) as threads:
        for _ in range(CALLERS):
            threads.submit(caller)
        begun.wait(60)
        time.sleep(seconds)  # the moment is any moment
        server.process.send_signal(signal.SIGKILL)
