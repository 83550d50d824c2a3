"""A server that is started without standard streams, as some supervisors do."""

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from tableadmin import v1
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tests.server_process import clean_environment

_SERVER = [sys.executable, "-m", "tableadmin_server", "--embedded", "--log-level", "info"]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_server_without_standard_streams(tmp_path: Path, closed: str) -> None:
    """A server without standard streams serves, and its embedded engine too; the end is as with streams."""
    target = f"unix:{tmp_path / 'socket'}"
    words = shlex.join([*_SERVER, "--listen", target])
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"exec {words} {closed}"],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with grpc.insecure_channel(target, [("grpc.max_reconnect_backoff_ms", 200)]) as channel:
            stub = TableAdminStub(channel)
            answer = stub.ListTables(v1.ListTablesRequest(), timeout=60, wait_for_ready=True)
            assert [] == answer.table_names
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(60)
    finally:
        process.kill()
        process.wait()
