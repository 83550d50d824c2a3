"""Traces shared calls: the span is in the first caller's trace, with links to the other callers."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from opentelemetry import context as contexts
from opentelemetry.trace import Span, get_current_span, set_span_in_context

from tableadmin_server.dynamodb.singleflight import SharedCall

T = TypeVar("T")
# The key in the context of a call with the span contexts of the other callers.
LINKS = contexts.create_key("shared-call-links")


class TracedSharedCall(SharedCall[T]):
    """A shared call, in the trace of its first caller."""

    def __init__(self, call: Callable[[float], Awaitable[T]]) -> None:
        super().__init__(call)
        self._spans: list[Span] = []

    def join(self, deadline: float) -> None:
        """See SharedCall."""
        super().join(deadline)
        self._spans.append(get_current_span())

    async def run(self) -> None:
        """See SharedCall."""
        present = [span for span in self._spans if span.is_recording()]
        self._spans.clear()
        if present:
            first, *others = present
            links = [span.get_span_context() for span in others]
            # Not detached, because the call has its own task, whose context ends with the call.
            contexts.attach(contexts.set_value(LINKS, links, set_span_in_context(first)))
        await super().run()
