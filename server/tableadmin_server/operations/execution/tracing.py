"""What is traced of operations, for whoever makes traces."""

from contextlib import AbstractContextManager, nullcontext

from tableadmin_server.operations.storage.record import OperationSpec, OperationStatus


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
