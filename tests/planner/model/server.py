"""The model over HTTP, as AWS's JSON 1.0 protocol has it, so that a whole service runs against it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.planner.model.control_plane import ControlPlane
from tests.planner.model.port import Asked, Given, Port
from tests.planner.model.table import Data, Rejected
from tests.planner.model.update_table import Needless

_INTERNAL, _REFUSED = 500, 400


class Served:
    """CONTROL, one call at a time; each second of a watch is SPEED seconds on the model's clock.

    `refused` are the calls that were refused or needless, but for reads. `url` is where it answers, if it
    does so by itself.
    """

    def __init__(self, control: ControlPlane, speed: float, url: str = "") -> None:
        self.control = control
        self.url = url
        self.refused: list[str] = []
        self._speed = speed
        self._standing = False
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def answered(self, asked: Asked) -> Given:
        """What AWS answers."""
        status, answer = self.answer(asked.operation, json.loads(asked.body or b"{}"))
        return Given(status, json.dumps(answer).encode())

    def answer(self, operation: str, params: Data) -> tuple[int, Data]:
        """The HTTP status and the body."""
        with self._lock:
            self._let_pass()
            try:
                return 200, self.control.call(operation, params)
            except Rejected as error:
                self._note(operation, str(error))
                return refusal(error.code, error.message)
            except Needless as error:
                self._note(operation, f"needless: {error}")
                return refusal("ValidationException", f"needless: {error}")

    @contextmanager
    def standing(self) -> Iterator[None]:
        """The clock stands for the length of the block, so what takes time does not end meanwhile."""
        with self._lock:
            self._let_pass()
            self._standing = True
        try:
            yield
        finally:
            with self._lock:
                self._began = time.monotonic() - self.control.clock / self._speed
                self._standing = False

    def _let_pass(self) -> None:
        if not self._standing:
            running = (time.monotonic() - self._began) * self._speed
            self.control.clock = max(self.control.clock, running)

    def _note(self, operation: str, what: str) -> None:
        if not reads(operation):
            self.refused.append(f"{operation}: {what}")


def reads(operation: str) -> bool:
    """Whether OPERATION of the control plane changes nothing."""
    return operation.startswith(("Describe", "List", "Get"))


def refusal(code: str, message: str) -> tuple[int, Data]:
    """The HTTP status and the body that say so."""
    status = _INTERNAL if code == "InternalServerError" else _REFUSED
    return status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}


@contextmanager
def serving(speed: float = 600.0) -> Iterator[Served]:
    """A model on a free port of 127.0.0.1, with a clock SPEED times as fast as the wall's."""
    served = Served(ControlPlane(), speed)
    port = Port(served.answered)
    served.url = port.url
    try:
        yield served
    finally:
        port.shut()
