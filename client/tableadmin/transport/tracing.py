"""Spans for the calls of a client. Needs OpenTelemetry: `pip install 'tableadmin[otel]'`.

The application's exporters receive the spans: this module uses only OpenTelemetry's API. gRPC's interceptors
are not used because they change how calls end.
"""

from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import grpc
from opentelemetry.trace import Span, SpanKind, StatusCode, get_tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tableadmin import __version__

T = TypeVar("T")
Channel = TypeVar("Channel", grpc.Channel, grpc.aio.Channel)

# The keys of the trailing metadata, and their span attributes.
_TRAILING = {"tableadmin-request-id": "tableadmin.request_id", "aws-request-id": "aws.request_id"}
_propagator = TraceContextTextMapPropagator()


def trace_channel(channel: Channel, target: str) -> Channel:
    """Return CHANNEL, a channel to TARGET, with a span for each call."""
    return cast("Channel", _TracedChannel(channel, target))


# Any: the messages of all RPCs, and arguments that are passed to gRPC.
class _TracedChannel:
    """CHANNEL with a span for each call."""

    def __init__(self, channel: Any, target: str) -> None:  # noqa: ANN401
        self._channel = channel
        self._target = target

    def unary_unary(self, method: str, *args: Any, **options: Any) -> "_TracedRpc":  # noqa: ANN401
        """Return the RPC METHOD with one response."""
        return _TracedRpc(self._channel.unary_unary(method, *args, **options), method, self._target)

    def unary_stream(self, method: str, *args: Any, **options: Any) -> "_TracedRpc":  # noqa: ANN401
        """Return the RPC METHOD with a stream of responses."""
        return _TracedRpc(self._channel.unary_stream(method, *args, **options), method, self._target)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._channel, name)


class _TracedRpc:
    """RPC with a span for each call. The call sends the span as `traceparent`."""

    def __init__(self, rpc: Any, method: str, target: str) -> None:  # noqa: ANN401
        self._rpc = rpc
        self._name = method.lstrip("/")
        self._tracer = get_tracer("tableadmin", __version__)
        self._facts = {"rpc.system.name": "grpc", "rpc.method": self._name, "server.address": target}

    def with_call(self, request: Any, *, timeout: float | None, metadata: Sequence[Any]) -> Any:  # noqa: ANN401
        """Call, and wait for the response, as gRPC's `with_call` does."""
        span, metadata = self._begin(metadata)
        try:
            response, call = self._rpc.with_call(request, timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            _end(span, cast("grpc.Call", error))
            raise
        except BaseException as error:
            _fail(span, error)
            raise
        _end(span, call)
        return response, call

    def __call__(self, request: Any, *, timeout: float | None, metadata: Sequence[Any]) -> Any:  # noqa: ANN401
        """Start a call, as gRPC's stream RPCs and all RPCs of grpc.aio do."""
        span, metadata = self._begin(metadata)
        try:
            call = self._rpc(request, timeout=timeout, metadata=metadata)
        except BaseException as error:
            _fail(span, error)
            raise
        call.add_done_callback(partial(_end, span))
        return call

    def _begin(self, metadata: Sequence[Any]) -> tuple[Span, Sequence[Any]]:
        span = self._tracer.start_span(self._name, kind=SpanKind.CLIENT, attributes=self._facts)
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, set_span_in_context(span))
        return span, (*metadata, *carrier.items())


def _end(span: Span, call: Any) -> None:  # noqa: ANN401
    """End SPAN with the result of the ended CALL."""
    code, trailing = _known(call.code()), _known(call.trailing_metadata())
    span.set_attribute("rpc.response.status_code", code.name)
    span.set_attributes({_TRAILING[key]: str(value) for key, value in trailing or () if key in _TRAILING})
    if code is not grpc.StatusCode.OK:
        span.set_attribute("error.type", code.name)
        span.set_status(StatusCode.ERROR)
    span.end()


def _fail(span: Span, error: BaseException) -> None:
    """End SPAN of a call that did not start."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(StatusCode.ERROR)
    span.end()


def _known(value: Coroutine[None, None, T] | T) -> T:
    """Return VALUE, or the result of VALUE if it is a coroutine of an ended call of grpc.aio."""
    if not isinstance(value, Coroutine):
        return value
    try:
        value.send(None)
    except StopIteration as returned:
        return cast("T", returned.value)
    raise RuntimeError("the call has not ended")
