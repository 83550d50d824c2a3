"""A server with policies: nothing that is not permitted reaches an endpoint."""

import json
import signal
import time
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, cast

import grpc
import pytest
from google.protobuf.descriptor_pool import Default
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_channelz.v1 import channelz_pb2
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status

from tableadmin import errors
from tableadmin.contract.references import Kind, Reference
from tableadmin.v1 import (
    ListTablesRequest,
    TablePart,
    WatchEvent,
    WatchRequest,
    audit_service_pb2,
    watch_service_pb2,
    watch_service_pb2_grpc,
)
from tableadmin_server.security.authorization.classification import RPCS, Classification, ResourceType
from tests.server.harness.scripted_endpoint import Answer, Seen, Step, answer, error
from tests.server.security.authorization.guarded import ACCOUNT, REGION, Guarded, guarded, headers
from tests.watching.harness.wire import events_in

DESCRIPTION = TablePart.TABLE_PART_DESCRIPTION
ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with the policies of `guarded`."""
    with guarded(tmp_path_factory.mktemp("guarded")) as running:
        yield running


@pytest.fixture(autouse=True)
def _reset(server: Guarded) -> None:
    """Nothing was seen, and every call is answered with nothing."""
    for endpoint in (server.scripted, server.other):
        endpoint.seen.clear()
        endpoint.step = answer({})


# Their services are found by name.
SERVICES = (audit_service_pb2, channelz_pb2, reflection_pb2, watch_service_pb2)


def call(server: Guarded, method: str, request: bytes, name: str, *more: tuple[str, str]) -> Sequence[bytes]:
    """The answers to REQUEST of METHOD by the principal NAME."""
    service, _, rpc = method.partition("/")
    found = Default().FindServiceByName(service).methods_by_name[rpc]
    with grpc.insecure_channel(server.process.address) as channel:
        metadata = (*headers(name), *more)
        if found.client_streaming:
            calls = channel.stream_stream(f"/{method}", bytes, bytes)
            return list(calls(iter([request]), timeout=60, metadata=metadata))
        if found.server_streaming:
            streams = channel.unary_stream(f"/{method}", bytes, bytes)
            return [next(iter(streams(request, timeout=60, metadata=metadata)))]
        unary = channel.unary_unary(f"/{method}", bytes, bytes)
        return [unary(request, timeout=60, metadata=metadata)]


def naming_request(method: str, row: Classification, table: str, arns: str = "") -> Message:
    """A request of METHOD that names TABLE wherever it can name a table.

    With ARNS, which ARNs of tables begin with, no table is named by its bare name.
    """
    service, _, rpc = method.partition("/")
    message = GetMessageClass(Default().FindServiceByName(service).methods_by_name[rpc].input_type)()
    for reference in row.tables:
        set_at(message, reference.path.split("."), _name(reference, table, arns))
    if row.resource_type is ResourceType.OPERATIONS:
        set_at(message, ["operation_ids" if rpc == "WatchOperation" else "operation_id"], "x-1")
    return message


def _name(reference: Reference, table: str, arns: str) -> str:
    if reference.name and not arns:
        return table
    kind, begin = min(reference.kinds), arns or ARN
    return f"{begin}/{table}" if kind is Kind.TABLE else f"{begin}/{table}/{kind}/abc"


def set_at(message: Any, path: Sequence[str], value: str) -> None:  # noqa: ANN401  # of any type
    """Put VALUE at PATH in MESSAGE, in a new element of each list on the way."""
    name, *below = path
    field = message.DESCRIPTOR.fields_by_name[name]
    if below:
        set_at(getattr(message, name).add() if field.is_repeated else getattr(message, name), below, value)
    elif field.is_repeated:
        getattr(message, name).append(value)
    else:
        setattr(message, name, value)


DECIDED = {
    method: row
    for method, row in RPCS.items()
    if not (row.resource_type is ResourceType.NONE and row.group is None) and "reflection.v1." not in method
}


@pytest.mark.parametrize("method", DECIDED)
def test_without_permission(server: Guarded, method: str) -> None:
    """A principal without permission is refused every RPC, and no endpoint hears of it."""
    row = DECIDED[method]
    request = naming_request(method, row, "music-a").SerializeToString()
    with pytest.raises(grpc.RpcError) as raised:
        call(server, method, request, "nobody")
    denied = (
        grpc.StatusCode.NOT_FOUND
        if row.resource_type is ResourceType.OPERATIONS
        else grpc.StatusCode.PERMISSION_DENIED
    )
    assert (denied, []) == (raised.value.code(), server.scripted.seen)


@pytest.mark.parametrize("method", DECIDED)
def test_with_permission(server: Guarded, method: str) -> None:
    """A principal with permission is not refused."""
    server.scripted.step = error("ResourceNotFoundException")
    request = naming_request(method, DECIDED[method], "music-a").SerializeToString()
    try:
        call(server, method, request, "olga")
    except grpc.RpcError as ended:
        assert ended.code() not in {  # noqa: PT017  # any other end is fine
            grpc.StatusCode.PERMISSION_DENIED,
            grpc.StatusCode.UNAUTHENTICATED,
            grpc.StatusCode.INTERNAL,
            grpc.StatusCode.UNKNOWN,
        }, ended


@pytest.mark.parametrize(
    "method",
    [
        method
        for method, row in DECIDED.items()
        if row.resource_type is ResourceType.TABLES and "TableAdmin" in method
    ],
)
def test_another_table(server: Guarded, method: str) -> None:
    """A principal with permission for some tables is refused any other one, by name and by ARN."""
    request = naming_request(method, DECIDED[method], "films").SerializeToString()
    with pytest.raises(grpc.RpcError) as raised:
        call(server, method, request, "ana")
    assert (grpc.StatusCode.PERMISSION_DENIED, []) == (raised.value.code(), server.scripted.seen)


@pytest.mark.parametrize("method", DECIDED)
@pytest.mark.parametrize("name", ["ana", "olga"])
def test_garbage(server: Guarded, method: str, name: str) -> None:
    """Whatever the bytes are, no call ends in UNKNOWN or INTERNAL, and no endpoint gets a strange name."""
    server.scripted.step = error("ResourceNotFoundException")
    random = Random(method)
    row = DECIDED[method]
    strange = "".join(random.choices("aZ0_.-:/\n\0 \u0430\u202e", k=12))
    payloads = [
        random.randbytes(40),
        naming_request(method, row, strange).SerializeToString(),
        naming_request(method, row, "music-a").SerializeToString() + random.randbytes(8),
    ]
    for payload in payloads:
        try:
            call(server, method, payload, name)
        except grpc.RpcError as ended:
            assert ended.code() not in {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}, ended  # noqa: PT017
    assert not [each for each in server.scripted.seen if json.dumps(strange).encode() in each.body]


def test_denied_and_absent_look_alike(server: Guarded) -> None:
    """A table that is not permitted is refused in the same words whether or not the table exists."""
    messages = []
    for step in (answer({"Table": {"TableName": "films"}}), error("ResourceNotFoundException")):
        server.scripted.step = step
        with server.client("ana") as client, pytest.raises(errors.PermissionDenied) as raised:
            client.describe_table(table_name="films")
        messages.append(raised.value.message)
    assert (
        messages
        == ["User::ci/ana may not call DescribeTable for the table staging/films: no policy permits it."] * 2
    )


def test_unknown_and_denied_endpoints_look_alike(server: Guarded) -> None:
    """An endpoint that is not configured is told to those alone who may list all endpoints."""
    messages = {}
    for endpoint in ("production", "secret"):
        with server.client("ana", endpoint) as client, pytest.raises(errors.PermissionDenied) as raised:
            client.describe_table(table_name="films")
        messages[endpoint] = raised.value.message.replace(endpoint, "ENDPOINT")
    assert messages["production"] == messages["secret"]
    with server.client("olga", "secret") as client, pytest.raises(errors.NotFound):
        client.describe_table(table_name="films")


def test_two_endpoints(server: Guarded) -> None:
    """A call that names two endpoints is refused."""
    method = "tableadmin.v1.TableAdmin/DescribeTable"
    request = naming_request(method, RPCS[method], "music-a").SerializeToString()
    both = (("tableadmin-endpoint", "staging"), ("tableadmin-endpoint", "production"))
    with pytest.raises(grpc.RpcError) as raised:
        call(server, method, request, "ana", *both)
    assert grpc.StatusCode.INVALID_ARGUMENT == raised.value.code()


def test_hidden_actions(server: Guarded) -> None:
    """A permitted RPC with a field that does more is refused; the refusal names the policy that forbids."""
    server.scripted.step = answer({"TableDescription": {}})
    with server.client("olga") as client:
        client.update_table(table_name="music-a", deletion_protection_enabled=True)
        with pytest.raises(errors.PermissionDenied) as raised:
            client.update_table(table_name="music-a", deletion_protection_enabled=False)
    assert raised.value.reason == "POLICY_DENIED"
    assert raised.value.message == (
        "User::ci/olga may not call DisableDeletionProtection for the table staging/music-a: "
        "the policy protected forbids it. Ask #dynamodb."
    )
    assert [each.operation for each in server.scripted.seen] == ["UpdateTable"]


def pages(names: Sequence[str], size: int) -> Any:  # noqa: ANN401  # a step
    """Answers ListTables from NAMES, SIZE at a time."""

    def step(seen: Seen) -> Answer:
        body = json.loads(seen.body)
        start = body.get("ExclusiveStartTableName", "")
        left = [name for name in names if name > start]
        page = left[: min(size, body.get("Limit", size))]
        more = {"LastEvaluatedTableName": page[-1]} if len(page) < len(left) else {}
        return Answer(body=json.dumps({"TableNames": page, **more}).encode())

    return step


NAMES = sorted(
    [*(f"films-{number}" for number in range(7)), *(f"music-{number}" for number in range(5)), "zebra"]
)


@pytest.mark.parametrize("limit", [None, 1, 2, 100])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_listings_show_what_is_visible(server: Guarded, limit: int | None, size: int) -> None:
    """A listing shows the permitted tables, each once, and its cursors name no other table."""
    server.scripted.step = pages(NAMES, size)
    with server.client("olga") as client:
        assert sorted(client.list_tables().table_names) == NAMES[:size]
    seen: list[str] = []
    start: str | None = None
    with server.client("ana") as client:
        while True:
            given = ListTablesRequest(exclusive_start_table_name=start, limit=limit)
            page = client.list_tables(given)
            seen += page.table_names
            start = page.last_evaluated_table_name or None
            if start is None:
                break
            assert start.startswith("music-")
    assert seen == [f"music-{number}" for number in range(5)]


def test_endpoints_are_listed_as_permitted(server: Guarded) -> None:
    """A listing of the endpoints shows those at which the principal may list endpoints."""
    with server.client("olga") as client:
        assert [each.name for each in client.list_endpoints()] == ["production", "staging"]
    with server.client("ana") as client, pytest.raises(errors.PermissionDenied):
        client.list_endpoints()


def test_health_is_open(server: Guarded) -> None:
    """A probe needs no permission."""
    with grpc.insecure_channel(server.process.address) as channel:
        assert HealthStub(channel).Check(HealthCheckRequest(), timeout=60).status


def eventually(server: Guarded, text: str) -> None:
    """Return when the log has TEXT."""
    deadline = time.monotonic() + 60
    while text not in server.process.log:
        assert time.monotonic() < deadline, server.process.log
        time.sleep(0.05)


def test_reload(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Changed policies decide soon, without a restart; an invalid set changes nothing and is logged."""
    with guarded(tmp_path_factory.mktemp("reload")) as server:
        server.scripted.step = answer({"Table": {}})
        file = server.policies / "main.cedar"
        good = file.read_text()
        with server.client("nobody") as client:
            with pytest.raises(errors.PermissionDenied):
                client.describe_table(table_name="music-a")
            file.write_text(
                good + '@id("x") permit (principal, action in Action::"read", resource) when { false };'
            )
            eventually(server, "policies refused")
            with pytest.raises(errors.PermissionDenied):
                client.describe_table(table_name="music-a")
            file.write_text(good + '@id("x") permit (principal, action in Action::"read", resource);')
            server.process.process.send_signal(signal.SIGHUP)
            eventually(server, "replaced_sha256")
            client.describe_table(table_name="music-a")
            file.unlink()
            server.process.process.send_signal(signal.SIGHUP)
            eventually(server, "there is no policy")
            client.describe_table(table_name="music-a")


def test_open_watches_are_decided_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """When policies change, watches that select tables begin again, and those of a denied table end.

    A watch of a table that is still permitted goes on.
    """
    with guarded(tmp_path_factory.mktemp("open")) as server:
        server.scripted.step = tables(described("films"))
        often = Duration(seconds=1)
        selecting = WatchRequest(prefix="music-", parts=[DESCRIPTION], checkpoint_interval=often)
        naming = WatchRequest(table_names=["music-a"], parts=[DESCRIPTION], checkpoint_interval=often)
        with grpc.insecure_channel(server.process.address) as channel:
            stub = watch_service_pb2_grpc.WatchServiceStub(channel)
            olga, *others = (
                events_in(stub.Watch(request, timeout=120, metadata=headers(name)))
                for name, request in (("olga", naming), ("ana", naming), ("ana", selecting))
            )
            for stream in (olga, *others):
                until(stream, "checkpoint")
            file = server.policies / "main.cedar"
            file.write_text(
                file.read_text() + '@id("closed") forbid (principal in Group::"ci/music", action, resource);'
            )
            server.process.process.send_signal(signal.SIGHUP)
            ends = [end_of(stream) for stream in others]
            assert [("PERMISSION_DENIED", "POLICY_DENIED"), ("ABORTED", "RESUME_TOKEN_EXPIRED")] == ends
            until(olga, "checkpoint")


def end_of(stream: Any) -> tuple[str, str]:  # noqa: ANN401  # a call of gRPC's
    """The code and the reason with which STREAM ends."""
    with pytest.raises(grpc.RpcError) as raised:
        list(stream)
    status, info = rpc_status.from_call(cast("grpc.Call", raised.value)), ErrorInfo()
    assert status is not None
    assert any(each.Unpack(info) for each in status.details)
    return raised.value.code().name, info.reason


def test_the_address_of_the_caller(server: Guarded) -> None:
    """Policies look at the address from which a call came."""
    with server.client("near") as near, server.client("far") as far:
        near.describe_table(table_name="films")
        with pytest.raises(errors.PermissionDenied):
            far.describe_table(table_name="films")


def tables(films: Step) -> Step:
    """The tables music-a and films; FILMS answers to what is asked of films."""

    def step(seen: Seen) -> Answer:
        if seen.operation == "ListTables":
            return answer({"TableNames": ["films", "music-a"]})(seen)
        if b'"films"' in seen.body:
            return films(seen)
        return described("music-a")(seen)

    return step


def described(name: str) -> Step:
    """The description of the table NAME."""
    arn = f"{ARN}/{name}"
    return answer({"Table": {"TableName": name, "TableStatus": "ACTIVE", "TableArn": arn}})


def test_watches_that_fail_name_no_hidden_table(server: Guarded) -> None:
    """Where a poll of a table ends a watch, those who may not see the table are not told its name."""
    server.scripted.step = tables(error("ExpiredTokenException", "the token for films has expired"))
    for name, is_told in (("ana", False), ("olga", True)):
        with server.client(name) as client, pytest.raises(errors.Unauthenticated) as raised:
            list(client.watch(all_tables=True, parts=[DESCRIPTION]))
        told = repr(raised.value.__cause__)
        assert is_told is ("films" in f"{told} {raised.value} {vars(raised.value)}")
        assert "EXPIRED_TOKEN_EXCEPTION" == raised.value.reason


def test_gaps_name_no_hidden_table(server: Guarded) -> None:
    """A watch is told of an outage, though not what the polls of tables of others were answered."""
    server.scripted.step = tables(described("films"))
    parts = [DESCRIPTION]
    with server.client("olga") as olga, server.client("ana") as ana:
        streams = [
            olga.watch(all_tables=True, parts=parts),
            ana.watch(table_names=["music-a"], parts=parts),
            ana.watch(all_tables=True, parts=parts),
        ]
        for stream in streams:
            until(stream, "checkpoint")
        server.scripted.step = tables(error("InternalServerError", "films cannot be read", 500))
        for stream in streams:
            assert "polls of the endpoint failed" == until(stream, "gap").gap.reason


def until(stream: Iterator[WatchEvent], kind: str) -> WatchEvent:
    """The next event of KIND."""
    return next(event for event in stream if event.WhichOneof("event") == kind)
