"""Where a client takes its token from, and where the token goes."""

import asyncio
import base64
import json
import sys
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

import tableadmin.boto3
from tableadmin import Client, aio
from tableadmin.errors import Unauthenticated
from tableadmin.transport.tokens import CommandToken, FileToken, check_target
from tableadmin.v1 import (
    DescribeLimitsRequest,
    DescribeLimitsResponse,
    TableEvent,
    TableEventType,
    WatchEvent,
    WatchRequest,
    WatchResponse,
)


class Service:
    """Takes the tokens in `accepted`, and notes the authorization of each call."""

    def __init__(self) -> None:
        self.accepted = {"Bearer good"}
        self.seen: list[str] = []
        self.ending = threading.Event()

    def check(self, context: grpc.ServicerContext) -> None:
        """Refuse a call with another token, as the service does."""
        shown = [str(value) for key, value in context.invocation_metadata() if key == "authorization"]
        self.seen += shown or [""]
        if not (len(shown) == 1 and shown[0] in self.accepted):
            self.refuse(context)

    def refuse(self, context: grpc.ServicerContext) -> None:
        """End a call for its token."""
        status = Status(code=16, message="the token has expired; get a new one and retry the call")
        status.details.add().Pack(ErrorInfo(reason="CREDENTIALS_EXPIRED", domain="tableadmin"))
        context.abort_with_status(rpc_status.to_status(status))

    def limits(self, _: object, context: grpc.ServicerContext) -> DescribeLimitsResponse:
        """Answer."""
        self.check(context)
        return DescribeLimitsResponse()

    def watch(self, _: object, context: grpc.ServicerContext) -> Iterator[WatchResponse]:
        """Answer once, and end when the token expires."""
        self.check(context)
        event = TableEvent(type=TableEventType.TABLE_EVENT_TYPE_SNAPSHOT, table_name="Music")
        yield WatchResponse(events=[WatchEvent(table=event)])
        self.ending.wait(60)
        self.ending.clear()
        self.refuse(context)


@pytest.fixture
def service() -> Service:
    """What `target` serves."""
    return Service()


@pytest.fixture
def target(service: Service) -> Iterator[str]:
    """Where the service listens."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    limits = grpc.unary_unary_rpc_method_handler(
        service.limits, DescribeLimitsRequest.FromString, DescribeLimitsResponse.SerializeToString
    )
    watch = grpc.unary_stream_rpc_method_handler(
        service.watch, WatchRequest.FromString, WatchResponse.SerializeToString
    )
    for name, methods in (("TableAdmin", {"DescribeLimits": limits}), ("WatchService", {"Watch": watch})):
        handler = grpc.method_handlers_generic_handler(f"tableadmin.v1.{name}", methods)
        server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0)


def printing(file: Path) -> list[str]:
    """A command that writes what is in FILE, and a line more in the file `runs` beside it."""
    code = "import sys; p = sys.argv[1]; open(p + '.runs', 'a').write('x'); sys.stdout.write(open(p).read())"
    return [sys.executable, "-c", code, str(file)]


def runs(file: Path) -> int:
    """How often the command of `printing(file)` has run."""
    noted = Path(f"{file}.runs")
    return len(noted.read_text()) if noted.exists() else 0


def json_web_token(expires: float) -> str:
    """A token that says when it expires."""
    payload = base64.urlsafe_b64encode(json.dumps({"exp": expires}).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2ln"


def test_token(target: str, service: Service) -> None:
    """Each call has the token that the client was given."""
    with Client(target, token="good") as client:
        client.describe_limits()
        client.with_options(timeout=60).describe_limits()
    with tableadmin.boto3.client(target, token="good") as client:
        client.describe_limits()
    assert ["Bearer good"] * 3 == service.seen


async def test_token_of_the_asyncio_client(target: str, service: Service, tmp_path: Path) -> None:
    """The asyncio client takes its token from the same places."""
    file = tmp_path / "token"
    file.write_text("good\n")
    given: list[dict[str, Any]] = [{"token": "good"}, {"token_file": file}, {"token_command": printing(file)}]
    for source in given:
        async with aio.Client(target, **source) as client:
            await asyncio.gather(*(client.describe_limits() for _ in range(5)))
    assert ["Bearer good"] * 15 == service.seen
    assert 1 == runs(file)


def test_file_is_read_again(target: str, service: Service, tmp_path: Path) -> None:
    """A call has the token that is in the file when the call begins."""
    file = tmp_path / "token"
    file.write_text("good\n")
    with Client(target, token_file=file) as client:
        client.describe_limits()
        service.accepted = {"Bearer better"}
        replacement = tmp_path / "next"
        replacement.write_text("better")
        replacement.replace(file)
        client.describe_limits()
    assert ["Bearer good", "Bearer better"] == service.seen


def test_command_runs_again_when_its_token_is_refused(
    target: str, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call whose token was refused is sent once more with the next token of the command."""
    monkeypatch.setattr("tableadmin.transport.tokens._NEW", 0.0)
    file = tmp_path / "token"
    file.write_text("good")
    with Client(target, token_command=printing(file)) as client:
        client.describe_limits()
        client.describe_limits()
        assert 1 == runs(file)
        service.accepted = {"Bearer better"}
        file.write_text("better")
        client.describe_limits()
        assert 2 == runs(file)
        service.accepted = set()
        with pytest.raises(Unauthenticated):
            client.describe_limits()
    assert 3 == runs(file)


def test_new_token_that_is_refused(target: str, service: Service, tmp_path: Path) -> None:
    """A command is not run again for a token that it has just made."""
    file = tmp_path / "token"
    file.write_text("bad")
    with Client(target, token_command=printing(file)) as client, pytest.raises(Unauthenticated) as raised:
        client.describe_limits()
    assert ("CREDENTIALS_EXPIRED", 1, ["Bearer bad"]) == (raised.value.reason, runs(file), service.seen)


def test_watch_goes_on_with_the_next_token(target: str, service: Service, tmp_path: Path) -> None:
    """A watch that ends when its token expires goes on with the token that is in the file by then."""
    file = tmp_path / "token"
    file.write_text("good")
    with Client(target, token_file=file) as client, client.watch(table_names=["Music"]) as events:
        next(events)
        service.accepted = {"Bearer better"}
        file.write_text("better")
        service.ending.set()
        assert any(each.HasField("table") for _, each in zip(range(3), events, strict=False))
    service.ending.set()
    assert ["Bearer good", "Bearer better"] == service.seen


def test_watch_without_another_token(target: str, service: Service) -> None:
    """A watch whose token has expired, where there is no other one, ends with what the service says."""
    with Client(target, token="good") as client, client.watch(table_names=["Music"]) as events:
        next(events)
        service.ending.set()
        with pytest.raises(Unauthenticated, match="has expired"):
            list(events)


def test_expiry_of_a_commands_token(tmp_path: Path) -> None:
    """A command runs again before its token expires, or after 5 minutes."""
    file = tmp_path / "token"
    for lifetime, used in ((3600, 3570), (20, 10)):
        began = time.time()
        file.write_text(json_web_token(began + lifetime))
        token = CommandToken(printing(file))
        token.headers()
        assert began + used - 0.1 <= token._ends <= time.time() + used
    began = time.time()
    file.write_text("opaque")
    token = CommandToken(printing(file))
    token.headers()
    assert began + 300 <= token._ends <= time.time() + 300


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("false", "exited with code 1"),
        ("no-such-command-here", "No such file"),
        ("true", "empty"),
        ("echo two words", "not a token"),
        ([sys.executable, "-c", "print('one\\ntwo')"], "not a token"),
    ],
)
def test_command_without_a_token(command: str | list[str], problem: str) -> None:
    """A command that gives no token ends the call with what is wrong, and without what it wrote."""
    with pytest.raises(Unauthenticated, match=problem) as raised:
        CommandToken(command).headers()
    assert "TOKEN_UNAVAILABLE" == raised.value.reason
    assert "two" not in str(raised.value)


def test_file_without_a_token(tmp_path: Path) -> None:
    """A file that has no token ends the call with what is wrong."""
    with pytest.raises(Unauthenticated, match="No such file"):
        FileToken(tmp_path / "nowhere").headers()
    (tmp_path / "empty").touch()
    with pytest.raises(Unauthenticated, match="empty"):
        FileToken(tmp_path / "empty").headers()


@pytest.mark.parametrize(
    "target",
    [
        "127.0.0.1:50051",
        "127.8.0.1:1",
        "localhost:50051",
        "[::1]:50051",
        "ipv4:127.0.0.1:50051",
        "ipv6:[::1]:50051",
        "dns:///localhost:50051",
        "dns:localhost:50051",
        "unix:/run/admin.sock",
        "unix:///run/admin.sock",
    ],
)
def test_targets_on_this_machine(target: str) -> None:
    """A token may go to a server on this machine without TLS."""
    check_target(target)
    Client(target, token="good").close()


@pytest.mark.parametrize(
    "target",
    [
        "10.0.0.1:50051",
        "0.0.0.0:50051",
        "admin.internal:50051",
        "localhost.evil.example:50051",
        "127.0.0.1.evil.example:50051",
        "dns://10.0.0.53/localhost:50051",
        "ipv4:127.0.0.1:50051,10.0.0.1:50051",
        "[2001:db8::1]:50051",
        "xds:///admin",
        "evil.example/unix:50051",
        "",
    ],
)
def test_targets_elsewhere(target: str) -> None:
    """No client is made that would send a token over a network in the clear."""
    for make in (Client, tableadmin.boto3.client):
        with pytest.raises(ValueError, match="without TLS"):
            make(target, token="good")
    Client(target or "x", token="good", credentials=grpc.ssl_channel_credentials()).close()


def test_a_channel_that_is_given(target: str) -> None:
    """No token goes with a channel of which nobody knows where it leads."""
    with grpc.insecure_channel(target) as channel, pytest.raises(ValueError, match="channel"):
        Client(target, channel=channel, token="good")


def test_two_ways_to_a_token() -> None:
    """A client has one token."""
    with pytest.raises(ValueError, match="one of"):
        Client(token="a", token_file="b")


def test_no_proxy_is_told_the_token(target: str, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call to this machine passes by the proxy that the environment names."""
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Client(target, token="good", timeout=60) as client:
        client.describe_limits()
    assert ["Bearer good"] == service.seen
