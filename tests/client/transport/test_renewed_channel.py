"""Clients with TLS whose files are replaced while the clients live."""

import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from tableadmin import Client, ClientClosed, Tls, aio
from tableadmin.transport import renewed_channel
from tableadmin.v1 import (
    DescribeLimitsResponse,
    TableEvent,
    TableEventType,
    WatchEvent,
    WatchResponse,
    watch_service_pb2,
)
from tests.authority import Authority, chain, replace
from tests.client.scripted import ScriptedService, StreamStep, failure, serving

OURS = Authority()
# The scripted service finds the RPCs of services that are loaded.
assert "WatchService" in watch_service_pb2.DESCRIPTOR.services_by_name


class Names:
    """The common names of the certificates with which calls have come."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def limits(self, context: grpc.ServicerContext) -> Message:
        """Answer."""
        self.note(context)
        return DescribeLimitsResponse()

    def note(self, context: grpc.ServicerContext) -> None:
        """Note the name."""
        self.seen += [bytes(each).decode() for each in context.auth_context()["x509_common_name"]]


@pytest.fixture
def names() -> Names:
    """Whose calls have come."""
    return Names()


@pytest.fixture
def service(names: Names) -> Iterator[ScriptedService]:
    """A service with mutual TLS, whose calls all succeed unless a test says otherwise."""
    server = OURS.ca.issue_cert("localhost", "127.0.0.1")
    pair = (server.private_key_pem.bytes(), chain(server))
    credentials = grpc.ssl_server_credentials([pair], OURS.pem, require_client_auth=True)
    with serving(names.limits, credentials=credentials) as started:
        yield started


class Files:
    """The files of a client in FOLDER."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.tls = Tls(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
        replace(folder / "ca.pem", OURS.pem)
        self.write("first")

    def write(self, name: str) -> None:
        """Put a new certificate for NAME in place, with its key."""
        leaf = OURS.client(name)
        replace(self._folder / "cert.pem", chain(leaf))
        replace(self._folder / "key.pem", leaf.private_key_pem.bytes())

    def write_half(self, name: str) -> None:
        """Put a new certificate for NAME in place, whose key is not there yet."""
        replace(self._folder / "cert.pem", chain(OURS.client(name)))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """The files of a client, at which it looks before each call."""
    monkeypatch.setattr(renewed_channel, "_INTERVAL", 0.0)
    return Files(tmp_path)


async def test_later_calls_use_the_new_files(service: ScriptedService, names: Names, files: Files) -> None:
    """Later calls show the new certificate; while only half of the files are replaced nothing changes."""
    with Client(service.target, credentials=files.tls) as client:
        async with aio.Client(service.target, credentials=files.tls) as asynchronous:
            for write in (lambda _: None, files.write_half, files.write):
                write("second")
                client.describe_limits()
                await asynchronous.describe_limits()
    assert ["first", "first", "first", "first", "second", "second"] == names.seen


def event(name: str) -> WatchResponse:
    """An event of the table NAME."""
    snapshot = TableEventType.TABLE_EVENT_TYPE_SNAPSHOT
    return WatchResponse(events=[WatchEvent(table=TableEvent(type=snapshot, table_name=name))])


def held(names: Names, hold: threading.Event) -> StreamStep:
    """A watch with an event, and another one after HOLD."""

    def step(context: grpc.ServicerContext) -> Iterator[Message]:
        names.note(context)
        context.add_callback(hold.set)
        yield event("one")
        hold.wait(60)
        yield event("two")

    return step


def test_streams_go_on(service: ScriptedService, names: Names, files: Files) -> None:
    """A stream stays on its connection while later calls use another one, and ends with the client."""
    hold = threading.Event()
    service.script[:] = [held(names, hold), names.limits, held(names, threading.Event()), names.limits]
    with Client(service.target, credentials=files.tls) as client:
        with client.watch(table_names=["one", "two"]) as watch:
            assert "one" == next(watch).table.table_name
            files.write("second")
            client.describe_limits()
            hold.set()
            assert "two" == next(watch).table.table_name
        with client.watch(table_names=["one", "two"]) as watch:
            assert "one" == next(watch).table.table_name
            files.write("third")
            client.describe_limits()
            client.close()
            with pytest.raises(ClientClosed):
                next(watch)
        with pytest.raises(ClientClosed):
            client.describe_limits()
    assert ["first", "second", "second", "third"] == names.seen


@pytest.mark.parametrize("tracing", [False, True])
async def test_an_expired_certificate(
    service: ScriptedService, names: Names, files: Files, *, tracing: bool
) -> None:
    """A call or a stream that ends because its certificate has expired is begun again, traced or not."""
    status = Status(code=16, message="the client certificate has expired")
    status.details.add().Pack(ErrorInfo(reason="CREDENTIALS_EXPIRED", domain="tableadmin"))

    def expired(context: grpc.ServicerContext) -> Message:
        names.note(context)
        files.write(f"after {names.seen[-1]}")
        return failure(status)(context)

    def broken(context: grpc.ServicerContext) -> Iterator[Message]:
        yield event("one")
        expired(context)

    again = held(names, threading.Event())
    service.script[:] = [expired, names.limits, broken, again, expired, names.limits, broken, again]
    with Client(service.target, credentials=files.tls, tracing=tracing) as client:
        client.describe_limits()
        with client.watch(table_names=["one", "two"]) as watch:
            assert ["one", "", "one"] == [next(watch).table.table_name for _ in range(3)]
    async with aio.Client(service.target, credentials=files.tls, tracing=tracing) as asynchronous:
        await asynchronous.describe_limits()
        watching = asynchronous.watch(table_names=["one", "two"])
        assert ["one", "", "one"] == [(await anext(watching)).table.table_name for _ in range(3)]
        await watching.aclose()
    first, second = names.seen[::2], names.seen[1::2]
    assert 4 == len(second)
    assert [f"after {each}" for each in first] == second
