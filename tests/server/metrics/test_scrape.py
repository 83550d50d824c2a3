"""What a scrape of a server says after known calls."""

import contextlib
import http.client
import signal
import socket
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from tableadmin import PermissionDenied
from tableadmin.v1 import DeleteTableRequest, DescribeTableRequest, TablePart, WatchRequest
from tableadmin.v1.watch_service_pb2_grpc import WatchServiceStub
from tableadmin_server.dynamodb.circuit_breaker import STATES
from tableadmin_server.metrics.definitions import METRICS
from tests.foreign import tools
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import Held, ScriptedEndpoint, answer, error, page, serving
from tests.server.harness.static_token import TOKEN, config_with_token
from tests.server.metrics.scraping import FLAGS, scraped
from tests.server.security.authorization.guarded import guarded
from tests.server_process import ServerProcess, run_server, running_server
from tests.watching.harness.wire import events_in

ADMIN = {"grpc_type": "unary", "grpc_service": "tableadmin.v1.TableAdmin"}
TABLE = {"TableName": "Music", "TableStatus": "ACTIVE"}


@pytest.fixture(scope="module")
def behind() -> Iterator[ScriptedEndpoint]:
    """The endpoint behind `measured`."""
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def measured(behind: ScriptedEndpoint) -> Iterator[ServerProcess]:
    """A server with metrics in front of an endpoint that answers what a test writes down."""
    flags = ("--endpoint-url", behind.url, "--region", "us-west-2", "--operations-table", "")
    with running_server(
        *flags, "--max-attempts", "2", "--pool-size", "4", "--queue-size", "0", *FLAGS
    ) as server:
        yield server


class Difference:
    """What has changed at SERVER since this was made."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._before = scraped(server)

    def __call__(self, name: str, **labels: str) -> float:
        """The difference of the sum of the series NAME with LABELS."""
        return scraped(self._server).sum(name, **labels) - self._before.sum(name, **labels)

    def wait(self, difference: float, name: str, **labels: str) -> None:
        """Return when it is DIFFERENCE: a call counts a moment after its client has the status."""
        wait_for(lambda: self(name, **labels) == difference, 60)


def called(
    server: ServerProcess, method: str, request: bytes = b"", timeout: float = 60, token: str = ""
) -> grpc.StatusCode:
    """The code with which a call of METHOD ends, which is made once."""
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    with grpc.insecure_channel(server.address) as channel:
        try:
            channel.unary_unary(method, bytes, bytes)(request, timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def described(server: ServerProcess, name: str = "Music", timeout: float = 60) -> grpc.StatusCode:
    """The code with which DescribeTable of the table NAME ends."""
    request = DescribeTableRequest(table_name=name).SerializeToString()
    return called(server, "/tableadmin.v1.TableAdmin/DescribeTable", request, timeout)


def test_a_call_that_succeeds(measured: ServerProcess, behind: ScriptedEndpoint) -> None:
    """The call and its call to the endpoint count once each, with their time."""
    behind.step = answer({"Table": TABLE})
    since = Difference(measured)
    assert grpc.StatusCode.OK == described(measured)
    rpc = {**ADMIN, "grpc_method": "DescribeTable"}
    assert 1 == since("grpc_server_started_total", **rpc)
    assert 1 == since("grpc_server_handled_total", **rpc, grpc_code="OK")
    assert 1 == since("grpc_server_msg_received_total", **rpc)
    assert 1 == since("grpc_server_msg_sent_total", **rpc)
    assert 1 == since("grpc_server_handling_seconds_count", **rpc)
    assert 0 < since("grpc_server_handling_seconds_sum", **rpc) < 60
    assert 1 == since("tableadmin_endpoint_calls_total", operation="DescribeTable", code="OK")
    assert 1 == since("tableadmin_endpoint_call_seconds_count", endpoint="default")
    assert 1 == since("tableadmin_endpoint_requests_total", endpoint="default")
    assert 1 == scraped(measured).value("tableadmin_endpoint_up", endpoint="default")


def test_errors_and_attempts(measured: ServerProcess, behind: ScriptedEndpoint) -> None:
    """An error counts by its code; requests that were sent again count beside the first ones."""
    since = Difference(measured)
    behind.step = error("ResourceNotFoundException")
    assert grpc.StatusCode.NOT_FOUND == described(measured)
    behind.step = error("ThrottlingException")
    assert grpc.StatusCode.RESOURCE_EXHAUSTED == described(measured)
    assert grpc.StatusCode.INVALID_ARGUMENT == called(
        measured, "/tableadmin.v1.TableAdmin/DeleteTable", b"\xff"
    )
    codes = {
        "NotFound": "DescribeTable",
        "ResourceExhausted": "DescribeTable",
        "InvalidArgument": "DeleteTable",
    }
    for code, method in codes.items():
        rpc = {**ADMIN, "grpc_method": method, "grpc_code": code}
        since.wait(1, "grpc_server_handled_total", **rpc)
    assert 3 == since("grpc_server_msg_received_total", grpc_service="tableadmin.v1.TableAdmin")
    assert 0 == since("grpc_server_msg_sent_total", grpc_service="tableadmin.v1.TableAdmin")
    assert 1 == since("tableadmin_endpoint_calls_total", operation="DescribeTable", code="NotFound")
    assert 1 == since("tableadmin_endpoint_calls_total", operation="DescribeTable", code="ResourceExhausted")
    assert 2 == since("tableadmin_endpoint_calls_total")
    assert 3 == since("tableadmin_endpoint_requests_total")
    assert 1 == since("tableadmin_endpoint_throttled_total", operation="DescribeTable")


def test_deadlines_and_calls_in_progress(
    measured: ServerProcess, behind: ScriptedEndpoint, held: Held
) -> None:
    """A call is in progress until its deadline, and ends DeadlineExceeded."""
    behind.step = held
    since = Difference(measured)
    rpc = {**ADMIN, "grpc_method": "DescribeTable"}
    with ThreadPoolExecutor(1) as thread:
        call = thread.submit(described, measured, timeout=4)
        held.wait()
        assert 1 == since("tableadmin_calls_in_progress", **rpc)
        assert 1 == scraped(measured).value("tableadmin_endpoint_calls_held", endpoint="default")
        assert grpc.StatusCode.DEADLINE_EXCEEDED == call.result()
    since.wait(1, "grpc_server_handled_total", **rpc, grpc_code="DeadlineExceeded")
    assert 0 == since("tableadmin_calls_in_progress", **rpc)
    wait_for(
        lambda: since("tableadmin_endpoint_calls_total", operation="DescribeTable", code="Canceled") == 1
    )
    held.release()
    wait_for(lambda: scraped(measured).value("tableadmin_endpoint_calls_held", endpoint="default") == 0)


def test_overload(measured: ServerProcess, behind: ScriptedEndpoint, held: Held) -> None:
    """Calls past pool and queue count as refused by the server, and not as throttled by the endpoint."""
    behind.step = held
    since = Difference(measured)
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(described, measured, f"t-{number}") for number in range(4)]
        for _ in calls:
            held.wait()
        scrape = scraped(measured)
        assert scrape.value("tableadmin_endpoint_calls_limit", endpoint="default") == 4
        assert scrape.value("tableadmin_endpoint_calls_held", endpoint="default") == 4
        assert grpc.StatusCode.RESOURCE_EXHAUSTED == described(measured, "one-more")
        held.release()
        assert [grpc.StatusCode.OK] * 4 == [call.result() for call in calls]
    assert 1 == since("tableadmin_endpoint_refused_total", endpoint="default", reason="ENDPOINT_OVERLOADED")
    assert 0 == since("tableadmin_endpoint_throttled_total")
    assert 4 == since("tableadmin_endpoint_call_seconds_count", endpoint="default")


def test_shared_reads(measured: ServerProcess, behind: ScriptedEndpoint, held: Held) -> None:
    """Reads that share a call count once each, and their calls once each."""
    behind.step = held
    since = Difference(measured)
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(described, measured)
        held.wait()
        others = [threads.submit(described, measured) for _ in range(4)]
        wait_for(lambda: since("tableadmin_shared_reads_asked_total", grpc_method="DescribeTable") == 5)
        held.release()
        assert [grpc.StatusCode.OK] * 5 == [call.result() for call in (first, *others)]
    assert 2 == since("tableadmin_shared_reads_called_total", grpc_method="DescribeTable")
    assert 2 == since("tableadmin_endpoint_calls_total", operation="DescribeTable", code="OK")


def test_streams(measured: ServerProcess, behind: ScriptedEndpoint) -> None:
    """A watch is in progress and a watcher with a poll loop until it ends; a change has its lag."""
    behind.step = answer({"Table": {**TABLE, "TableStatus": "UPDATING"}})  # polled often
    since = Difference(measured)
    rpc = {"grpc_type": "server_stream", "grpc_service": "tableadmin.v1.WatchService", "grpc_method": "Watch"}
    request = WatchRequest(table_names=["Music"], parts=[TablePart.TABLE_PART_DESCRIPTION])
    with grpc.insecure_channel(measured.address) as channel:
        call = WatchServiceStub(channel).Watch(request, timeout=60)
        watch = events_in(call)
        assert next(each.table.table_name for each in watch if each.HasField("table")) == "Music"
        assert next(each.HasField("checkpoint") for each in watch)
        assert 1 == since("tableadmin_calls_in_progress", **rpc)
        assert 1 == since("tableadmin_watchers", endpoint="default")
        assert 1 == since("tableadmin_poll_loops", endpoint="default", kind="table")
        assert 0 == since("tableadmin_watch_event_lag_seconds_count")
        behind.step = answer({"Table": TABLE})
        assert next(each for each in watch if each.HasField("table")).table.changes
        assert 1 == since("tableadmin_watch_event_lag_seconds_count", endpoint="default")
        assert 1 == since("grpc_server_msg_received_total", **rpc)
        assert since("grpc_server_msg_sent_total", **rpc) >= 3
        assert 0 <= since("tableadmin_watch_event_lag_seconds_sum") < 60
        assert since("tableadmin_polls_total", outcome="answered") >= 2
        call.cancel()  # type: ignore[no-untyped-call]  # the stubs lack a type
        since.wait(1, "grpc_server_handled_total", **rpc, grpc_code="Canceled")
    for gauge in ("tableadmin_calls_in_progress", "tableadmin_watchers", "tableadmin_poll_loops"):
        since.wait(0, gauge)
    assert 1 == since("grpc_server_handling_seconds_count", **rpc)


def test_circuit_breaker() -> None:
    """A scrape shows one state of the circuit breaker: open after failures, closed after an answer."""
    with serving() as endpoint:
        flags = ("--endpoint-url", endpoint.url, "--region", "us-west-2", "--operations-table", "")
        with running_server(*flags, "--max-attempts", "1", "--pool-size", "1", *FLAGS) as server:

            def states() -> dict[str, float]:
                scrape = scraped(server)
                name = "tableadmin_endpoint_circuit_state"
                return {state: scrape.value(name, endpoint="default", state=state) for state in STATES}

            assert {"closed": 1, "open": 0, "half_open": 0} == states()
            endpoint.step = page("bad gateway", 502)
            assert grpc.StatusCode.UNAVAILABLE == described(server)
            wait_for(lambda: states() == {"closed": 0, "open": 1, "half_open": 0}, 60)
            endpoint.step = answer({"Table": TABLE})
            wait_for(lambda: described(server) == grpc.StatusCode.OK, 60)
            assert {"closed": 1, "open": 0, "half_open": 0} == states()


def test_loads_of_tokens(tmp_path: Path) -> None:
    """Loads of a file of tokens count by authenticator and outcome."""
    tokens = tmp_path / "tokens.toml"
    tokens.write_text("tokens = []")
    robots = f'[authenticators.robots]\nkind = "token"\nprincipals = "Service"\ntokens_file = "{tokens}"'
    with serving() as endpoint:
        config = config_with_token(tmp_path, endpoint.url, robots)
        with running_server("--config", str(config), *FLAGS) as server:

            def loads(outcome: str) -> float:
                name = "tableadmin_authenticator_loads_total"
                # The file is looked at when somebody calls whom the other authenticator does not know.
                called(server, "/tableadmin.v1.TableAdmin/DescribeTable", token="guessed")
                return scraped(server).value(name, authenticator="robots", outcome=outcome)

            assert (1, 0) == (loads("loaded"), loads("refused"))
            tokens.write_text("nonsense")
            wait_for(lambda: loads("refused") == 1, 60)
            tokens.write_text("tokens = []  # again")
            wait_for(lambda: loads("loaded") == 2, 60)


def test_unknown_methods_add_no_series(measured: ServerProcess) -> None:
    """Calls of any methods that the server does not have count, under one name."""
    assert grpc.StatusCode.UNIMPLEMENTED == called(measured, "/a.B/c")
    before = scraped(measured)
    methods = [f"/{uuid.uuid4().hex}/{uuid.uuid4().hex}" for _ in range(40)]
    methods += [f"/tableadmin.v1.TableAdmin/{uuid.uuid4().hex}" for _ in range(10)]
    assert {grpc.StatusCode.UNIMPLEMENTED} == {called(measured, method) for method in methods}
    after = scraped(measured)
    unknown = {"grpc_type": "unary", "grpc_service": "unknown", "grpc_method": "unknown"}
    for name, labels in (
        ("grpc_server_started_total", unknown),
        ("grpc_server_handled_total", {**unknown, "grpc_code": "Unimplemented"}),
    ):
        assert 50 == after.value(name, **labels) - before.value(name, **labels)
    assert after.values.keys() == before.values.keys()


def test_every_metric_is_there(measured: ServerProcess) -> None:
    """A scrape has the help and the type of each metric that is documented, and of no other of the server."""
    text = scraped(measured).text
    types = dict(line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE "))
    own = {name: kind for name, kind in types.items() if name.startswith(("grpc_", "tableadmin_"))}
    assert {each.name: each.kind for each in METRICS} == own
    assert {"process_cpu_seconds_total", "process_open_fds", "python_info"} <= types.keys()


def test_promtool(measured: ServerProcess) -> None:
    """`promtool check metrics` finds nothing to say."""
    checked = subprocess.run(
        [tools.required(lambda: tools.prometheus("promtool")), "check", "metrics"],
        input=scraped(measured).text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "", "") == (checked.returncode, checked.stdout, checked.stderr)


def test_a_hanging_event_loop(behind: ScriptedEndpoint) -> None:
    """A scrape is answered while the event loop hangs, and says for how long the loop did not answer."""
    flags = ("--endpoint-url", behind.url, "--region", "us-west-2", "--operations-table", "")
    module = "tests.server.metrics.blocking_server"
    with running_server(*flags, *FLAGS, module=module) as server:
        wait_for(lambda: scraped(server).value("tableadmin_event_loop_delay_seconds") < 1)
        server.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: scraped(server).value("tableadmin_event_loop_delay_seconds") == 1)
        server.process.kill()


def test_security(tmp_path: Path) -> None:
    """Denials, wrong credentials and reloads of policies count by outcome, without the names of callers."""
    with guarded(tmp_path, flags=FLAGS) as server:
        since = Difference(server.process)
        server.scripted.step = answer({"Table": TABLE})
        with server.client("olga") as client:
            client.describe_table(table_name="music-x")
        with server.client("nobody") as client, pytest.raises(PermissionDenied):
            client.describe_table(table_name="music-x")
        guessed = called(server.process, "/tableadmin.v1.TableAdmin/DescribeTable", token="guessed")
        assert grpc.StatusCode.UNAUTHENTICATED == guessed
        rpc = {**ADMIN, "grpc_method": "DescribeTable"}
        for code in ("OK", "PermissionDenied", "Unauthenticated"):
            since.wait(1, "grpc_server_handled_total", **rpc, grpc_code=code)
        assert 1 == since("tableadmin_policy_decisions_total", outcome="allowed")
        assert 1 == since("tableadmin_policy_decisions_total", outcome="denied")
        assert 1 == since("tableadmin_failed_logins_total", outcome="denied")
        assert 1 == since("tableadmin_endpoint_calls_total", endpoint="staging", code="OK")
        assert 1 == scraped(server.process).value("tableadmin_policy_loads_total", outcome="loaded")
        (server.policies / "main.cedar").write_text("nonsense")
        since.wait(1, "tableadmin_policy_loads_total", outcome="refused")
        assert not any(name in scraped(server.process).text for name in ("olga", "nobody", "music-x"))


def test_limits_and_an_audit_that_cannot_be_written(tmp_path: Path) -> None:
    """Calls past a limit count by limit; audit records that fail count, wait, and grow older."""
    with serving() as endpoint:
        limits = "[limits]\ncalls_per_second = 0.01\nburst = 2"
        config = config_with_token(
            tmp_path, endpoint.url, '[audit]\nfile = "/dev/full"\nsync = false', limits
        )
        with running_server("--config", str(config), *FLAGS) as server:
            assert 0 == scraped(server).value("tableadmin_audit_lag_seconds")
            request = DeleteTableRequest(table_name="Music").SerializeToString()
            codes = [
                called(server, "/tableadmin.v1.TableAdmin/DeleteTable", request, token=TOKEN)
                for _ in range(3)
            ]
            assert [grpc.StatusCode.UNAVAILABLE] * 2 + [grpc.StatusCode.RESOURCE_EXHAUSTED] == codes
            scrape = scraped(server)
            assert [] == endpoint.seen
            assert 1 == scrape.value("tableadmin_limit_refusals_total", limit="calls_per_second")
            assert 2 <= scrape.value("tableadmin_audit_records_total", outcome="failed")
            assert 0 == scrape.value("tableadmin_audit_records_total", outcome="written")
            assert 0 < scrape.value("tableadmin_audit_records_waiting")
            assert 0 < scrape.value("tableadmin_audit_lag_seconds")
            assert "Music" not in scrape.text


def test_nothing_is_measured_without_an_address(scripted_server: ServerProcess) -> None:
    """Without an address of metrics the server says none."""
    assert scripted_server.metrics_address is None


def test_an_address_that_is_taken() -> None:
    """A server whose address of metrics is taken does not start, and says which address that is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run_server("--region", "us-west-2", "--listen", "127.0.0.1:0", "--metrics-address", address)
    assert 1 == ended.returncode
    assert f"cannot listen at {address} for metrics" in ended.stderr


def test_other_requests(measured: ServerProcess) -> None:
    """The port answers GET alone; a client that says nothing holds nobody up."""
    host, _, port = str(measured.metrics_address).rpartition(":")
    with socket.create_connection((host, int(port))):
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", "/metrics", b"x")
            assert 405 == connection.getresponse().status
        assert scraped(measured).value("tableadmin_healthy") == 1
