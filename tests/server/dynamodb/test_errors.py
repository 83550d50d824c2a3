"""What a caller is told when a call fails: by AWS, on the way to it, or here."""

import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import quote

import botocore.session
import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tableadmin import (
    Client,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    TableAdminError,
    Unavailable,
    Unimplemented,
)
from tableadmin.v1 import (
    CreateTableRequest,
    DeleteTableRequest,
    GlobalSecondaryIndex,
    RestoreTableToPointInTimeRequest,
    TableStatus,
    table_admin_pb2,
)
from tableadmin_server.dynamodb.errors import STATUS_BY_CODE, error_status, reason_of
from tests.measuring import first_that
from tests.server.conftest import wait_for
from tests.server.harness.scripted_endpoint import (
    REQUEST_ID,
    Answer,
    Held,
    ScriptedEndpoint,
    Step,
    answer,
    error,
    page,
)
from tests.server_process import ServerProcess, running_server
from tests.strategies import messages

SERVICE = table_admin_pb2.DESCRIPTOR.services_by_name["TableAdmin"]
# Header blocks past 8 KiB are refused by some of gRPC's implementations.
MOST_METADATA = 8192
PRINTABLE = string.printable.replace("%", "")


@pytest.fixture
def channel(scripted_server: ServerProcess) -> Iterator[grpc.Channel]:
    """A bare channel to the server in front of `endpoint`."""
    with grpc.insecure_channel(scripted_server.address) as channel:
        yield channel


def called(channel: grpc.Channel, rpc: str, payload: bytes = b"") -> grpc.RpcError | None:
    """What the RPC ends in when it is called with these bytes; None for OK."""
    try:
        # grpc gives bytes as they are to an RPC without serializers; the stubs want them.
        channel.unary_unary(f"/{SERVICE.full_name}/{rpc}", bytes, bytes)(payload, timeout=60)
    except grpc.RpcError as failure:
        return failure
    return None


def status_of(failure: grpc.RpcError) -> Status:
    """The status that came with the failure."""
    status: Status | None = rpc_status.from_call(cast("grpc.Call", failure))
    assert status is not None, failure
    return status


def test_every_error_of_the_model_is_in_the_table() -> None:
    """Each error shape of botocore's DynamoDB model has a status."""
    shapes = botocore.session.Session().get_service_model("dynamodb").error_shapes
    codes = {shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes}
    assert codes
    assert set() == codes - STATUS_BY_CODE.keys()


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ShardNotFoundException", 400, Code.NOT_FOUND),
        ("ShardNotFound", 400, Code.NOT_FOUND),
        ("ShardNotFoundFault", 404, Code.NOT_FOUND),
        ("ShardDoesNotExist", 400, Code.NOT_FOUND),
        ("ShardAlreadyExistsException", 400, Code.ALREADY_EXISTS),
        ("ShardAlreadyExists", 409, Code.ALREADY_EXISTS),
        ("ShardInUseException", 400, Code.FAILED_PRECONDITION),
        ("ShardInUse", 400, Code.FAILED_PRECONDITION),
        ("ShardLimitExceededException", 400, Code.RESOURCE_EXHAUSTED),
        ("ShardLimitExceeded", 400, Code.RESOURCE_EXHAUSTED),
        ("ShardQuotaExceededError", 400, Code.RESOURCE_EXHAUSTED),
        ("TooManyRequestsException", 429, Code.RESOURCE_EXHAUSTED),
        ("KMSAccessDeniedException", 400, Code.PERMISSION_DENIED),
        ("ShardException", 400, Code.FAILED_PRECONDITION),
        ("NotFoundInShard", 400, Code.FAILED_PRECONDITION),
        ("ShardNotFoundException", 500, Code.INTERNAL),
        ("ShardLimitExceeded", 503, Code.UNAVAILABLE),
    ],
)
def test_codes_in_no_table_mean_what_their_names_say(code: str, status: int, expected: int) -> None:
    """The end of an unknown code says what AWS's naming says; any other 400 is FAILED_PRECONDITION."""
    assert expected == error_status(code, "UpdateTable", "it is so", status).code


@pytest.mark.parametrize("code", STATUS_BY_CODE)
def test_reasons_are_as_error_info_wants_them(code: str) -> None:
    """Each reason is at most 63 characters of UPPER_SNAKE, and tells its code from all others."""
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{1,61}[A-Z0-9]", reason_of(code))
    assert [code] == [other for other in STATUS_BY_CODE if reason_of(other) == reason_of(code)]


@pytest.mark.parametrize(
    ("step", "expected", "reason"),
    [
        (error("ThrottlingException"), ResourceExhausted, "THROTTLING_EXCEPTION"),
        (error("RequestLimitExceeded"), ResourceExhausted, "REQUEST_LIMIT_EXCEEDED"),
        (
            error("ProvisionedThroughputExceededException"),
            ResourceExhausted,
            "PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION",
        ),
        (error("AccessDeniedException"), PermissionDenied, "ACCESS_DENIED_EXCEPTION"),
        (error("UnknownOperationException"), Unimplemented, "UNKNOWN_OPERATION_EXCEPTION"),
        (error("ResourceNotFoundException"), NotFound, "RESOURCE_NOT_FOUND_EXCEPTION"),
        (error("InternalServerError", status=500), Internal, "INTERNAL_SERVER_ERROR"),
        (error("ServiceUnavailable", status=503), Unavailable, "SERVICE_UNAVAILABLE"),
        (error("NewlyInventedException"), FailedPrecondition, "NEWLY_INVENTED_EXCEPTION"),
        (error("NewlyInventedException", status=500), Internal, "NEWLY_INVENTED_EXCEPTION"),
        (error("NewlyInventedException", status=503), Unavailable, "NEWLY_INVENTED_EXCEPTION"),
    ],
)
def test_errors_of_aws(
    endpoint: ScriptedEndpoint,
    scripted_client: Client,
    step: Step,
    expected: type[TableAdminError],
    reason: str,
) -> None:
    """An error of AWS keeps its text, code and request id, under the gRPC code that says what to do."""
    endpoint.step = step
    with pytest.raises(TableAdminError) as raised:
        scripted_client.delete_table(table_name="Music")
    assert expected is type(raised.value)
    assert ("it is so", reason, REQUEST_ID) == (
        raised.value.message,
        raised.value.reason,
        raised.value.aws_request_id,
    )
    assert reason == reason_of(raised.value.aws_code)
    assert ("DeleteTable", "scripted") == (raised.value.operation, raised.value.endpoint)
    assert raised.value.resource is not None
    assert ("dynamodb.amazonaws.com/Table", "Music") == raised.value.resource


def test_throttled_calls_say_when_to_come_back(endpoint: ScriptedEndpoint, scripted_client: Client) -> None:
    """A throttled call comes with a delay after which it may succeed."""
    endpoint.step = error("ThrottlingException")
    with pytest.raises(ResourceExhausted) as raised:
        scripted_client.list_tables()
    assert 1.0 == raised.value.retry_delay


@pytest.mark.parametrize(
    ("operation", "text", "code", "precondition", "quota"),
    [
        (
            "update_table",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously",
            grpc.StatusCode.FAILED_PRECONDITION,
            "NO_JOB_UNDER_WAY",
            "",
        ),
        (
            "update_table",
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day.",
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "",
            "throughput decreases: 4 per UTC day, then 1 per hour",
        ),
        (
            "create_table",
            "Subscriber limit exceeded: There is a limit of 2500 tables per account",
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "",
            "see the message for the quota",
        ),
    ],
)
def test_a_limit_is_a_job_to_wait_for_or_a_budget(  # two fixtures and one row of the table
    endpoint: ScriptedEndpoint,
    scripted_client: Client,
    *,
    operation: str,
    text: str,
    code: grpc.StatusCode,
    precondition: str,
    quota: str,
) -> None:
    """LimitExceededException is told apart by its text: something to wait for, or a budget that is spent."""
    endpoint.step = error("LimitExceededException", text)
    with pytest.raises(TableAdminError) as raised:
        getattr(scripted_client, operation)(table_name="Music")
    assert code == raised.value.code
    assert [precondition] * bool(precondition) == [each.type for each in raised.value.precondition_violations]
    assert [("Music", quota)] * bool(quota) == [*raised.value.quota_violations]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (page("<html>Welcome to the hotel!</html>", 200), "ENDPOINT_ANSWER_UNREADABLE"),
        (lambda _: Answer(body=b'{"Table": '), "ENDPOINT_ANSWER_UNREADABLE"),
        (lambda _: Answer(body=b""), "ENDPOINT_ANSWER_UNREADABLE"),
        (page("<html>502 Bad Gateway (squid)</html>", 502), "ENDPOINT_ANSWER_UNREADABLE"),
        (page("<html>503 at proxy.internal</html>", 503), "ENDPOINT_ANSWER_UNREADABLE"),
    ],
)
def test_answers_that_are_not_dynamodbs(
    endpoint: ScriptedEndpoint, scripted_client: Client, step: Step, reason: str
) -> None:
    """A page of some proxy, or half an answer, is UNAVAILABLE and never an empty table; nobody sees it."""
    endpoint.step = step
    with pytest.raises(Unavailable, match=r"^UpdateTable: the response of the endpoint ") as raised:
        scripted_client.update_table(table_name="Music")
    assert ("tableadmin", reason) == (raised.value.domain, raised.value.reason)
    assert "html" not in str(raised.value)
    assert "squid" not in str(raised.value)


def test_endpoint_down(scripted_client: Client, scripted_server: ServerProcess) -> None:
    """An endpoint where nothing listens is UNAVAILABLE; the log names host and port, the message does not."""
    with pytest.raises(Unavailable, match=r"^DeleteTable: the endpoint cannot be reached") as raised:
        scripted_client.with_options(endpoint="nowhere").delete_table(table_name="Music")
    assert ("tableadmin", "ENDPOINT_UNREACHABLE", "nowhere", 1.0) == (
        raised.value.domain,
        raised.value.reason,
        raised.value.endpoint,
        raised.value.retry_delay,
    )
    assert "127.0.0.1" not in str(raised.value)
    logged = [
        json.loads(line) for line in scripted_server.log.splitlines() if raised.value.request_id in line
    ]
    assert [("call ended", "ENDPOINT_UNREACHABLE", "error")] == [
        (each["event"], each["reason"], each["level"]) for each in logged
    ]
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:' in logged[0]["cause"]


def test_endpoint_that_never_answers(endpoint: ScriptedEndpoint, scripted_client: Client) -> None:
    """An endpoint that gives no answer within the read timeout ends in DEADLINE_EXCEEDED."""
    endpoint.step = held = Held()
    with pytest.raises(DeadlineExceeded, match="a change may have been made") as raised:
        scripted_client.with_options(endpoint="hurried").delete_table(table_name="Music")
    assert "ENDPOINT_TIMEOUT" == raised.value.reason
    held.release()


def test_callers_deadline(endpoint: ScriptedEndpoint, scripted_client: Client) -> None:
    """A caller whose deadline is shorter than the endpoint's answer is told so, and the endpoint is named."""
    endpoint.step = held = Held()

    def failure() -> DeadlineExceeded:
        with pytest.raises(DeadlineExceeded) as raised:
            scripted_client.with_options(timeout=0.8).describe_table(table_name="Music")
        return raised.value

    # On a busy machine the answer may come after the deadline.
    failed = first_that(failure, lambda each: bool(each.reason))
    held.release()
    assert ("ENDPOINT_TIMEOUT", "scripted") == (failed.reason, failed.endpoint)
    assert "the endpoint 'scripted' did not respond before the deadline" in failed.message


def test_caller_cancels(
    endpoint: ScriptedEndpoint, channel: grpc.Channel, scripted_client: Client, scripted_server: ServerProcess
) -> None:
    """A caller that cancels is done at once, the log has its change and no error, and the server goes on."""
    endpoint.step = held = Held()
    before = scripted_server.log
    call = channel.unary_unary(f"/{SERVICE.full_name}/DeleteTable", bytes, bytes).future(
        b"\n\x09Cancelled", timeout=60
    )
    held.wait()
    call.cancel()  # type: ignore[no-untyped-call]  # of the stubs
    with pytest.raises(grpc.FutureCancelledError):
        call.result()
    held.release()
    endpoint.step = answer({"TableNames": ["Music"]})
    assert ["Music"] == list(scripted_client.list_tables().table_names)

    def logged() -> list[dict[str, str]]:
        """The complete lines about the call, and errors: what other tests have asked may be logged late."""
        lines = scripted_server.log.removeprefix(before).rpartition("\n")[0].splitlines()
        found: list[dict[str, str]] = list(map(json.loads, lines))
        return [
            each
            for each in found
            if "Cancelled" in each.get("names", "")
            or (each["level"] == "error" and each["event"] != "call ended")
        ]

    wait_for(lambda: bool(logged()))
    (change,) = logged()
    assert ("call ended", "CANCELLED", "info") == (change["event"], change["code"], change["level"])


def test_uncaught_exceptions_stay_here(tmp_path: Path) -> None:
    """An uncaught exception is INTERNAL with a request id and no other text; the log has it under that id."""
    # Python imports this module before it runs anything: the server itself knows nothing of tests.
    (tmp_path / "sitecustomize.py").write_text(
        "from tableadmin_server.dynamodb.endpoint import Endpoint\n"
        "async def call(*_): raise RuntimeError('the password is swordfish')\n"
        "Endpoint.call = call\n"
    )
    flags = ("--endpoint-url", "http://127.0.0.1:1", "--region", "us-west-2")
    with (
        running_server(*flags, env={"PYTHONPATH": str(tmp_path)}, fresh=True) as server,
        Client(server.address) as client,
    ):
        with pytest.raises(Internal) as raised:
            client.describe_table(table_name="Music")
        (logged,) = [json.loads(line) for line in server.log.splitlines() if "swordfish" in line]
    request_id = raised.value.request_id
    assert re.fullmatch("[0-9a-f]{32}", request_id)
    assert (
        f"internal error; for details, see request id {request_id} in the log of the server"
        == raised.value.message
    )
    assert ("tableadmin", "INTERNAL") == (raised.value.domain, raised.value.reason)
    assert ("call ended", "INTERNAL", request_id) == (logged["event"], logged["code"], logged["request_id"])
    assert "RuntimeError" == logged["exception"][0]["exc_type"]


def test_unknown_rpc(channel: grpc.Channel) -> None:
    """An RPC that the contract does not have is UNIMPLEMENTED."""
    ended = called(channel, "PutItem")
    assert ended is not None
    assert grpc.StatusCode.UNIMPLEMENTED == ended.code()


def test_malformed_bytes(channel: grpc.Channel) -> None:
    """Bytes that are no message are INVALID_ARGUMENT with a reason and a request id."""
    ended = called(channel, "CreateTable", b"\xff\xff")
    assert ended is not None
    assert grpc.StatusCode.INVALID_ARGUMENT == ended.code()
    info = ErrorInfo()
    status_of(ended).details[0].Unpack(info)
    assert ("tableadmin", "MALFORMED_REQUEST") == (info.domain, info.reason)
    assert re.fullmatch("[0-9a-f]{32}", info.metadata["request_id"])


# Examples share the fixtures: the endpoint answers all of them alike.
shared = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=100,
)
sent = st.sampled_from([method.name for method in SERVICE.methods])


@shared
@given(rpc=sent, payload=st.binary(max_size=64))
def test_any_bytes(endpoint: ScriptedEndpoint, channel: grpc.Channel, rpc: str, payload: bytes) -> None:
    """Whatever bytes a caller sends to whatever RPC end OK or in INVALID_ARGUMENT."""
    assert endpoint.url
    ended = called(channel, rpc, payload)
    assert ended is None or grpc.StatusCode.INVALID_ARGUMENT == ended.code()


@shared
@given(data=st.data(), rpc=sent)
def test_any_message(
    endpoint: ScriptedEndpoint, channel: grpc.Channel, rpc: str, data: st.DataObject
) -> None:
    """Whatever message a caller sends ends OK or in INVALID_ARGUMENT."""
    assert endpoint.url
    request = data.draw(messages(SERVICE.methods_by_name[rpc].input_type))
    ended = called(channel, rpc, request.SerializeToString())
    assert ended is None or grpc.StatusCode.INVALID_ARGUMENT == ended.code()


@pytest.mark.parametrize("seconds", [2**62, -(2**62), 253402300800])
def test_times_that_no_calendar_has(scripted_client: Client, seconds: int) -> None:
    """A timestamp outside the years 1 to 9999 is INVALID_ARGUMENT and names its field."""
    request = RestoreTableToPointInTimeRequest(
        source_table_name="Music", target_table_name="Copy", restore_date_time=Timestamp(seconds=seconds)
    )
    with pytest.raises(InvalidArgument) as raised:
        scripted_client.restore_table_to_point_in_time(request)
    assert ["restore_date_time"] == [violation.field for violation in raised.value.field_violations]


@pytest.mark.parametrize("text", ["too long " * 2000, "名" * 10_000, "\x1b[2Jline\n\0" * 100])
@pytest.mark.parametrize("code", ["ValidationException", "LimitExceededException", "ResourceInUseException"])
def test_details_fit_in_headers(
    endpoint: ScriptedEndpoint, channel: grpc.Channel, code: str, text: str
) -> None:
    """However long a name is and whatever is said of it, the status is one line and fits in the headers."""
    endpoint.step = error(code, f"{text} at 'tableName' failed to satisfy constraint: {text}")
    payload = DeleteTableRequest(table_name=text).SerializeToString()
    assert_fits(called(channel, "DeleteTable", payload))


def test_many_violations_fit_in_headers(channel: grpc.Channel) -> None:
    """A request with hundreds of wrong fields ends in a status that fits in the headers."""
    request = CreateTableRequest(table_name="Music", global_secondary_indexes=[GlobalSecondaryIndex()] * 200)
    ended = called(channel, "CreateTable", request.SerializeToString())
    assert_fits(ended)
    assert ended is not None
    assert grpc.StatusCode.INVALID_ARGUMENT == ended.code()
    assert 2 <= len(status_of(ended).details)


def test_endpoint_name_of_any_length_fits_in_headers(channel: grpc.Channel) -> None:
    """The name of an endpoint that there is not may be as long as headers allow."""
    metadata = (("tableadmin-endpoint", "x" * 7000),)
    with pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary(f"/{SERVICE.full_name}/ListTables", bytes, bytes)(b"", metadata=metadata)
    assert_fits(raised.value)


def assert_fits(ended: grpc.RpcError | None) -> None:
    """The call failed with a status of ours that takes less than the most of metadata that all peers take."""
    assert ended is not None
    status = status_of(ended)
    assert status.details
    assert status.message.isprintable()
    details = status.SerializeToString()
    # As they travel: text percent-encoded, bytes in base64.
    assert len(quote(status.message, safe=PRINTABLE)) + len(details) * 4 / 3 < MOST_METADATA - 512


def test_no_metadata_without_a_value(endpoint: ScriptedEndpoint, channel: grpc.Channel) -> None:
    """What is not known is not in the ErrorInfo's metadata: no value is empty."""
    endpoint.step = lambda _: Answer(400, b'{"__type": "ThrottlingException"}', request_id="")
    failures = [
        called(channel, "ListTables"),
        called(channel, "CreateTable", b"\xff"),
        called(channel, "CreateTable"),
    ]
    for failure in failures:
        assert failure is not None
        info = ErrorInfo()
        status_of(failure).details[0].Unpack(info)
        assert info.metadata
        assert all(info.metadata.values())


def unknown_of(channel: grpc.Channel) -> list[dict[str, object]]:
    """What the trailing metadata of DescribeTable says that the contract does not know."""
    rpc = channel.unary_unary(f"/{SERVICE.full_name}/DescribeTable", bytes, bytes)
    _, call = rpc.with_call(b"\n\x05Music", timeout=60)
    trailers = dict(call.trailing_metadata())
    assert len(trailers["tableadmin-unknown-bin"]) <= MOST_METADATA / 2
    unknown: list[dict[str, object]] = json.loads(trailers["tableadmin-unknown-bin"])
    return unknown


def test_unknown_members_and_values(
    endpoint: ScriptedEndpoint, channel: grpc.Channel, scripted_server: ServerProcess
) -> None:
    """What the contract does not know of an answer is logged, and named in the trailing metadata."""
    table = {"TableName": "Music", "TableStatus": "DREAMING", "MoonPhase": {"Phase": 3}}
    endpoint.step = answer({"Table": table, "Weather": "mild"})
    unknown = {each["path"]: each["value"] for each in unknown_of(channel)}
    assert {"Table.TableStatus": "DREAMING", "Table.MoonPhase": {"Phase": 3}, "Weather": "mild"} == unknown
    (logged,) = [json.loads(line) for line in scripted_server.log.splitlines() if "MoonPhase" in line]
    assert ("left unknown members out of an answer", "DescribeTable") == (
        logged["event"],
        logged["operation"],
    )
    assert unknown.keys() == set(logged["paths"])


def test_the_rest_of_an_answer_with_unknown_members(
    endpoint: ScriptedEndpoint, scripted_client: Client
) -> None:
    """What the contract knows of such an answer reaches the caller."""
    endpoint.step = answer({"Table": {"TableName": "Music", "TableStatus": "DREAMING", "MoonPhase": 3}})
    table = scripted_client.describe_table(table_name="Music").table
    assert ("Music", TableStatus.TABLE_STATUS_UNSPECIFIED) == (table.table_name, table.table_status)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"Huge": "x" * 100_000}, ["Table.Huge"]),
        ({f"Member{n}": n for n in range(1000)}, [f"Table.Member{n}" for n in range(1000)]),
        ({"x" * 5000: 1, "y" * 5000: 2}, []),
    ],
)
def test_much_that_is_unknown(
    endpoint: ScriptedEndpoint, channel: grpc.Channel, members: dict[str, object], expected: list[str]
) -> None:
    """Where what is unknown does not fit in a header, as many paths as fit are named, and "..." ends them."""
    endpoint.step = answer({"Table": members})
    paths = [each["path"] for each in unknown_of(channel)]
    assert set(paths) <= {*expected, "..."}
    assert ("..." == paths[-1]) == (len(paths) <= len(members) and paths != expected)
    assert min(100, len(expected)) <= len(paths)
