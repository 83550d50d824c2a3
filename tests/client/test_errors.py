"""The tree of errors, and how one is made of what the service sends."""

import copy
import pickle

import grpc
import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    Help,
    PreconditionFailure,
    QuotaFailure,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

import tableadmin
from tableadmin import (
    Client,
    DeadlineExceeded,
    Internal,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    TableAdminError,
)
from tableadmin.errors import (
    ERROR_CLASSES,
    FieldViolation,
    PreconditionViolation,
    QuotaViolation,
    Resource,
)
from tests.client.scripted import Step, bare_failure, failure, serving, silence

INFO = ErrorInfo(
    reason="VALIDATION_EXCEPTION",
    domain="dynamodb.amazonaws.com",
    metadata={
        "aws_error_code": "ValidationException",
        "aws_request_id": "AWS123",
        "operation": "CreateTable",
        "endpoint": "default",
        "request_id": "req-1",
    },
)


def status(code: int, message: str, *details: Message) -> Status:
    """The status a service sends with DETAILS."""
    sent = Status(code=code, message=message)
    for detail in details:
        sent.details.add().Pack(detail)
    return sent


def raised(step: Step) -> TableAdminError:
    """What a call raises that the service ends so."""
    with serving(step) as service, Client(service.target) as client, pytest.raises(TableAdminError) as caught:
        client.create_table(table_name="Music")
    return caught.value


def test_every_code_has_a_class() -> None:
    """Each gRPC code but OK has its class."""
    assert set(grpc.StatusCode) - {grpc.StatusCode.OK} == set(ERROR_CLASSES)


def test_the_classes_are_one_tree() -> None:
    """Each class derives from TableAdminError and can be imported from `tableadmin`."""
    classes: set[type] = {TableAdminError, *ERROR_CLASSES.values()}

    for found in classes:
        assert issubclass(found, TableAdminError)
        assert found is getattr(tableadmin, found.__name__)


@pytest.mark.parametrize(
    "code",
    [code for code in ERROR_CLASSES if code is not grpc.StatusCode.CANCELLED],
    ids=lambda code: code.name,
)
def test_a_code_raises_its_class(code: grpc.StatusCode) -> None:
    """A call that ends in a code raises its class and says which code it was."""
    error = raised(bare_failure(code, "out of order"))

    assert ERROR_CLASSES[code] is type(error)
    assert code is error.code
    assert "out of order" in str(error)


def test_error_info_says_whose_error_it_is() -> None:
    """Reason, domain, AWS code, request ids, operation and endpoint are those the service names."""
    error = raised(failure(status(Code.INVALID_ARGUMENT, "bad", INFO)))

    assert error.message == "bad"
    assert error.reason == "VALIDATION_EXCEPTION"
    assert error.domain == "dynamodb.amazonaws.com"
    assert error.aws_code == "ValidationException"
    assert error.request_id == "req-1"
    assert error.aws_request_id == "AWS123"
    assert error.operation == "CreateTable"
    assert error.endpoint == "default"


def test_field_violations() -> None:
    """An InvalidArgument names the fields that are wrong, as paths of the request."""
    wrong = BadRequest.FieldViolation(
        field="provisioned_throughput.read_capacity_units", description="at least 1"
    )
    error = raised(failure(status(Code.INVALID_ARGUMENT, "bad", INFO, BadRequest(field_violations=[wrong]))))

    assert isinstance(error, InvalidArgument)
    assert (
        FieldViolation("provisioned_throughput.read_capacity_units", "at least 1"),
    ) == error.field_violations
    assert str(error) == (
        "bad (VALIDATION_EXCEPTION; provisioned_throughput.read_capacity_units: at least 1; request req-1)"
    )


def test_a_field_is_not_explained_twice() -> None:
    """Where the message already has the description of a field, the line has it once."""
    wrong = BadRequest.FieldViolation(field="table_name", description="too short")
    error = raised(
        failure(
            status(Code.INVALID_ARGUMENT, "1 error: too short", INFO, BadRequest(field_violations=[wrong]))
        )
    )

    assert str(error) == "1 error: too short (VALIDATION_EXCEPTION; table_name; request req-1)"


def test_resource() -> None:
    """A NotFound says what was not found."""
    error = raised(
        failure(
            status(
                Code.NOT_FOUND,
                "gone",
                ResourceInfo(resource_type="dynamodb.amazonaws.com/Table", resource_name="Music"),
            )
        )
    )

    assert isinstance(error, NotFound)
    assert Resource("dynamodb.amazonaws.com/Table", "Music") == error.resource


def test_retry_delay_and_quota() -> None:
    """A ResourceExhausted says which quota is used up and how many seconds to wait."""
    error = raised(
        failure(
            status(
                Code.RESOURCE_EXHAUSTED,
                "slow down",
                RetryInfo(retry_delay=Duration(seconds=2, nanos=500_000_000)),
                QuotaFailure(
                    violations=[QuotaFailure.Violation(subject="account", description="50 at once")]
                ),
            )
        )
    )

    assert isinstance(error, ResourceExhausted)
    assert error.retry_delay == 2.5
    assert (QuotaViolation("account", "50 at once"),) == error.quota_violations


def test_preconditions() -> None:
    """A FailedPrecondition says what does not hold."""
    protected = PreconditionFailure.Violation(type="PROTECTION", subject="Music", description="it is on")
    error = raised(
        failure(status(Code.FAILED_PRECONDITION, "no", PreconditionFailure(violations=[protected])))
    )

    assert (PreconditionViolation("PROTECTION", "Music", "it is on"),) == error.precondition_violations


def test_absent_details_are_empty() -> None:
    """Without details every attribute is empty or None, and the line names the code."""
    error = raised(bare_failure(grpc.StatusCode.PERMISSION_DENIED, "go away"))

    assert (error.reason, error.aws_code, error.field_violations) == ("", "", ())
    assert (error.resource, error.retry_delay) == (None, None)
    assert str(error) == "go away (PERMISSION_DENIED)"


def test_request_ids_of_the_trailers() -> None:
    """Request ids are known without details too, if the trailers have them."""
    ids = (("tableadmin-request-id", "req-2"), ("aws-request-id", "AWS456"))
    error = raised(bare_failure(grpc.StatusCode.INTERNAL, "internal error", ids))

    assert (error.request_id, error.aws_request_id) == ("req-2", "AWS456")
    assert str(error) == "internal error (INTERNAL; request req-2)"


def test_an_unknown_detail_is_skipped() -> None:
    """A detail of a type that this version does not read does not hide the others."""
    error = raised(failure(status(Code.INVALID_ARGUMENT, "bad", Help(), INFO)))

    assert error.reason == "VALIDATION_EXCEPTION"


def test_malformed_details() -> None:
    """Details that are no messages leave an error of the right class with its message."""
    broken = Any(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff\xff")
    error = raised(failure(Status(code=Code.NOT_FOUND, message="gone", details=[broken])))

    assert isinstance(error, NotFound)
    assert str(error) == "gone (NOT_FOUND)"


@pytest.mark.parametrize(
    "trailer", [b"\xff\xff", Status(code=5, message="another").SerializeToString()], ids=["bytes", "another"]
)
def test_malformed_status(trailer: bytes) -> None:
    """A status that is no message, or is not this call's, leaves what gRPC itself says."""
    error = raised(bare_failure(grpc.StatusCode.UNKNOWN, "gone", (("grpc-status-details-bin", trailer),)))

    assert isinstance(error, Internal)
    assert str(error) == "gone (UNKNOWN)"


def test_a_line_is_one_line() -> None:
    """The text of an error has no line breaks, whatever the message has."""
    error = raised(bare_failure(grpc.StatusCode.ABORTED, "first\n  second"))

    assert str(error) == "first second (ABORTED)"


def test_errors_can_be_pickled_and_copied() -> None:
    """An error survives a process pool with all it says."""
    error = raised(failure(status(Code.NOT_FOUND, "gone", INFO)))

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is NotFound
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


def test_a_deadline_that_passes() -> None:
    """A service that does not answer in time is a DeadlineExceeded that names its address."""
    with (
        serving(silence) as service,
        Client(service.target, timeout=0.2) as client,
        pytest.raises(DeadlineExceeded) as caught,
    ):
        client.describe_table(table_name="Music")

    assert str(caught.value) == (
        f"no answer from {service.target} in time: Deadline Exceeded (DEADLINE_EXCEEDED)"
    )
