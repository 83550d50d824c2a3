"""The model over HTTP, as AWS's JSON 1.0 protocol has it, so that a whole service runs against it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from tests.planner.model import ControlPlane
from tests.planner.model_table import Data, Rejected
from tests.planner.model_update import Needless

_INTERNAL, _REFUSED = 500, 400


class Served:
    """CONTROL at `url`, one call at a time; each second of a watch is SPEED seconds on the model's clock.

    `refused` are the calls that were refused or needless, but for reads.
    """

    def __init__(self, control: ControlPlane, url: str, speed: float) -> None:
        self.control = control
        self.url = url
        self.refused: list[str] = []
        self._speed = speed
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def answer(self, operation: str, params: Data) -> tuple[int, Data]:
        """The HTTP status and the body."""
        with self._lock:
            running = (time.monotonic() - self._began) * self._speed
            self.control.clock = max(self.control.clock, running)
            try:
                return 200, self.control.call(operation, params)
            except Rejected as error:
                self._note(operation, str(error))
                return _refusal(error.code, error.message)
            except Needless as error:
                self._note(operation, f"needless: {error}")
                return _refusal("ValidationException", f"needless: {error}")

    def _note(self, operation: str, what: str) -> None:
        if not operation.startswith(("Describe", "List", "Get")):
            self.refused.append(f"{operation}: {what}")


def _refusal(code: str, message: str) -> tuple[int, Data]:
    status = _INTERNAL if code == "InternalServerError" else _REFUSED
    return status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}


@contextmanager
def serving(speed: float = 600.0) -> Iterator[Served]:
    """A model on a free port of 127.0.0.1, with a clock SPEED times as fast as the wall's."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.served = Served(ControlPlane(), f"http://127.0.0.1:{server.server_address[1]}", speed)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    served: Served


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        status, answer = cast("_Server", self.server).served.answer(operation, json.loads(body or b"{}"))
        payload = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("x-amzn-RequestId", "MODEL")
        self.end_headers()
        self.wfile.write(payload)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""
