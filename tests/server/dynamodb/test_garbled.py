"""Answers that no DynamoDB gives: whatever an endpoint sends, no call ends UNKNOWN or INTERNAL."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc_status import rpc_status

import tableadmin
from tableadmin import v1
from tableadmin.v1.table_admin_pb2_grpc import TableAdminStub
from tests.server.conftest import wait_for, write_config
from tests.server.harness.accepting import accepting
from tests.server_process import ServerProcess, running_server

Q = TypeVar("Q")
R = TypeVar("R")

HTML = b"<html><body>the proxy at proxy.internal says no</body></html>"
NOT_AWS = b'{"message": "Forbidden"}'
DESCRIBED = {"TableName": "Music", "TableStatus": "ACTIVE", "ItemCount": 3}
# The answers to DescribeTable, UpdateTable and ListTables in one.
DONE = {"Table": DESCRIBED, "TableDescription": DESCRIBED, "TableNames": ["Music"]}


def http(body: bytes = b"{}", *fields: str, status: int = 200, length: int | None = None) -> bytes:
    """A response with BODY and header FIELDS, whose length is said to be LENGTH."""
    said = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Because", f"Content-Length: {said}", *fields, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def done(*fields: str, **changed: object) -> bytes:
    """The response to a call that succeeded, with header FIELDS; CHANGED are other members of the table."""
    table = {**DESCRIBED, **changed}
    data = {"Table": table, "TableDescription": table, "TableNames": ["Music"]}
    return http(json.dumps(data).encode(), *fields)


def refused(data: object, status: int = 400) -> bytes:
    """The response to a call that failed, with DATA as its JSON."""
    return http(json.dumps(data).encode(), status=status)


def nested(levels: int) -> object:
    """A list in a list, and so on."""
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


PAGE_STATUSES = (302, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504)
PAGES = {
    f"{status} {kind}": http(body, status=status)
    for status in PAGE_STATUSES
    for kind, body in (("page", HTML), ("JSON", NOT_AWS), ("nothing", b""))
}
# What says nothing about what became of the call.
UNREADABLE = PAGES | {
    "200 page": http(HTML),
    "201": http(json.dumps(DONE).encode(), status=201),
    "204": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "300": http(json.dumps(DONE).encode(), status=300),
    "empty": http(b""),
    "null": http(b"null"),
    "a number": http(b"5"),
    "a list": http(b"[]"),
    "nested": http(b'{"Table":' + b"[" * 100_000),
    "nested well": http(b'{"Table":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "nested error": http(b'{"__type":' + b"[" * 100_000, status=400),
    "half JSON": http(b'{"Table": {"TableN'),
    "half an error": http(b'{"__type": "com.amazonaws.dynamodb.v20120810#Resou', status=400),
    "no UTF-8": http(b'{"Table": "\xff"}'),
    "no UTF-8 in an error": http(b'{"__type": "\xff"}', status=400),
    "huge code": refused({"__type": "x" * 1_000_000}),
    "code of a number": refused({"__type": 5}),
    "code of a list": refused({"__type": ["ValidationException"]}),
    "code of no letters": refused({"__type": "\x1b[2J"}),
    "no code": refused({"__type": None, "message": "it is so"}),
    "error in a list": refused([{"__type": "ValidationException"}]),
}
# What was done, beside which something is not as it should be.
DONE_AFTER_ALL = {
    "checksum of letters": done("x-amz-crc32: sum"),
    "checksum of no digit": done("x-amz-crc32: \xb2"),
    "checksum of many digits": done(f"x-amz-crc32: {'9' * 5000}"),
    "no checksum": done("x-amz-crc32:"),
    "request id with a tab": done("x-amzn-RequestId: A\tB"),
    "request id of no ASCII": done("x-amzn-RequestId: R\xe9\xff"),
    "request id of 60,000 characters": done(f"x-amzn-RequestId: {'R' * 60_000}"),
    "empty request id": done("x-amzn-RequestId: "),
    "other content type": done("Content-Type: text/html"),
    "no content type": done("Content-Type:"),
    "date of no time": done("Date: yesterday"),
    "unknown member, nested": done(New=nested(300)),
    "unknown member with half a character": done(New="\ud800"),
    "half a character": done(TableArn="\ud800"),
    "number of more than 64 bits": done(TableSizeBytes=2**70),
    "null in a list": done(KeySchema=[None]),
    "spaces": http(json.dumps(DONE).encode() + b" " * 1_000_000),
}
NO_TABLES = {
    "text for a table": http(json.dumps({**DONE, "Table": "Music", "TableDescription": "Music"}).encode()),
    "list for a table": http(json.dumps({**DONE, "Table": [], "TableDescription": [1]}).encode()),
}
WRONG_TYPES = {
    "number for a name": done(TableName=5),
    "list for a name": done(TableName=["Music"]),
    "text for a number": done(ItemCount="many"),
    "number for a list": done(KeySchema=5),
    "number in a list": done(KeySchema=[5]),
    "number in a list of text": done(
        GlobalSecondaryIndexes=[{"IndexName": "Genre", "Projection": {"NonKeyAttributes": ["a", 123]}}]
    ),
    "null in a list of text": done(
        GlobalSecondaryIndexes=[{"IndexName": "Genre", "Projection": {"NonKeyAttributes": ["a", None]}}]
    ),
    "object in a list of text": done(
        GlobalSecondaryIndexes=[{"IndexName": "Genre", "Projection": {"NonKeyAttributes": [{"S": "a"}]}}]
    ),
    "text for a time": done(CreationDateTime="yesterday"),
    "huge time": done(CreationDateTime=1e300),
    "number that is none": done(CreationDateTime=float("nan")),
    "number for yes or no": done(DeletionProtectionEnabled=1),
}
ERRORS = {
    "unknown code": (refused({"__type": "x#NewException"}), grpc.StatusCode.FAILED_PRECONDITION),
    "unknown code, 404": (refused({"__type": "NewException"}, 404), grpc.StatusCode.FAILED_PRECONDITION),
    "text of no text": (
        refused({"__type": "ValidationException", "message": {"a": nested(300)}}),
        grpc.StatusCode.INVALID_ARGUMENT,
    ),
    "text with half a character": (
        refused({"__type": "ResourceInUseException", "message": "\ud800"}),
        grpc.StatusCode.FAILED_PRECONDITION,
    ),
    "text with half a character about a field": (
        refused({"__type": "ValidationException", "message": "'tableName' failed: \ud800"}),
        grpc.StatusCode.INVALID_ARGUMENT,
    ),
    "huge text": (
        refused({"__type": "ValidationException", "message": "x" * 1_000_000}),
        grpc.StatusCode.INVALID_ARGUMENT,
    ),
    "Message": (
        refused({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "no"}),
        grpc.StatusCode.PERMISSION_DENIED,
    ),
    "501 page": (http(HTML, status=501), grpc.StatusCode.UNIMPLEMENTED),
    "501 nothing": (http(b"", status=501), grpc.StatusCode.UNIMPLEMENTED),
    "501 InternalFailure": (refused({"__type": "InternalFailure"}, 501), grpc.StatusCode.UNIMPLEMENTED),
}
BROKEN = {
    "nothing": b"",
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "half a header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half a body": http(b'{"Table": ', length=1000),
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    "huge header": http(b"{}", f"X-Huge: {'x' * 200_000}"),
    "many headers": http(b"{}", *[f"X-{n}: {'x' * 1000}" for n in range(1000)]),
    "status of no number": b"HTTP/1.1 two OK\r\n\r\n",
    "status of four digits": http(b"{}", status=9999),
}


@dataclass
class Garbling:
    """Answers every request at `url` with `data`, and then with `endless` for as long as anybody reads."""

    url: str
    data: bytes = b""
    endless: bytes = b""
    sent: list[int] = field(default_factory=list)


@contextmanager
def garbling() -> Iterator[Garbling]:
    """Such an engine on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        engine = Garbling(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def answer(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while not ended(connection.recv(65_536)):
                    pass
                connection.sendall(engine.data)
                while engine.endless:
                    connection.sendall(engine.endless)
                    engine.sent.append(len(engine.endless))

        def accepted(connection: socket.socket) -> None:
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

        with accepting(listener, accepted):
            yield engine


def ended(data: bytes) -> bool:
    """Whether DATA, the newest of a request, ends the request: the body is JSON, and there is always one."""
    return not data or data.endswith(b"}")


@pytest.fixture(scope="module")
def engine() -> Iterator[Garbling]:
    """The engine behind `stub`."""
    with garbling() as engine:
        yield engine


@pytest.fixture(scope="module")
def server(engine: Garbling, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server in front of the engine."""
    endpoint = {"endpoint_url": engine.url, "region": "us-west-2", "operations_table": ""}
    endpoints = {"once": {**endpoint, "max_attempts": 1}, "retrying": {**endpoint, "max_attempts": 3}}
    path = tmp_path_factory.mktemp("garbled") / "config.toml"
    config = write_config(path, endpoints, default_endpoint="once")
    with running_server("--config", str(config)) as process:
        yield process


@pytest.fixture(scope="module")
def stub(server: ServerProcess) -> Iterator[TableAdminStub]:
    """The RPCs of the server."""
    with grpc.insecure_channel(server.address) as channel:
        yield TableAdminStub(channel)


@pytest.fixture(autouse=True)
def _closed_circuit(request: pytest.FixtureRequest) -> None:
    """The engine has answered before each test, so that the circuits of its endpoints are closed."""
    if "stub" in request.fixturenames or "server" in request.fixturenames:
        engine, stub = request.getfixturevalue("engine"), request.getfixturevalue("stub")
        engine.endless, engine.data = b"", done()
        for name in ("once", "retrying"):
            wait_for(partial(is_answered, stub, name))
        engine.data = b""


@dataclass(frozen=True)
class Ended:
    """How an RPC ended."""

    code: grpc.StatusCode
    reason: str = ""
    retry: bool = False
    trailing: Mapping[str, str | bytes] = field(default_factory=dict)


Call = Callable[..., Ended]


def read(stub: TableAdminStub, endpoint: str = "once") -> Ended:
    """How DescribeTable ends."""
    return outcome(stub.DescribeTable, v1.DescribeTableRequest(table_name="Music"), endpoint)


def change(stub: TableAdminStub, endpoint: str = "once") -> Ended:
    """How UpdateTable ends."""
    return outcome(stub.UpdateTable, v1.UpdateTableRequest(table_name="Music"), endpoint)


def outcome(rpc: "grpc.UnaryUnaryMultiCallable[Q, R]", request: Q, endpoint: str = "once") -> Ended:
    """How RPC ends when it is sent REQUEST for ENDPOINT."""
    try:
        _, call = rpc.with_call(request, timeout=60, metadata=(("tableadmin-endpoint", endpoint),))
    except grpc.RpcError as error:
        failed = cast("grpc.Call", error)
    else:
        return Ended(grpc.StatusCode.OK, trailing=dict(call.trailing_metadata()))
    status = rpc_status.from_call(failed)
    assert status is not None, failed
    info, retry = ErrorInfo(), RetryInfo()
    assert status.details[0].Unpack(info)
    return Ended(failed.code(), info.reason, any(detail.Unpack(retry) for detail in status.details))


def is_answered(stub: TableAdminStub, endpoint: str) -> bool:
    """Whether ENDPOINT answers a read."""
    return grpc.StatusCode.OK == read(stub, endpoint).code


both = pytest.mark.parametrize("call", [read, change])


@both
@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_not_dynamodbs(engine: Garbling, stub: TableAdminStub, data: bytes, call: Call) -> None:
    """What is not DynamoDB's answer is an outage, after which the caller may try again."""
    engine.data = data
    ended = call(stub)
    assert (grpc.StatusCode.UNAVAILABLE, "ENDPOINT_ANSWER_UNREADABLE") == (ended.code, ended.reason)
    assert ended.retry


@both
@pytest.mark.parametrize("endpoint", ["once", "retrying"])
@pytest.mark.parametrize("data", DONE_AFTER_ALL.values(), ids=DONE_AFTER_ALL)
def test_done_after_all(
    engine: Garbling, stub: TableAdminStub, data: bytes, endpoint: str, call: Call
) -> None:
    """A call that succeeded is not said to have failed because of what is beside its answer."""
    engine.data = data
    assert grpc.StatusCode.OK == call(stub, endpoint).code


@pytest.mark.parametrize("data", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_wrong_types_after_a_change(engine: Garbling, stub: TableAdminStub, data: bytes) -> None:
    """A change that was made has succeeded; a member of the wrong type is left out and named."""
    engine.data = data
    ended = change(stub)
    assert grpc.StatusCode.OK == ended.code
    unknown = json.loads(ended.trailing["tableadmin-unknown-bin"])
    assert any(each["path"].startswith("TableDescription") for each in unknown)


@pytest.mark.parametrize("data", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_wrong_types_in_a_read(engine: Garbling, stub: TableAdminStub, data: bytes) -> None:
    """In a read, too, a member of the wrong type is left out and named."""
    engine.data = data
    ended = read(stub)
    assert grpc.StatusCode.OK == ended.code
    unknown = json.loads(ended.trailing["tableadmin-unknown-bin"])
    assert any(each["path"].startswith("Table.") for each in unknown)


@pytest.mark.parametrize("data", NO_TABLES.values(), ids=NO_TABLES)
def test_reads_that_show_nothing(engine: Garbling, stub: TableAdminStub, data: bytes) -> None:
    """A read whose only member is of the wrong type is not DynamoDB's answer; a change was made."""
    engine.data = data
    assert "ENDPOINT_ANSWER_UNREADABLE" == read(stub).reason
    ended = change(stub)
    assert grpc.StatusCode.OK == ended.code
    unknown = json.loads(ended.trailing["tableadmin-unknown-bin"])
    assert any(each["path"].startswith("TableDescription") for each in unknown)


@pytest.mark.parametrize("names", [5, "Music", {"Music": 1}])
def test_listings_of_another_type(engine: Garbling, stub: TableAdminStub, names: object) -> None:
    """What is no list is not taken for an empty one."""
    engine.data = http(json.dumps({"TableNames": names}).encode())
    ended = outcome(stub.ListTables, v1.ListTablesRequest())
    assert (grpc.StatusCode.UNAVAILABLE, "ENDPOINT_ANSWER_UNREADABLE") == (ended.code, ended.reason)


@pytest.mark.parametrize("data", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_plans_of_wrong_types(engine: Garbling, server: ServerProcess, data: bytes) -> None:
    """No plan is made of a table of which something can't be read, and the error names that."""
    engine.data = data
    spec = v1.TableSpec(
        table_name="Music",
        billing_mode=v1.BillingMode.BILLING_MODE_PAY_PER_REQUEST,
        key_schema=[v1.KeySchemaElement(attribute_name="Artist", key_type=v1.KeyType.KEY_TYPE_HASH)],
        attribute_definitions=[
            v1.AttributeDefinition(
                attribute_name="Artist", attribute_type=v1.ScalarAttributeType.SCALAR_ATTRIBUTE_TYPE_S
            )
        ],
    )
    with tableadmin.Client(server.address) as client, pytest.raises(tableadmin.Unavailable) as refused:
        client.plan([spec])
    assert "ENDPOINT_ANSWER_UNREADABLE" == refused.value.reason
    assert re.search(r"wrong type: Table\.\w+|cannot be parsed", refused.value.message)


@pytest.mark.parametrize("data", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_exports_of_wrong_types(engine: Garbling, server: ServerProcess, data: bytes) -> None:
    """No spec is made of such a table either."""
    engine.data = data
    with tableadmin.Client(server.address) as client, pytest.raises(tableadmin.Unavailable) as refused:
        client.export(table_names=["Music"])
    assert "ENDPOINT_ANSWER_UNREADABLE" == refused.value.reason


@pytest.mark.parametrize("data", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_watches_of_wrong_types(engine: Garbling, server: ServerProcess, data: bytes) -> None:
    """A watch shows what can be read of such a table, and a wait for it ends."""
    engine.data = data
    only = [v1.TablePart.TABLE_PART_DESCRIPTION]
    with tableadmin.Client(server.address) as client:
        with closing(client.watch(table_names=["Music"], parts=only)) as watch:
            shown = next(iter(watch)).table.state
        waited = client.wait_for(v1.WaitCondition.WAIT_CONDITION_SETTLED, table_name="Music", timeout=60)
    assert v1.TableStatus.TABLE_STATUS_ACTIVE == shown.table.table_status
    assert waited.done


@pytest.mark.parametrize("cursor", [5, ["Music"], {"a": 1}])
def test_cursors_of_another_type(engine: Garbling, stub: TableAdminStub, cursor: object) -> None:
    """A listing whose cursor is no text is not taken for a whole one."""
    engine.data = http(json.dumps({"TableNames": ["Music"], "LastEvaluatedTableName": cursor}).encode())
    ended = outcome(stub.ListTables, v1.ListTablesRequest())
    assert (grpc.StatusCode.UNAVAILABLE, "ENDPOINT_ANSWER_UNREADABLE") == (ended.code, ended.reason)


@both
@pytest.mark.parametrize(("data", "code"), ERRORS.values(), ids=ERRORS)
def test_errors(
    engine: Garbling, stub: TableAdminStub, data: bytes, code: grpc.StatusCode, call: Call
) -> None:
    """An error of DynamoDB's form is one, whatever its text; only a code or 501 says what is lacking."""
    engine.data = data
    assert code == call(stub).code


@both
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_no_answers(engine: Garbling, stub: TableAdminStub, data: bytes, call: Call) -> None:
    """What is no HTTP response, or half of one, is an outage."""
    engine.data = data
    ended = call(stub)
    assert (grpc.StatusCode.UNAVAILABLE, True) == (ended.code, ended.retry)


@both
@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("framing", ["Content-Length: 1000000000000", "X-Until: closed", "chunked"])
def test_endless(
    engine: Garbling, server: ServerProcess, stub: TableAdminStub, status: int, framing: str, call: Call
) -> None:
    """An answer that never ends is read up to a bound, and the connection is closed."""
    part = b'{"a": "' + b"x" * 65_536
    chunked = framing == "chunked"
    headers = "Transfer-Encoding: chunked" if chunked else framing
    engine.data = f"HTTP/1.1 {status} OK\r\n{headers}\r\n\r\n".encode()
    engine.endless = b"%x\r\n%b\r\n" % (len(part), part) if chunked else part
    engine.sent.clear()
    try:
        ended = call(stub)
    finally:
        engine.endless = b""
    assert (grpc.StatusCode.UNAVAILABLE, "ENDPOINT_ANSWER_UNREADABLE") == (ended.code, ended.reason)
    assert sum(engine.sent) < 40 * 2**20
    assert peak_memory(server) < 400 * 2**20


def peak_memory(server: ServerProcess) -> int:
    """The most bytes of memory that the server had."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def test_nothing_is_internal(server: ServerProcess) -> None:
    """None of it was a fault of the server's own."""
    lines = [json.loads(line) for line in server.log.splitlines()]
    assert {("call ended", "UNAVAILABLE")} == {
        (line["event"], line.get("code")) for line in lines if line["level"] == "error"
    }
