"""Makes a span for each RPC."""

from functools import partial

from opentelemetry import context as contexts
from opentelemetry.trace import SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tableadmin_server.interceptors import call_facts
from tableadmin_server.interceptors.chain import Interceptor
from tableadmin_server.interceptors.wrapping import (
    Context,
    Handler,
    HeldRequest,
    Received,
    wrap_handler,
)
from tableadmin_server.tracing import names

# Only these services are traced. Health, reflection and channelz are called often and call no endpoint.
_OWN_SERVICES = "/tableadmin."
_TRACEPARENT = frozenset({"traceparent", "tracestate"})
# The codes of server errors, by the semantic conventions.
_FAILED = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
_propagator = TraceContextTextMapPropagator()


class TracingInterceptor(Interceptor):
    """Makes a span of TRACER for each call. ENDPOINT is the name of the default endpoint.

    The metadata `traceparent` of the call has the parent. This interceptor must be inside of the one that
    makes request ids, and outside of all others.
    """

    def __init__(self, tracer: Tracer, endpoint: str) -> None:
        self._tracer = tracer
        self._endpoint = endpoint

    def intercept(self, handler: Handler, method: str, /) -> Handler:
        """See `Interceptor`: each call has a span."""
        if not method.startswith(_OWN_SERVICES):
            return handler
        traced = partial(_Traced, self._tracer, self._endpoint, method.lstrip("/"))
        return wrap_handler(handler, traced, handler.request_deserializer)


class _Traced(HeldRequest):
    """A call under way. It has slots, because there are thousands of streams."""

    __slots__ = ("_context", "_endpoint", "_name", "_span", "_tracer")

    def __init__(
        self, tracer: Tracer, endpoint: str, name: str, received: Received, context: Context
    ) -> None:
        super().__init__(received)
        self._tracer = tracer
        self._endpoint = endpoint
        self._name = name
        self._context = context

    async def __aenter__(self) -> Received:
        metadata = self._context.invocation_metadata() or ()
        self._span = self._tracer.start_span(
            self._name,
            _propagator.extract({key: value for key, value in metadata if key in _TRACEPARENT}),
            SpanKind.SERVER,
            {names.SYSTEM: names.GRPC, names.METHOD: self._name},
        )
        # Not detached, because each call has its own task, whose context ends with the call.
        contexts.attach(set_span_in_context(self._span))
        return self.hand_over()

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if self._span.is_recording():
            self._describe(error)
        self._span.end()

    def _describe(self, error: BaseException | None) -> None:
        outcome = call_facts.outcome(self._context, error)
        code = call_facts.code_when_left(self._context) if outcome.code == "CANCELLED" else outcome.code
        facts = {
            names.STATUS_CODE: code,
            names.ENDPOINT: call_facts.endpoint_of(self._context, self._endpoint),
            names.REQUEST_ID: call_facts.request_id_of(self._context),
            names.AWS_REQUEST_ID: outcome.aws_request_id,
            names.REASON: outcome.reason,
        }
        self._span.set_attributes({key: value for key, value in facts.items() if value})
        if code in _FAILED:
            self._span.set_attribute(names.ERROR_TYPE, code)
            self._span.set_status(StatusCode.ERROR)
