"""What is told of operations to whoever measures or traces them."""

from contextlib import AbstractContextManager, nullcontext

from tableadmin_server.operations.storage.record import OperationSpec, OperationStatus, State


class OperationObserver:
    """Learns what happens to the operations of an endpoint. This one does nothing."""

    def ended(self, state: State, seconds: float) -> None:
        """Note that an operation ended in STATE, SECONDS after it was asked for."""

    def step_ended(self, operation: str, seconds: float) -> None:
        """Note that a call of OPERATION, and the wait for the table after it, took SECONDS."""

    def taken_over(self) -> None:
        """Note that this server has taken an operation over from another one."""

    def heartbeat(self, *, written: bool) -> None:
        """Note that a heartbeat was written, or could not be."""


UNOBSERVED = OperationObserver()


class OperationTracing:
    """Traces the operations of an endpoint. This one traces nothing."""

    def origin(self) -> str:
        """What names the call under way, for the spans of its operations: a traceparent of W3C, or ""."""
        return ""

    def step(self, spec: OperationSpec, call: str) -> AbstractContextManager[object]:
        """A step of the operation of SPEC is made within the context: the call CALL, such as UpdateTable."""
        del spec, call
        return nullcontext()

    def end(self, spec: OperationSpec, status: OperationStatus) -> AbstractContextManager[object]:
        """It is written within the context that the operation of SPEC has ended with STATUS."""
        del spec, status
        return nullcontext()


UNTRACED = OperationTracing()
