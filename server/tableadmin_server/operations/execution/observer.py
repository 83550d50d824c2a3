"""What is told of operations to whoever measures them."""

from tableadmin_server.operations.storage.record import State


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
