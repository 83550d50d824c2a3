"""Traces of a server process, as a collector gets them."""

import json
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating import attributes as conventions

import tableadmin.transport.tracing
from tableadmin import Client, NotFound, ResourceExhausted, aio
from tableadmin.v1 import DescribeTableRequest, TablePart
from tableadmin_server.tracing import names
from tests.measuring import least
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import REQUEST_ID, Held, ScriptedEndpoint, answer, error, serving
from tests.server.tracing.collector import FLAG, Collected, Collector, environment
from tests.server_process import ServerProcess, run_server, running_server

TABLE = {"TableName": "Music", "TableStatus": "ACTIVE"}
DESCRIBE = "tableadmin.v1.TableAdmin/DescribeTable"
SAMPLED, UNSAMPLED = "01", "00"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def behind() -> Iterator[ScriptedEndpoint]:
    """The endpoint behind `traced`."""
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def traced(behind: ScriptedEndpoint, collector: Collector) -> Iterator[ServerProcess]:
    """A server with traces in front of an endpoint that answers what a test writes down."""
    flags = ("--endpoint-url", behind.url, "--region", "us-west-2", "--operations-table", "")
    more = ("--max-attempts", "2", "--log-level", "debug", FLAG)
    with running_server(*flags, *more, env=environment(collector)) as server:
        yield server


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """The spans of clients of this process."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tableadmin.transport.tracing, "get_tracer", provider.get_tracer)
    return exporter


def of_client(spans: InMemorySpanExporter) -> ReadableSpan:
    """The one span of a client."""
    wait_for(lambda: bool(spans.get_finished_spans()), 60)
    (span,) = spans.get_finished_spans()
    return span


def hex_ids(span: ReadableSpan) -> tuple[str, str]:
    """The ids of the trace and of SPAN."""
    context = span.get_span_context()
    assert context is not None
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def traceparent(flags: str = SAMPLED) -> tuple[str, str]:
    """Metadata of a call of the span PARENT."""
    return "traceparent", f"00-{TRACE}-{PARENT}-{flags}"


def chain(collector: Collector, span: ReadableSpan, operation: str) -> tuple[Collected, Collected]:
    """The spans of the server and of its call of OPERATION, in the trace of the client's SPAN."""
    trace_id, span_id = hex_ids(span)
    (served,) = collector.wait(trace=trace_id, parent=span_id)
    (called,) = collector.wait(trace=trace_id, parent=served.id)
    assert (f"tableadmin.v1.TableAdmin/{operation}", "SERVER") == (served.name, served.kind)
    assert (f"DynamoDB/{operation}", "CLIENT") == (called.name, called.kind)
    return served, called


def test_a_read_by_libcurl(
    traced: ServerProcess, behind: ScriptedEndpoint, collector: Collector, spans: InMemorySpanExporter
) -> None:
    """A read has one trace from the client through the server to the endpoint, with all request ids."""
    behind.step = answer({"Table": TABLE})
    with Client(traced.address, tracing=True) as client:
        client.describe_table(table_name="Music")
    span = of_client(spans)
    served, called = chain(collector, span, "DescribeTable")
    own_id = str((span.attributes or {})[names.REQUEST_ID])
    assert re.fullmatch("[0-9a-f]{32}", own_id)
    assert {
        names.SYSTEM: "grpc",
        names.METHOD: DESCRIBE,
        names.STATUS_CODE: "OK",
        names.SERVER_ADDRESS: traced.address,
        names.REQUEST_ID: own_id,
        names.AWS_REQUEST_ID: REQUEST_ID,
    } == dict(span.attributes or {})
    assert {
        names.SYSTEM: "grpc",
        names.METHOD: DESCRIBE,
        names.STATUS_CODE: "OK",
        names.ENDPOINT: "default",
        names.REQUEST_ID: own_id,
        names.AWS_REQUEST_ID: REQUEST_ID,
    } == served.attributes
    assert {
        names.SYSTEM: "aws-api",
        names.METHOD: "DynamoDB/DescribeTable",
        names.DATABASE: "aws.dynamodb",
        names.ENDPOINT: "default",
        names.REGION: "us-west-2",
        names.SERVER_ADDRESS: "127.0.0.1",
        names.SERVER_PORT: int(behind.url.rpartition(":")[2]),
        names.TABLES: ["Music"],
        names.AWS_REQUEST_ID: REQUEST_ID,
        names.HTTP_STATUS: 200,
    } == called.attributes
    assert [(names.SENT, {})] == called.events
    assert (False, False) == (served.failed, called.failed)
    assert "tableadmin-server" == served.resource["service.name"]


def test_a_change_by_botocore(
    traced: ServerProcess, behind: ScriptedEndpoint, collector: Collector, spans: InMemorySpanExporter
) -> None:
    """A change has one trace from the client through the server to the endpoint."""
    behind.step = answer({"TableDescription": TABLE})
    with Client(traced.address, tracing=True) as client:
        client.delete_table(table_name="Music")
    _, called = chain(collector, of_client(spans), "DeleteTable")
    assert REQUEST_ID == called.attributes[names.AWS_REQUEST_ID]
    assert [(names.SENT, {})] == called.events


async def test_the_asyncio_client(
    traced: ServerProcess, behind: ScriptedEndpoint, collector: Collector, spans: InMemorySpanExporter
) -> None:
    """Calls of the asyncio client begin traces too, those that fail and streams among them."""
    async with aio.Client(traced.address, tracing=True) as client:
        behind.step = error("ResourceNotFoundException")
        with pytest.raises(NotFound):
            await client.describe_table(table_name="Music")
        span = of_client(spans)
        chain(collector, span, "DescribeTable")
        assert "NOT_FOUND" == (span.attributes or {})["error.type"]
        spans.clear()
        behind.step = answer({"Table": TABLE})
        parts = [TablePart.TABLE_PART_DESCRIPTION]
        async for _ in client.watch(table_names=["Music"], parts=parts, snapshot_only=True):
            pass
    span = of_client(spans)
    (served,) = collector.wait(trace=hex_ids(span)[0], name="tableadmin.v1.WatchService/Watch")
    assert hex_ids(span)[1] == served.parent
    assert "OK" == (span.attributes or {})[names.STATUS_CODE]


def test_an_error_of_the_endpoint(
    traced: ServerProcess, behind: ScriptedEndpoint, collector: Collector, spans: InMemorySpanExporter
) -> None:
    """An error has its code and reason, and no text; for the server it is no failure of its own."""
    behind.step = error("ResourceNotFoundException", "secret text")
    with Client(traced.address, tracing=True) as client, pytest.raises(NotFound):
        client.describe_table(table_name="Music")
    span = of_client(spans)
    served, called = chain(collector, span, "DescribeTable")
    assert not span.status.is_ok
    assert not served.failed
    assert called.failed
    assert "NOT_FOUND" == served.attributes[names.STATUS_CODE]
    assert served.attributes[names.REASON]
    assert REQUEST_ID == served.attributes[names.AWS_REQUEST_ID] == called.attributes[names.AWS_REQUEST_ID]
    assert ("ResourceNotFoundException", 400) == (
        called.attributes[names.ERROR_TYPE],
        called.attributes[names.HTTP_STATUS],
    )
    assert b"secret text" not in b"".join(each.span.SerializeToString() for each in (served, called))


def test_attempts(
    traced: ServerProcess, behind: ScriptedEndpoint, collector: Collector, spans: InMemorySpanExporter
) -> None:
    """The attempts of a call are events of one span, also where libcurl and botocore make them."""
    behind.step = error("ThrottlingException")
    with Client(traced.address, tracing=True) as client, pytest.raises(ResourceExhausted):
        client.describe_table(table_name="Music")
    _, called = chain(collector, of_client(spans), "DescribeTable")
    failed = (names.ATTEMPT_FAILED, {names.ERROR_TYPE: "ThrottlingException"})
    assert [(names.SENT, {}), failed, (names.SENT, {}), failed] == called.events


def test_shared_reads(
    traced: ServerProcess, behind: ScriptedEndpoint, collector: Collector, held: Held
) -> None:
    """A call that callers share is in the trace of the first one, with links to the spans of the others."""
    behind.step = held
    request = DescribeTableRequest(table_name="Shared").SerializeToString()
    with grpc.insecure_channel(traced.address) as channel, ThreadPoolExecutor(4) as threads:
        call = channel.unary_unary(f"/{DESCRIBE}", bytes, bytes)

        def describe() -> None:
            call(request, timeout=60)

        first = threads.submit(describe)
        held.wait()
        others = [threads.submit(describe) for _ in range(3)]
        time.sleep(0.5)  # too short a time makes the test check less, and fail nothing
        held.release()
        for each in (first, *others):
            each.result()
    called = collector.wait(2, name="DynamoDB/DescribeTable", tables=["Shared"])
    linked = [pair for each in called for pair in each.links]
    parents = {(each.trace, each.parent) for each in called}
    assert 4 == len({*parents, *linked}) == len(parents) + len(linked)
    for trace_id, span_id in (*parents, *linked):
        collector.wait(name=DESCRIBE, trace=trace_id, id=span_id)


def test_a_caller_decides_on_sampling(
    traced: ServerProcess, behind: ScriptedEndpoint, collector: Collector
) -> None:
    """The span of a call has the parent that the call names, and is not recorded if the parent is not."""
    behind.step = answer({"Table": TABLE})
    request = DescribeTableRequest(table_name="Music").SerializeToString()
    with grpc.insecure_channel(traced.address) as channel:
        call = channel.unary_unary(f"/{DESCRIBE}", bytes, bytes)
        call(request, timeout=60, metadata=(traceparent(UNSAMPLED),))
        call(request, timeout=60, metadata=(("traceparent", "nonsense"),))
        call(request, timeout=60, metadata=(traceparent(), ("tracestate", "vendor=1")))
    (served,) = collector.wait(trace=TRACE, name=DESCRIBE)
    (called,) = collector.wait(trace=TRACE, parent=served.id)
    assert PARENT == served.parent
    assert "vendor=1" == served.span.trace_state
    assert {served.id, called.id} == {each.id for each in collector.found(trace=TRACE)}


def test_what_has_no_spans(traced: ServerProcess, behind: ScriptedEndpoint, collector: Collector) -> None:
    """Health checks have no spans, and polls of watches none either: they would fill every trace."""
    behind.step = answer({"Table": {**TABLE, "TableStatus": "UPDATING"}})
    with grpc.insecure_channel(traced.address) as channel:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=60)
    seen = len(behind.seen)

    def codes() -> list[object]:
        watches = collector.found(name="tableadmin.v1.WatchService/Watch")
        return [each.attributes[names.STATUS_CODE] for each in watches]

    with Client(traced.address) as client:
        watch = client.watch(table_names=["Polled"], parts=[TablePart.TABLE_PART_DESCRIPTION])
        next(watch)
        wait_for(lambda: len(behind.seen) >= seen + 3, 60)
        watch.close()
        client.describe_table(table_name="After")
    wait_for(lambda: "CANCELLED" in codes(), 60)
    collector.wait(tables=["After"])
    assert [] == collector.found(tables=["Polled"])
    assert not [each for each in collector.found() if each.name.startswith("grpc.health")]


def test_the_log_names_the_trace(
    traced: ServerProcess, behind: ScriptedEndpoint, collector: Collector
) -> None:
    """The line of a call has the ids of its trace and of its span."""
    behind.step = answer({"TableDescription": TABLE})
    with Client(traced.address) as client:
        client.delete_table(table_name="Logged")
    wait_for(lambda: "Logged" in traced.log, 60)
    (line,) = (json.loads(each) for each in traced.log.splitlines() if "Logged" in each)
    (served,) = collector.wait(id=line["span_id"])
    assert (served.trace, served.attributes[names.REQUEST_ID]) == (line["trace_id"], line["request_id"])


def test_without_a_collector(behind: ScriptedEndpoint, free_port: int) -> None:
    """Calls succeed while no collector answers, and the server stops within seconds."""
    behind.step = answer({"Table": TABLE})
    flags = ("--endpoint-url", behind.url, "--region", "us-west-2", "--operations-table", "")
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port}"}

    def seconds() -> float:
        with running_server(*flags, FLAG, env=env) as server:
            with Client(server.address) as client:
                client.describe_table(table_name="Music")
            began = time.monotonic()
            assert 0 == server.terminate()
            return time.monotonic() - began

    assert least(seconds, 20) < 20


def test_off(behind: ScriptedEndpoint) -> None:
    """A server without traces does not need OpenTelemetry; one with traces says what to install."""
    behind.step = answer({"Table": TABLE})
    flags = ("--endpoint-url", behind.url, "--region", "us-west-2", "--operations-table", "")
    module = "tests.server.tracing.untraced_server"
    # Fresh: a process that has imported the server may have imported OpenTelemetry.
    with running_server(*flags, module=module, fresh=True) as server, Client(server.address) as client:
        client.describe_table(table_name="Music")
    refused = run_server(*flags, FLAG, module=module)
    assert 2 == refused.returncode
    assert "traces.enabled: " in refused.stderr
    assert "pip install 'tableadmin[server,server-otel]'" in refused.stderr


def test_check_config(behind: ScriptedEndpoint) -> None:
    """A check of the configuration says that there would be traces, and sends none."""
    checked = run_server("--endpoint-url", behind.url, "--region", "us-west-2", FLAG, "--check-config")
    assert 0 == checked.returncode
    assert "would send traces by OTLP" in checked.stdout


@pytest.mark.parametrize("more", [(), ("--check-config",)])
def test_a_protocol_that_is_not_there(more: tuple[str, ...]) -> None:
    """Another protocol of OTLP than gRPC is a configuration error."""
    env = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    refused = run_server("--region", "us-west-2", FLAG, *more, env=env)
    assert 2 == refused.returncode
    assert "OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' is not supported: must be grpc" in refused.stderr


def test_documentation() -> None:
    """docs/reference/traces.md names each span, event and attribute of the code, and no others."""
    text = (ROOT / "docs" / "reference" / "traces.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))
    values = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
    spans = {"tableadmin.v1.SERVICE/METHOD", "DynamoDB/OPERATION", "SERVICE/OPERATION"}
    assert spans | values - {names.GRPC, names.AWS_API, names.DYNAMODB} == rows


def test_conventions() -> None:
    """Attributes that are not of the service are of OpenTelemetry's semantic conventions."""
    folder = Path(str(next(iter(conventions.__path__))))
    known = "".join(each.read_text(encoding="utf-8") for each in folder.glob("*_attributes.py"))
    for value in (getattr(names, name) for name in vars(names) if name.isupper()):
        if isinstance(value, str) and "." in value and not value.startswith("tableadmin."):
            assert f'"{value}"' in known, value


def test_a_client_with_a_channel(
    traced: ServerProcess, behind: ScriptedEndpoint, spans: InMemorySpanExporter
) -> None:
    """Calls on a channel that is given have spans too."""
    behind.step = answer({"Table": TABLE})
    with (
        grpc.insecure_channel(traced.address) as channel,
        Client(traced.address, channel=channel, tracing=True) as client,
    ):
        client.describe_table(table_name="Music")
    assert DESCRIBE == of_client(spans).name


def test_client_without_opentelemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client with tracing says what to install."""
    monkeypatch.setitem(sys.modules, "tableadmin.transport.tracing", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'tableadmin\[otel\]'"):
        Client(tracing=True)
