"""An endpoint on a real port that answers as a test has written down, right or wrong."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

REQUEST_ID = "REQUEST0000000000000000000000000000000000000000000000"
_JSON = "application/x-amz-json-1.0"


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int = 200
    body: bytes = b"{}"
    content_type: str = _JSON
    request_id: str = REQUEST_ID


@dataclass(frozen=True)
class Seen:
    """A request that came in."""

    operation: str
    headers: Mapping[str, str]
    body: bytes


# What answers a request; it may take its time.
Step = Callable[[Seen], Answer]


def answer(data: object) -> Step:
    """Answer OK with DATA."""
    return lambda _: Answer(body=json.dumps(data).encode())


def error(code: str, message: str = "it is so", status: int = 400) -> Step:
    """Answer with an error as AWS does."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}
    return lambda _: Answer(status, json.dumps(body).encode())


def page(text: str, status: int) -> Step:
    """Answer with a page for people, as a proxy does."""
    return lambda _: Answer(status, text.encode(), "text/html", request_id="")


class Held:
    """A step that gives no answer until it is released, and says when a request has come to it."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self._released = threading.Event()

    def __call__(self, _: Seen) -> Answer:
        """Wait, at most for a time that no test takes."""
        self.entered.release()
        self._released.wait(60)
        return Answer()

    def wait(self, seconds: float = 60) -> None:
        """Return when one more request is held."""
        assert self.entered.acquire(timeout=seconds), "no request came"

    def release(self) -> None:
        """Answer what is held and what comes."""
        self._released.set()


@dataclass
class ScriptedEndpoint:
    """Answers at `url` with `step`, which a test may change at any time."""

    url: str
    step: Step = field(default_factory=lambda: answer({}))
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0


@contextmanager
def serving(step: Step | None = None) -> Iterator[ScriptedEndpoint]:
    """A scripted endpoint on a free port of 127.0.0.1; what it holds is let go at the end."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.endpoint = ScriptedEndpoint(f"http://127.0.0.1:{server.server_address[1]}")
    server.endpoint.step = step or server.endpoint.step
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    endpoint: ScriptedEndpoint


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second must not wait for the first to be acknowledged.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        endpoint = cast("_Server", self.server).endpoint
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = Seen(self.headers.get("X-Amz-Target", "").rpartition(".")[2], dict(self.headers), body)
        endpoint.seen.append(seen)
        given = endpoint.step(seen)
        self.send_response(given.status)
        self.send_header("Content-Type", given.content_type)
        self.send_header("Content-Length", str(len(given.body)))
        if given.request_id:
            self.send_header("x-amzn-RequestId", given.request_id)
        self.end_headers()
        self.wfile.write(given.body)

    def handle(self) -> None:
        endpoint = cast("_Server", self.server).endpoint
        endpoint.connections += 1
        try:
            super().handle()
        except ConnectionError:  # whoever asked has gone
            self.close_connection = True
        finally:
            endpoint.connections -= 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""
