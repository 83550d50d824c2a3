"""Makes the spans of a server and sends them to a collector."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from uuid import uuid4

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import get_current_span

from tableadmin import __version__
from tableadmin_server.config import ConfigError
from tableadmin_server.dynamodb.client.service_calls import TraceCall
from tableadmin_server.dynamodb.endpoint import MakeCalls
from tableadmin_server.logs import logs
from tableadmin_server.operations.execution.observer import OperationTracing
from tableadmin_server.services.table_admin import MakeShared
from tableadmin_server.tracing.endpoint_calls import TracedCalls, service_call
from tableadmin_server.tracing.operation_steps import TracedOperations
from tableadmin_server.tracing.rpcs import TracingInterceptor
from tableadmin_server.tracing.shared_calls import TracedSharedCall
from tableadmin_server.tracing.tracing import Tracing

_NAME = "tableadmin-server"
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "grpc"
# Seconds to send the last spans when the server stops.
_CLOSE_SECONDS = 3.0


class SdkTracing(Tracing):
    """The traces of a server. ENDPOINT is the name of the default endpoint.

    The variables OTEL_* configure sampling, resource, batches and exporter, as OpenTelemetry documents them.
    PROCESSOR gets the spans. The default sends them by OTLP.
    """

    def __init__(self, endpoint: str, processor: SpanProcessor | None = None) -> None:
        """Create the exporter without connecting. Raises ConfigError for an unsupported protocol of OTLP."""
        self._processor = processor or BatchSpanProcessor(_exporter())
        resource = Resource.create(
            {"service.name": _NAME, "service.version": __version__, "service.instance.id": str(uuid4())}
        ).merge(OTELResourceDetector().detect())
        configured = TracerProvider(resource=resource, shutdown_on_exit=False)
        sampled = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False)
        for provider in (configured, sampled):
            provider.add_span_processor(self._processor)
        self._tracer = configured.get_tracer(_NAME, __version__)
        self._sampled = sampled.get_tracer(_NAME, __version__)
        self._endpoint = endpoint

    @property
    def interceptors(self) -> Sequence[TracingInterceptor]:
        """See Tracing."""
        return (TracingInterceptor(self._tracer, self._endpoint),)

    @property
    def make_calls(self) -> MakeCalls:
        """See Tracing."""
        return partial(TracedCalls, self._tracer)

    @property
    def service_calls(self) -> Callable[[str], TraceCall]:
        """See Tracing."""
        return lambda endpoint: partial(service_call, self._tracer, endpoint)

    @property
    def make_shared(self) -> MakeShared:
        """See Tracing."""
        return TracedSharedCall

    @property
    def operations(self) -> Callable[[str], OperationTracing]:
        """See Tracing."""
        return partial(TracedOperations, self._tracer, self._sampled)

    def mark_log(self) -> None:
        """See Tracing."""
        logs.add(trace_facts)

    async def close(self) -> None:
        """See Tracing."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(self._processor.shutdown), _CLOSE_SECONDS)


def trace_facts() -> Mapping[str, object]:
    """Return the ids of the current span for a log line, to find one from the other."""
    found = get_current_span().get_span_context()
    return (
        {"trace_id": f"{found.trace_id:032x}", "span_id": f"{found.span_id:016x}"} if found.is_valid else {}
    )


def _exporter() -> OTLPSpanExporter:
    for variable in _PROTOCOLS:
        protocol = os.environ.get(variable, _PROTOCOL)
        if protocol != _PROTOCOL:
            raise ConfigError(f"{variable}: {protocol!r} is not supported: must be {_PROTOCOL}")
    return OTLPSpanExporter()
