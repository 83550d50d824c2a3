"""Makes spans for the steps of operations, with links to the ApplyPlan call."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import Link, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tableadmin_server.operations.execution.observer import OperationTracing
from tableadmin_server.operations.storage.record import OperationSpec, OperationStatus, State
from tableadmin_server.tracing import names

_TRACEPARENT = "traceparent"
_FAILED = frozenset({State.FAILED, State.ABORTED})
_propagator = TraceContextTextMapPropagator()


class TracedOperations(OperationTracing):
    """Makes spans for the operations of ENDPOINT. Each span is the root of a trace.

    An operation may run for days, on several servers. Therefore its spans are linked to the ApplyPlan call
    instead of being children of the call's span. If the call was recorded, SAMPLED records the steps too. If
    the call was not traced, TRACER decides.
    """

    def __init__(self, tracer: Tracer, sampled: Tracer, endpoint: str) -> None:
        self._tracer = tracer
        self._sampled = sampled
        self._endpoint = endpoint

    def origin(self) -> str:
        """See OperationTracing."""
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return carrier.get(_TRACEPARENT, "")

    def step(self, spec: OperationSpec, call: str) -> AbstractContextManager[object]:
        """See OperationTracing."""
        return self._span(names.STEP, spec, {names.OPERATION_CALL: call}, failed=False)

    def end(self, spec: OperationSpec, status: OperationStatus) -> AbstractContextManager[object]:
        """See OperationTracing."""
        reason = {names.REASON: status.error.reason} if status.error else {}
        facts = {names.OPERATION_STATE: status.state.value, **reason}
        return self._span(names.END, spec, facts, failed=status.state in _FAILED)

    @contextmanager
    def _span(
        self, name: str, spec: OperationSpec, facts: Mapping[str, str], *, failed: bool
    ) -> Iterator[None]:
        origin = get_current_span(_propagator.extract({_TRACEPARENT: spec.trace})).get_span_context()
        if origin.is_valid and not origin.trace_flags.sampled:
            yield
            return
        tracer = self._sampled if origin.is_valid else self._tracer
        with tracer.start_as_current_span(
            name,
            Context(),
            attributes={
                names.OPERATION_ID: spec.operation_id,
                names.OPERATION_REQUEST_ID: spec.request_id,
                names.ENDPOINT: self._endpoint,
                names.TABLES: [spec.table_name],
                **facts,
            },
            links=[Link(origin)] if origin.is_valid else [],
            # The text of an exception may have secrets.
            record_exception=False,
        ) as span:
            if failed:
                span.set_status(StatusCode.ERROR)
            yield
