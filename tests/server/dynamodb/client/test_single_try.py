"""The calls with which operations change tables: tried once, while they are wanted, within the budget."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path

import pytest
import trustme
from google.rpc.code_pb2 import Code

from tableadmin.awsshape import AwsDict
from tableadmin_server.config import EndpointConfig, RetryMode
from tableadmin_server.dynamodb.client.single_try import NotSent
from tableadmin_server.dynamodb.endpoint import Endpoint
from tableadmin_server.failure import Failure
from tests.server.harness.scripted_endpoint import ScriptedEndpoint, error, serving

PARAMS: AwsDict = {"TableName": "Music", "TableClass": "STANDARD"}


@pytest.fixture
def scripted() -> Iterator[ScriptedEndpoint]:
    """An endpoint of the test's own."""
    with serving() as endpoint:
        yield endpoint


@asynccontextmanager
async def changing(
    scripted: ScriptedEndpoint, rate: float = 1000.0
) -> AsyncIterator[Callable[[Callable[[], bool]], "asyncio.Task[object]"]]:
    """Begin a change of the endpoint, which may take RATE background calls a second, if it is wanted."""
    config = EndpointConfig(
        endpoint_url=scripted.url, region="us-west-2", background_calls_per_second=rate, max_attempts=3
    )
    endpoint = Endpoint("scripted", config)
    try:
        yield lambda may_send: asyncio.ensure_future(
            endpoint.background.single_call("UpdateTable", PARAMS, may_send)
        )
    finally:
        endpoint.close()


async def test_wanted(scripted: ScriptedEndpoint) -> None:
    """A change that is wanted is made, and asked about in the thread that makes it."""
    async with changing(scripted) as change:
        await change(lambda: True)
    assert ["UpdateTable"] == [seen.operation for seen in scripted.seen]


async def test_unwanted(scripted: ScriptedEndpoint) -> None:
    """A change that is not wanted any more is not sent."""
    async with changing(scripted) as change:
        with pytest.raises(NotSent):
            await change(lambda: False)
    assert [] == scripted.seen


@pytest.mark.parametrize("code", ["InternalServerError", "ThrottlingException"])
async def test_tried_once(scripted: ScriptedEndpoint, code: str) -> None:
    """What botocore would try again is not: by then the change may not be wanted."""
    scripted.step = error(code, status=500 if code == "InternalServerError" else 400)
    async with changing(scripted) as change:
        with pytest.raises(Failure) as raised:
            await change(lambda: True)
    assert raised.value.code in {Code.INTERNAL, Code.RESOURCE_EXHAUSTED}
    assert 1 == len(scripted.seen)


async def test_within_the_budget(scripted: ScriptedEndpoint) -> None:
    """Changes share the budget of calls a second that polls and plans have."""
    async with changing(scripted, rate=10) as change:
        begin = time.monotonic()
        await asyncio.gather(*(change(lambda: True) for _ in range(15)))
        # Ten at once, for the second before, and five spaced.
        assert 0.4 <= time.monotonic() - begin


@contextmanager
def accepting_late(
    late: Callable[[], object], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """The URL of a peer that accepts, or goes on with TLS, after LATE; and the bytes it then gets."""
    received: list[bytes] = []
    receivers: list[threading.Thread] = []
    scheme = "https" if tls else "http"
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        address = listener.getsockname()
        if tls is None:
            # The queue is full, so whoever connects waits until it is not.
            for _ in range(2):
                filler = waiting.enter_context(socket.socket())
                filler.settimeout(0)
                filler.connect_ex(address)

        def accept() -> None:
            if not tls:
                late()
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    receivers.append(threading.Thread(target=receive, args=(connection,), daemon=True))
                    receivers[-1].start()

        def receive(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                if tls:
                    late()
                with tls.wrap_socket(connection, server_side=True) if tls else connection as plain:
                    plain.settimeout(30)
                    received.append(b"")
                    index = len(received) - 1
                    while data := plain.recv(65_536):
                        received[index] += data

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"{scheme}://127.0.0.1:{address[1]}", received
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            waiting.close()
            for each in receivers:
                each.join()


@pytest.mark.parametrize("secured", [False, True], ids=["slow connect", "slow TLS"])
async def test_unwanted_once_connected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, secured: bool
) -> None:
    """A change that ceases to be wanted while the connection is made never arrives whole."""
    tls = None
    if secured:
        ca = trustme.CA()
        ca.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("127.0.0.1").configure_cert(tls)
    asked, unwanted = threading.Event(), threading.Event()

    def may_send() -> bool:
        answer = not unwanted.is_set()
        asked.set()
        return answer

    def change_of_mind() -> None:
        assert asked.wait(60)
        unwanted.set()

    with accepting_late(change_of_mind, tls) as (url, received):
        config = EndpointConfig(endpoint_url=url, region="us-west-2", connect_timeout=60)
        with closing(Endpoint("late", config)) as endpoint, pytest.raises(NotSent):
            await endpoint.background.single_call("UpdateTable", PARAMS, may_send)
        # The peer may be late, but takes the connection up.
        async with asyncio.timeout(60):
            while not any(data.startswith(b"POST / HTTP/1.1\r\n") for data in received):  # noqa: ASYNC110  # of threads
                await asyncio.sleep(0.01)
    assert not any(b"Music" in data for data in received)


async def test_unwanted_in_the_moment_of_sending(scripted: ScriptedEndpoint) -> None:
    """A change is asked about before its connection is made and before its body is sent, and not again."""
    asked: list[None] = []

    def once() -> bool:
        asked.append(None)
        return len(asked) == 1

    async with changing(scripted) as change:
        await change(lambda: True)
        with pytest.raises(NotSent):
            await change(once)
        await change(lambda: True)
    assert 2 == len(asked)
    assert [True, False, True] == [b"Music" in seen.body for seen in scripted.seen]


@pytest.mark.parametrize("mode", ["standard", "adaptive", "legacy"])
async def test_whole(scripted: ScriptedEndpoint, mode: RetryMode) -> None:
    """A change of any size arrives as boto3 sends it, with its length."""
    config = EndpointConfig(endpoint_url=scripted.url, region="us-west-2", retry_mode=mode)
    with closing(Endpoint("scripted", config)) as endpoint:
        policy: AwsDict = {"ResourceArn": "arn", "Policy": "x" * 100_000}
        await endpoint.background.single_call("PutResourcePolicy", policy, lambda: True)
        await endpoint.call("PutResourcePolicy", policy)
    first, second = scripted.seen
    assert (first.body, first.headers["Content-Length"]) == (second.body, second.headers["Content-Length"])
    assert "Transfer-Encoding" not in first.headers


async def test_closing(scripted: ScriptedEndpoint) -> None:
    """Closing an endpoint closes the client of its changes too."""
    async with changing(scripted) as change:
        await change(lambda: True)
        before = scripted.connections
    assert 1 <= before
    deadline = time.monotonic() + 60
    while scripted.connections:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
