"""A server process that can be killed, frozen and started again, and what a test asks of it."""

import signal
import time
from contextlib import ExitStack

import grpc

from tableadmin.v1.operation_service_pb2_grpc import OperationServiceStub
from tableadmin.v1.plan_service_pb2_grpc import PlanServiceStub
from tests.planner.model.port import Port
from tests.server_process import ServerProcess, running_server


class Replica:
    """The server NAME, which is `python -m MODULE` with FLAGS and reaches AWS by WAY_IN."""

    def __init__(self, name: str, way_in: Port, *flags: str, module: str) -> None:
        self.name = name
        self._module = module
        self.process: ServerProcess
        self._flags = ("--endpoint-url", way_in.url, "--region", "us-west-2", *flags)
        self._running = ExitStack()
        self._frozen = False
        self.up = False

    @property
    def plans(self) -> PlanServiceStub:
        """Its PlanService."""
        return PlanServiceStub(self._channel)

    @property
    def operations(self) -> OperationServiceStub:
        """Its OperationService."""
        return OperationServiceStub(self._channel)

    def start(self) -> None:
        """Be there, and answer."""
        self.process = self._running.enter_context(running_server(*self._flags, module=self._module))
        self._channel = self._running.enter_context(grpc.insecure_channel(self.process.address))
        self.up = True

    def signal(self, number: signal.Signals) -> float:
        """Send the process a signal; when that was, on the clock of `time.monotonic`."""
        self.process.process.send_signal(number)
        return time.monotonic()

    def kill(self) -> None:
        """End at once, as by `kill -9`."""
        self.up = False
        self.signal(signal.SIGKILL)

    def freeze(self) -> float:
        """Do nothing any more, and know nothing of it; when that was."""
        self._frozen, self.up = True, False
        return self.signal(signal.SIGSTOP)

    def wake(self) -> float:
        """Go on as if nothing had been; when that was."""
        self._frozen, self.up = False, True
        return self.signal(signal.SIGCONT)

    def restart(self) -> None:
        """Start again after the end."""
        self.close()
        self.start()

    def close(self) -> None:
        """Leave nothing running."""
        if self._frozen:
            self.wake()
        self.up = False
        self._running.close()
