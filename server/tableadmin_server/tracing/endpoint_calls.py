"""Makes a span for each call to an endpoint, and to the services beside it, sent by libcurl or botocore."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import context as contexts
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer, get_current_span
from opentelemetry.util.types import AttributeValue

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig
from tableadmin_server.dynamodb.client.call_queue import NO_DEADLINE
from tableadmin_server.dynamodb.client.calls import CallGuard, CallObserver, Calls
from tableadmin_server.dynamodb.client.service_calls import DescribeAnswer
from tableadmin_server.failure import Failure, request_id_text
from tableadmin_server.tracing import names
from tableadmin_server.tracing.shared_calls import LINKS


class TracedCalls(Calls):
    """Calls with spans of TRACER, if the caller has a span.

    Polls, heartbeats and other calls of background loops belong to no trace, so they have no spans. Spans
    have no parameters and no messages of errors, because they may have secrets.
    """

    def __init__(self, tracer: Tracer, name: str, config: EndpointConfig, observer: CallObserver) -> None:
        """Create the client without connecting. Raises ConfigError if boto3 does not accept CONFIG."""
        super().__init__(name, config, observer)
        self._tracer = tracer
        url = urlsplit(self.url)
        self._facts: dict[str, AttributeValue] = {
            names.SYSTEM: names.AWS_API,
            names.DATABASE: names.DYNAMODB,
            names.ENDPOINT: name,
            names.REGION: self.region,
            names.SERVER_ADDRESS: url.hostname or "",
            names.SERVER_PORT: url.port or (80 if url.scheme == "http" else 443),
        }

    async def response(
        self,
        operation: str,
        params: AwsDict,
        guard: CallGuard | None = None,
        deadline: float = NO_DEADLINE,
    ) -> dict[str, Any]:
        """See Calls."""
        guard = guard or CallGuard()
        if not get_current_span().is_recording():
            return await super().response(operation, params, guard, deadline)
        with self._span(operation, params) as span:
            answer = await super().response(operation, params, _TracedGuard(guard, span), deadline)
            _describe_answer(span, answer)
            return answer

    async def single_response(
        self,
        operation: str,
        params: AwsDict,
        may_send: Callable[[], bool],
        guard: CallGuard | None = None,
    ) -> dict[str, Any]:
        """See Calls."""
        guard = guard or CallGuard()
        if not get_current_span().is_recording():
            return await super().single_response(operation, params, may_send, guard)
        with self._span(operation, params) as span:
            answer = await super().single_response(operation, params, may_send, _TracedGuard(guard, span))
            _describe_answer(span, answer)
            return answer

    @contextmanager
    def _span(self, operation: str, params: AwsDict) -> Iterator[Span]:
        """A context for a call of OPERATION, with its span."""
        name = f"DynamoDB/{operation}"
        table = params.get("TableName")
        tables = {names.TABLES: [table[: names.MAX_TEXT]]} if isinstance(table, str) else {}
        links = [Link(each) for each in contexts.get_value(LINKS) or ()]  # type: ignore[attr-defined]  # as it was set
        span = self._tracer.start_span(
            name, kind=SpanKind.CLIENT, attributes={**self._facts, names.METHOD: name, **tables}, links=links
        )
        with _ended(span):
            yield span


@contextmanager
def service_call(tracer: Tracer, endpoint: str, name: str) -> Iterator[DescribeAnswer]:
    """A context for the call NAME, such as KMS/DescribeKey, for ENDPOINT: a span, if the caller has one."""
    if not get_current_span().is_recording():
        yield lambda _: None
        return
    facts = {names.SYSTEM: names.AWS_API, names.METHOD: name, names.ENDPOINT: endpoint}
    span = tracer.start_span(name, kind=SpanKind.CLIENT, attributes=facts)
    with _ended(span):
        yield partial(_describe_answer, span)


class _TracedGuard(CallGuard):
    """Adds the attempts of a call to SPAN, and calls GUARD."""

    def __init__(self, guard: CallGuard, span: Span) -> None:
        self._guard = guard
        self._span = span

    def begins(self) -> None:
        self._span.add_event(names.SENT)
        self._guard.begins()

    def may_retry(self, error: Exception) -> bool:
        self._span.add_event(names.ATTEMPT_FAILED, {names.ERROR_TYPE: _type_of(error)})
        return self._guard.may_retry(error)


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    """A context for the call of SPAN. SPAN ends with the call, and with its error if it fails."""
    try:
        yield
    except BaseException as error:
        _describe_error(span, error)
        raise
    finally:
        span.end()


def _describe_answer(span: Span, answer: Mapping[str, Any]) -> None:
    metadata = answer.get("ResponseMetadata") or {}
    facts = {
        names.AWS_REQUEST_ID: request_id_text(metadata.get("RequestId", "")),
        names.HTTP_STATUS: metadata.get("HTTPStatusCode"),
    }
    span.set_attributes({key: value for key, value in facts.items() if value})


def _describe_error(span: Span, error: BaseException) -> None:
    _describe_answer(span, _response(error))
    span.set_attribute(names.ERROR_TYPE, _type_of(error))
    span.set_status(StatusCode.ERROR)


def _response(error: BaseException) -> Mapping[str, Any]:
    """The response in an error of botocore; empty for other errors."""
    response = getattr(error, "response", None)
    return response if isinstance(response, dict) else {}


def _type_of(error: BaseException) -> str:
    """The reason of a Failure, AWS's code of an error, else the class of ERROR."""
    if isinstance(error, Failure):
        return error.reason
    code: Any = (_response(error).get("Error") or {}).get("Code")
    return code[: names.MAX_TEXT] if isinstance(code, str) and code else type(error).__name__
