"""A collector of OTLP that keeps the spans it gets."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

FLAG = "--traces-enabled"


@dataclass(frozen=True)
class Collected:
    """A span as it came in."""

    span: trace_pb2.Span
    resource: Mapping[str, object]

    @property
    def name(self) -> str:
        """Its name."""
        return self.span.name

    @property
    def kind(self) -> str:
        """SERVER, CLIENT or INTERNAL."""
        return trace_pb2.Span.SpanKind.Name(self.span.kind).removeprefix("SPAN_KIND_")

    @property
    def trace(self) -> str:
        """The id of its trace."""
        return self.span.trace_id.hex()

    @property
    def id(self) -> str:
        """Its own id."""
        return self.span.span_id.hex()

    @property
    def parent(self) -> str:
        """The id of its parent, "" for none."""
        return self.span.parent_span_id.hex()

    @property
    def attributes(self) -> Mapping[str, object]:
        """Its attributes."""
        return values(self.span.attributes)

    @property
    def tables(self) -> object:
        """The tables that it names, None for none."""
        return self.attributes.get("aws.dynamodb.table_names")

    @property
    def events(self) -> list[tuple[str, Mapping[str, object]]]:
        """Its events with their attributes."""
        return [(each.name, values(each.attributes)) for each in self.span.events]

    @property
    def links(self) -> list[tuple[str, str]]:
        """The traces and spans that it is linked to."""
        return [(each.trace_id.hex(), each.span_id.hex()) for each in self.span.links]

    @property
    def failed(self) -> bool:
        """Whether its status is ERROR."""
        return self.span.status.code == trace_pb2.Status.STATUS_CODE_ERROR


class Collector(service_grpc.TraceServiceServicer):
    """Keeps the spans that come in at URL."""

    def __init__(self) -> None:
        self.url = ""
        self._spans: list[Collected] = []
        self._changed = threading.Condition()

    def Export(  # noqa: N802  # the name of the RPC
        self, request: service.ExportTraceServiceRequest, context: object
    ) -> service.ExportTraceServiceResponse:
        """Keep the spans of REQUEST."""
        del context
        with self._changed:
            for of in request.resource_spans:
                resource = values(of.resource.attributes)
                self._spans += [Collected(span, resource) for scope in of.scope_spans for span in scope.spans]
            self._changed.notify_all()
        return service.ExportTraceServiceResponse()

    def found(self, **wanted: object) -> list[Collected]:
        """The spans so far whose members (name, trace, parent, kind, id, tables) are as WANTED."""
        with self._changed:
            spans = list(self._spans)
        return [each for each in spans if all(getattr(each, key) == value for key, value in wanted.items())]

    def wait(self, count: int = 1, seconds: float = 60, **wanted: object) -> list[Collected]:
        """`found`, once there are COUNT; raises AssertionError after SECONDS."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.found(**wanted)) >= count, seconds)
        assert enough, f"{wanted}: {len(self.found(**wanted))} of {count}; there are {self._names()}"
        return self.found(**wanted)

    def _names(self) -> list[str]:
        return [each.name for each in self.found()]


def values(attributes: "object") -> dict[str, object]:
    """ATTRIBUTES of OTLP as a dict."""
    found: list[KeyValue] = list(attributes)  # type: ignore[call-overload]  # a repeated field of any message
    return {each.key: _value(each.value) for each in found}


def _value(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind or "string_value")


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    service_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]  # generated without types
    collector.url = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()


def environment(collector: Collector, **extra: str) -> dict[str, str]:
    """The variables with which a server sends its spans to COLLECTOR, each soon."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "20", **extra}
