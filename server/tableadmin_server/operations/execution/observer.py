"""The events of operations that metrics and traces are made from."""

from contextlib import AbstractContextManager, nullcontext

from tableadmin_server.operations.storage.record import OperationSpec, OperationStatus, State


class OperationObserver:
    """Receives the events of the operations of an endpoint. This class ignores them."""

    def ended(self, state: State, seconds: float) -> None:
        """Note that an operation ended in STATE, SECONDS after its request."""

    def step_ended(self, operation: str, seconds: float) -> None:
        """Note that a call of OPERATION and the wait until the table settled took SECONDS."""

    def taken_over(self) -> None:
        """Note that this server has taken over an operation from another server."""

    def heartbeat(self, *, written: bool) -> None:
        """Note that a heartbeat was written, or could not be written."""


UNOBSERVED = OperationObserver()


class OperationTracing:
    """Traces the operations of an endpoint. This class traces nothing."""

    def origin(self) -> str:
        """Return the traceparent (W3C) of the call under way, for the spans of its operations, or ""."""
        return ""

    def step(self, spec: OperationSpec, call: str) -> AbstractContextManager[object]:
        """Return a context for a step of the operation of SPEC. CALL is its AWS call, such as UpdateTable."""
        del spec, call
        return nullcontext()

    def end(self, spec: OperationSpec, status: OperationStatus) -> AbstractContextManager[object]:
        """Return a context for the write of STATUS, with which the operation of SPEC has ended."""
        del spec, status
        return nullcontext()


UNTRACED = OperationTracing()
