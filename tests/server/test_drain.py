"""How a server stops: what becomes of its callers, and how long it takes."""

import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import cast

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from tableadmin import Client, TableAdminError
from tableadmin.v1 import DeleteTableRequest
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tests.server.conftest import in_front_of, under_way, wait_for
from tests.server.harness.scripted_endpoint import Answer, Held, ScriptedEndpoint, Seen

CALLERS = 16


def _slowly(_: Seen) -> Answer:
    time.sleep(0.02)
    return Answer()


def _end(stub: TableAdminStub) -> str:
    """How a call ends: OK, the reason that the server gives, or the code where nobody gives one."""
    try:
        stub.DeleteTable(DeleteTableRequest(table_name="Music"), timeout=60)
    except grpc.RpcError as error:
        status, info = rpc_status.from_call(cast("grpc.Call", error)), ErrorInfo()
        if status is None:
            return error.code().name
        assert any(detail.Unpack(info) for detail in status.details)
        return f"{error.code().name} {info.reason}"
    return "OK"


def _call_until_refused(address: str, begun: threading.Semaphore) -> list[str]:
    """The ends of the calls of a caller that goes on until one fails."""
    with grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        stub, ends = TableAdminStub(channel), [""]
        while ends[-1] in {"", "OK"}:
            begun.release()
            ends.append(_end(stub))
    return ends[1:]


def test_calls_end_ok_or_are_refused_with_a_reason(endpoint: ScriptedEndpoint) -> None:
    """At SIGTERM each call of 16 callers ends OK or UNAVAILABLE with SERVER_STOPPING; in 5 restarts."""
    endpoint.step = _slowly
    ends: Counter[str] = Counter()
    for _ in range(5):
        begun = threading.Semaphore(0)
        with in_front_of(endpoint) as server, ThreadPoolExecutor(CALLERS) as threads:
            callers = [threads.submit(_call_until_refused, server.address, begun) for _ in range(CALLERS)]
            for _ in range(10 * CALLERS):
                assert begun.acquire(timeout=60)
            assert 0 == server.terminate()
            for caller in callers:
                ends.update(caller.result(60))
    assert {"OK", "UNAVAILABLE SERVER_STOPPING"} == set(ends), ends
    assert 5 * CALLERS == ends["UNAVAILABLE SERVER_STOPPING"]


def test_a_call_that_outlasts_the_grace_period(endpoint: ScriptedEndpoint, held: Held) -> None:
    """A call that has not ended after the grace period ends UNAVAILABLE with SERVER_STOPPING."""
    endpoint.step = held
    endpoint.seen.clear()
    with (
        in_front_of(endpoint, "--grace-period", "0.5") as server,
        grpc.insecure_channel(server.address) as channel,
        ThreadPoolExecutor(1) as threads,
    ):
        end = threads.submit(_end, TableAdminStub(channel))
        wait_for(lambda: bool(endpoint.seen))
        server.process.send_signal(signal.SIGTERM)
        assert "UNAVAILABLE SERVER_STOPPING" == end.result(60)
        held.release()


def test_a_silent_connection_does_not_hold_up_the_end(endpoint: ScriptedEndpoint) -> None:
    """Connections that never say anything leave a server that stops its grace period at most."""
    with in_front_of(endpoint, "--grace-period", "60") as server, ExitStack() as connections:
        host, _, port = server.address.rpartition(":")
        for _ in range(3):
            connections.enter_context(socket.create_connection((host, int(port))))
        with Client(server.address) as client:
            client.list_tables()  # the connections before this one have been accepted
        begin = time.monotonic()
        assert 0 == server.terminate()
        assert time.monotonic() - begin < 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(
    endpoint: ScriptedEndpoint, held: Held, number: signal.Signals
) -> None:
    """A second SIGTERM or Ctrl-C ends the server with calls under way: exit code 143 or 130, and a line."""
    endpoint.step = held
    with in_front_of(endpoint, "--grace-period", "60") as server, under_way(server, held) as call:
        server.process.send_signal(number)
        wait_for(lambda: "server started draining" in server.log)
        assert server.process.poll() is None
        server.process.send_signal(number)
        assert 128 + number == server.process.wait(60)
        assert isinstance(call.exception(60), TableAdminError)
        assert '"event":"server aborted"' in server.log
